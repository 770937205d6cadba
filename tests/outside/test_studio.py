"""The studio in a real Chromium: what an editor does all week, and what somebody else must not be able to do."""

import http.client
import json
import re
import time
import unittest
import urllib.parse

import browser as browsers
import desk as desks
import judges
import relays

# From a save to the new letter on the screen, in milliseconds, with a debug build on a machine that has much else to do.
SOON = 10_000
EVIL = """
[[subscriber]]
email = "evil@example.org"
name = "<script>parent.broken=1</script><img src=x onerror=parent.broken=1>"
[subscriber.fields]
plan = '"><script>parent.broken=1</script>'
city = "</title><svg onload=parent.broken=1>"
"""
BROKEN = "window.broken ?? document.getElementById('letter')?.contentWindow.broken ?? 0"


class Studio(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sink = relays.Sink()
        cls.desk = desks.Desk(400, cls.sink.port)
        cls.path = cls.desk.folder / "drafts" / "tide.md"
        cls.good = desks.DRAFT + "".join(f"\n## Part {n}\n\nThe water rose, {n}.\n" for n in range(40))
        cls.path.write_text(cls.good)
        (cls.desk.folder / "drafts" / "other.md").write_text("---\ntitle: Another letter\n---\n\nHello.\n")
        with open(cls.desk.folder / "subscribers.toml", "a") as out:
            out.write(EVIL)
        cls.process = cls.desk.start("preview", "drafts/tide.md")
        cls.url = cls.process.stdout.readline().strip()
        cls.browser = browsers.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.__exit__()
        cls.process.terminate()
        cls.process.communicate()
        cls.sink.stop()

    def setUp(self):
        if self.path.read_text() != self.good:
            self.path.write_text(self.good)

    def page(self, query="", **options):
        page = self.browser.page(self.url + query, **options)
        self.addCleanup(page.close)
        page.until("document.querySelector('#connection').dataset.state === 'live'")
        page.until("!document.getElementById('letter') || document.getElementById('letter').contentDocument.querySelector('h1')")
        page.run("window.frame = () => document.getElementById('letter').contentDocument")
        return page

    def follow(self, page, selector, expected):
        page.click(selector)
        return page.until(expected)

    # Live reload

    def test_a_save_is_on_the_screen_at_once_and_the_place_is_kept(self):
        page = self.page()
        page.run("document.getElementById('letter').contentWindow.scrollTo(0, 900)")
        look = "(({ fontFamily, color, maxWidth }) => [fontFamily, color, maxWidth].join())(getComputedStyle(frame().querySelector('h1')))"
        dressed = page.run(look)
        times = []
        for n in range(5):
            text = f"The tide turns at half past {n}."
            page.run(f"""void (window.seen = new Promise((done) => {{ const look = () => frame().body.textContent.includes({json.dumps(text)})
                ? requestAnimationFrame(() => done(performance.timeOrigin + performance.now())) : setTimeout(look, 1); look(); }}))""")
            began = time.time()
            self.path.write_text(self.good.replace("turns at six. [", f"turns at six. {text} ["))
            times.append(page.run("window.seen") - began * 1000)
            self.assertEqual(page.run("document.getElementById('letter').contentWindow.scrollY"), 900)
            self.assertEqual(page.run(look), dressed, "a letter that is exchanged keeps its styles")
        self.assertEqual(page.complaints(), [])
        print(f"from save to screen: {sorted(round(ms) for ms in times)} ms")
        self.assertLess(min(times), SOON)

    def test_mistakes_stand_over_the_last_good_letter_and_go_when_they_are_mended(self):
        page = self.page()
        self.path.write_text(self.good.replace("slug: tide-7", "slgu: tide-7"))
        words = page.until("document.querySelector('.mistakes')?.textContent")
        self.assertIn("drafts/tide.md:5:1", words)
        self.assertIn("did you mean", words)
        self.assertIn("The tide turns at six", page.run("frame().body.textContent"))
        page.until("document.getElementById('announcement').textContent.includes('1 mistake')")
        self.path.write_text(self.good)
        page.until("!document.querySelector('.mistakes')")

    def test_an_image_that_is_saved_anew_is_on_the_page(self):
        def picture(colour):
            return picture_of(40, 20, colour)

        folder = self.desk.folder / "drafts" / "img"
        folder.mkdir(exist_ok=True)
        (folder / "boat.png").write_bytes(picture((200, 0, 0)))
        self.path.write_text(self.good.replace("Dear ", "![A boat](img/boat.png)\n\nDear ", 1))
        page = self.page()
        source = page.until("frame().querySelector('img[alt=\"A boat\"]')?.getAttribute('src')")
        self.assertRegex(source, r"^picture/[0-9a-f]{32}$")
        page.until("frame().querySelector('img[alt=\"A boat\"]').naturalWidth === 40")
        (folder / "boat.png").write_bytes(picture((0, 0, 200)))
        page.until(f"frame().querySelector('img[alt=\"A boat\"]').getAttribute('src') !== {json.dumps(source)}")

    def test_another_draft_is_opened_without_a_restart(self):
        page = self.page()
        page.key("g")
        self.follow(page, "#drafts a[href*='other.md']", "document.querySelector('h1').textContent === 'Another letter'")
        page.until("frame()?.querySelector('h1')?.textContent === 'Another letter'")
        self.assertIn("draft=other.md", page.run("location.search"))

    # Views

    def test_the_letter_at_every_width(self):
        page = self.page()
        for width in (320, 375, 600, 800):
            self.follow(page, f".widths [data-width='{width}']", f"document.getElementById('letter').contentWindow.innerWidth === {width}")
        page.key("[")
        page.until("document.getElementById('letter').contentWindow.innerWidth === 600")
        page.drag("#edge", -50)
        page.until("document.getElementById('letter').contentWindow.innerWidth === 500")
        page.until("location.search.includes('width=500')")
        page.run("document.getElementById('edge').focus()")
        page.key("ArrowRight")
        page.until("document.getElementById('letter').contentWindow.innerWidth === 510")

    def test_the_letter_in_every_light_whatever_the_browser_prefers(self):
        luminance = """(() => { const [r, g, b] = getComputedStyle(frame().body).backgroundColor.match(/\\d+/g).map(Number); return (r + g + b) / 3; })()"""
        for dark in (False, True):
            page = self.page("?light=light", dark=dark)
            self.assertGreater(page.run(luminance), 200)
            page.key("b")
            page.until(f"frame()?.body && {luminance} < 60")
            page.until("location.search.includes('light=dark')")
            page.key("b")
            page.until("location.search.includes('light=inverted')")
            page.until(f"frame()?.body && {luminance} < 60")

    def test_images_off_and_merged_values(self):
        self.path.write_text(self.good.replace("Dear ", "![A boat](https://example.org/boat.png)\n\nDear ", 1))
        page = self.page("?reader=reader1@example.org")
        page.key("m")
        page.until("frame()?.querySelector('.pr-merged') && getComputedStyle(frame().querySelector('p .pr-merged')).backgroundColor !== 'rgba(0, 0, 0, 0)'")
        self.assertIn("Zoë Müller", page.run("frame().querySelector('p .pr-merged').textContent"))
        page.key("x")
        page.until("document.getElementById('letter').src.includes('images=off')")

    def test_text_headers_source_and_reading_order(self):
        page = self.page("?reader=reader1@example.org")
        page.key("2")
        self.assertIn("Dear Zoë Müller,", page.until("document.querySelector('pre.text')?.textContent"))
        page.key("m")
        page.until("document.querySelector('.flowed')")
        page.key("3")
        self.assertIn("heading 1", page.until("document.querySelector('.reading')?.textContent"))
        page.key("4")
        self.assertIn("List-Unsubscribe-Post", page.until("document.querySelector('.headers')?.textContent"))
        page.key("5")
        page.until("document.querySelector('.source pre')?.textContent.includes('DKIM-Signature')")
        raw = self.ask("GET", "raw?download=&reader=reader1@example.org")[2]
        letter = desks.email.message_from_bytes(raw, policy=desks.STRICT)
        desks.check_letter(self, letter, self.desk.readers)
        self.assertNotIn(b"data-at", raw)
        self.assertNotIn("<!--@", letter.get_payload()[1].get_content())

    def test_what_there_is_to_know(self):
        page = self.page()
        self.assertIn("of 37", self.follow(page, "#pane [aria-keyshortcuts=i]", "document.querySelector('.counters')?.textContent"))
        page.key("s")
        self.assertIn("Gmail shows all of it", page.until("document.querySelector('[data-pane=size]')?.textContent"))
        page.key("l")
        self.assertIn("https://example.org/pier", page.until("document.querySelector('[data-pane=links]')?.textContent"))
        page.key("o")
        page.until("document.querySelectorAll('[data-pane=outline] li').length === 41")
        page.key("c")
        self.assertIn("Outlook (Windows)", page.until("document.querySelector('.support')?.textContent"))
        page.key("h")
        page.until("document.querySelector('[data-pane=changes]')?.textContent.includes('no earlier issue')")
        self.path.with_name("ebb.md").write_text(desks.DRAFT.replace("slug: tide-7", "number: 6\nslug: ebb-6").replace("at six.", "at five."))
        self.addCleanup(self.path.with_name("ebb.md").unlink)
        self.path.write_text(self.good.replace("slug:", "number: 7\nslug:"))
        page.until("document.querySelector('.changes .changed')?.textContent.includes('five.six.')")
        page.key("i")
        page.click("form[data-post=spam-filter] button")
        self.assertIn("with 5 a letter is junk", page.until("document.querySelector('#spam-answer .large')?.textContent"))
        self.path.write_text(self.good + f"\n{'long words ' * 300}\n" * 40)
        page.key("s")
        page.until("document.querySelector('[data-pane=size]')?.textContent.includes('cuts this letter off')")
        page.until("frame().querySelector('.pr-clip')")

    # Findings

    def test_a_finding_leads_to_its_line_and_a_paragraph_to_its(self):
        self.path.write_text(self.good + "\n## TODO say more\n")
        page = self.page()
        line = self.good.count("\n") + 2
        page.until("document.querySelector('.findings .error a.place')")
        self.follow(page, ".findings .error a.place", f"document.querySelector('.lines .here')?.id === 'L0-{line}'")
        page.until("frame().querySelector('.pr-here')?.textContent.includes('TODO')")
        box = page.run("""(() => { const p = [...frame().querySelectorAll('p[data-at]')].find((p) => p.textContent.includes('turns at six'));
            p.scrollIntoView(); const [b, f] = [p.getBoundingClientRect(), document.getElementById('letter').getBoundingClientRect()];
            return [f.x + b.x + 5, f.y + b.y + 8]; })()""")
        for kind in ("mousePressed", "mouseReleased"):
            page.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)
        line = self.good[: self.good.index("The *tide*")].count("\n") + 1
        page.until(f"document.querySelector('.lines .here')?.id === 'L0-{line}'")
        page.click(f"#L0-{self.good[: self.good.index('## Part 9')].count(chr(10)) + 1}")
        page.until("frame().querySelector('.pr-here')?.textContent === 'Part 9'")

    # Readers

    def test_any_reader_is_found_and_those_who_are_made_up_show_what_breaks(self):
        page = self.page()
        page.key("/")
        page.until("document.activeElement.id === 'q'")
        page.type("reader397")
        page.until("document.querySelectorAll('#found a').length === 1")
        page.key("Enter")
        page.until("document.querySelector('#readers .value').textContent.includes('Maximiliana') || location.search.includes('reader397')")
        self.assertIn("reader397", page.run("location.search"))
        page.run("document.querySelector('#readers').open = true")
        self.follow(page, "#readers a[href*='%7Eempty']", "document.querySelector('.mistakes')?.textContent.includes('plan')")
        page.run("document.querySelector('#readers').open = true")
        self.follow(page, "#readers a[href*='%7Ertl']", "document.querySelector('#readers .value').textContent === 'Right to left'")
        page.until("frame()?.body?.textContent.includes('מרים')")

    def test_markup_in_a_draft_or_in_a_name_runs_nowhere(self):
        script = "<b>fine</b> &lt;script&gt;parent.broken=1&lt;/script&gt;"
        self.path.write_text(self.good.replace("title: The tide turns at six", "title: \"<img src=x onerror=parent.broken=1>\"")
                             .replace("Dear ", f"{script} ", 1))
        for reader in ("evil@example.org", "~markup"):
            for pane, view in (("inbox", "letter"), ("draft", "text"), ("links", "reading"), ("outline", "source"), ("send", "headers")):
                page = self.page(f"?reader={urllib.parse.quote(reader)}&pane={pane}&view={view}&marks=on")
                time.sleep(0.05)
                self.assertEqual(page.run(BROKEN), 0)
                self.assertEqual(page.run("document.scripts.length"), 1)
                self.assertEqual(page.run("frame().scripts.length + frame().querySelectorAll('[onerror], [onload], svg').length"), 0)
        self.assertIn("<script>", page.run("document.querySelector('#readers .value').textContent"))
        self.path.write_text(self.good + "\n<script>parent.broken=1</script>\n")
        self.assertIn("script", page.until("document.querySelector('.mistakes')?.textContent"))
        self.assertEqual(page.run(BROKEN), 0)

    # Sending

    def test_a_test_copy_goes_over_the_relay_and_a_refusal_names_the_phase(self):
        before = len(list(self.sink.letters()))
        page = self.page("?pane=send")
        page.click("#to")
        page.type("editor@example.org")
        page.click("form[data-post=test-copy] button")
        self.assertIn("taken (250", page.until("document.querySelector('#test-answer .good')?.textContent"))
        [letter] = list(self.sink.letters())[before:]
        self.assertRegex(desks.email.message_from_bytes(letter, policy=desks.STRICT)["Subject"], r"^\[TEST \d\d:\d\d\] ")
        refusing = relays.Sink("-f", "RCPT")
        self.addCleanup(refusing.stop)
        config = self.desk.folder / "config.toml"
        text = config.read_text()
        self.addCleanup(config.write_text, text)
        config.write_text(text.replace(f"port = {self.sink.port}", f"port = {refusing.port}"))
        page.click("form[data-post=test-copy] button")
        self.assertIn("RCPT", page.until("document.querySelector('#test-answer .refused')?.textContent"))

    def test_a_dry_run_says_who_gets_it_and_the_sandbox_has_an_inbox(self):
        page = self.page("?pane=send")
        page.click("form[data-post=dry-run] button")
        self.assertIn("401 recipients", page.until("document.querySelector('#dry-answer .large')?.textContent"))
        page.click("form[data-post=sandbox] button")
        self.follow(page, "#sandbox-answer a", "document.querySelector('h1')?.textContent === 'Sandbox'")
        page.until("document.querySelectorAll('.letters a').length === 200")
        page.until("document.getElementById('letter')?.contentDocument?.body?.textContent.includes('The tide turns at six')")
        self.assertIn("Ada", page.run("document.querySelector('.envelope').textContent"))
        page.click(".letters li:nth-child(2) a")
        page.until("document.querySelector('.envelope').textContent.includes('Zoë')")

    # Keys and barriers

    def test_the_keys_are_explained(self):
        page = self.page()
        page.key("?")
        page.until("document.querySelector('dialog[open]')?.textContent.includes('Light, dark, inverted')")
        page.key("Escape")
        page.until("!document.querySelector('dialog[open]')")
        page.key("j")
        page.key("Tab")
        self.assertNotEqual(page.run("document.activeElement.tagName"), "BODY")

    def test_axe_finds_no_barrier(self):
        axe = (judges.MODULES / "axe-core" / "axe.min.js").read_text()
        queries = ["", "?view=text&pane=draft&marks=on", "?view=reading&pane=inbox", "?view=headers&pane=size", "?view=source&pane=links",
                   "?pane=images&width=375", "?pane=outline&light=inverted", "?pane=clients", "?pane=changes", "?pane=send"]
        found = []
        for dark, width in ((False, 1280), (True, 375)):
            for query in queries:
                page = self.page(query, width=width, dark=dark)
                page.run(axe)
                result = page.run("""axe.run(document, { iframes: false, runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] })
                        .then((seen) => seen.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ": " + node.html.slice(0, 160) + ": " + node.failureSummary)))""")
                found += [f"{query} {width} {'dark' if dark else 'light'}: {fault}" for fault in result]
                self.assertLessEqual(page.run("document.documentElement.scrollWidth"), width, query)
                page.close()
        self.assertEqual(found, [], "\n".join(found))

    # Attacks

    def ask(self, method, path, headers=None, body=None):
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=20)
        headers = {"Host": parts.netloc, **(headers or {})}
        connection.request(method, path if path.startswith("/") else parts.path + path, body=body, headers=headers)
        response = connection.getresponse()
        answer = response.status, dict(response.getheaders()), response.read()
        connection.close()
        return answer

    def test_others_are_turned_away(self):
        parts = urllib.parse.urlsplit(self.url)
        own = f"http://{parts.netloc}"
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.assertEqual(self.ask("GET", "")[0], 200)
        self.assertEqual(self.ask("GET", "", {"Host": "evil.example"})[0], 421)
        self.assertEqual(self.ask("GET", "", {"Host": f"evil.example:{parts.port}"})[0], 421)
        self.assertEqual(self.ask("GET", "", {"Origin": "http://evil.example"})[0], 403)
        self.assertEqual(self.ask("GET", "/")[0], 404)
        self.assertEqual(self.ask("GET", "/0123456789abcdef0123456789abcdef/")[0], 404)
        before = len(list(self.sink.letters()))
        for headers in ({}, {"Origin": "null"}, {"Origin": "http://evil.example"}, {"Origin": f"https://{parts.netloc}"}):
            answer = self.ask("POST", "test-copy", {**form, **headers}, "draft=tide.md&to=x@example.org")
            self.assertEqual(answer[0], 403, headers)
        self.assertEqual(self.ask("POST", "/wrong/test-copy", {**form, "Origin": own}, "draft=tide.md&to=x@example.org")[0], 404)
        self.assertEqual(len(list(self.sink.letters())), before)
        for path in ("picture/../../../../etc/passwd", "picture/%2e%2e%2fconfig.toml", "../../etc/passwd", "caught.eml?letter=../../config.toml",
                     "caught.html?box=0&letter=%2fetc%2fpasswd", "config.toml", "picture/config.toml"):
            self.assertEqual(self.ask("GET", path)[0], 404, path)
        for key in ("../config.toml", "/etc/passwd", "..%2fconfig.toml"):
            page = self.ask("GET", f"?pane=draft&draft={key}")[2]
            self.assertNotIn(b"list-id =", page)
            self.assertNotIn(b"root:", page)

    def test_no_link_leads_out_of_the_project(self):
        outside = self.desk.folder.parent / f"{self.desk.folder.name}-secret.png"
        outside.write_bytes(picture_of(4, 4, (1, 2, 3)))
        self.addCleanup(outside.unlink)
        link = self.desk.folder / "drafts" / "link.png"
        link.symlink_to(outside)
        self.addCleanup(link.unlink)
        for path in ("link.png", f"../../{outside.name}", f"/../{outside.name}"):
            self.path.write_text(self.good + f"\n![x]({path})\n")
            page = self.page()
            words = page.until("document.querySelector('.mistakes')?.textContent")
            self.assertRegex(words, r"img-relative-missing")
            self.assertEqual(page.run("frame().querySelectorAll('img').length"), 0)
            page.close()


def picture_of(width, height, colour):
    """A picture of one colour."""
    import struct
    import zlib

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + bytes(colour) * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


if __name__ == "__main__":
    unittest.main()
