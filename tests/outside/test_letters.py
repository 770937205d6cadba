"""Every sample draft, composed by the binary and put before judges we did not write. No network."""

import functools
import re
import shutil
import unittest

import desk as desks
import judges
import markup

# What the Nu checker must be allowed to dislike: namespaces, properties only mail programs know, and the places that
# links lead to, which Gmail, Yahoo and classic Outlook look for as `<a name>`.
UNKNOWN_TO_NU = re.compile(
    r"Attribute “xmlns:[vo]” not allowed here\.|CSS: “(supported-color-schemes|mso-[a-z-]+)”: Property .* doesn't exist\."
    r"|Element “a” is missing required attribute “href”\."
)
# What some mail program lacks and the letter does without there: its look is inline, its words need none of these.
DISPENSABLE = {
    "@media", "display:none", "opacity", "overflow", "max-height property", "white-space", "word-break", "border-radius",
    "aria-hidden attribute", "aria-label attribute", "role attribute", "<body> element", "<style> element",
    "height property", "Local anchors", "color-scheme CSS property", "color-scheme meta tag",
}
THEMES = ("letter", "bulletin", "workshop")
COLUMN = 600
LARGEST = 100_000
STYLES = 16_384


@functools.cache
def the_desk():
    return desks.Desk(3)


@functools.cache
def letters():
    """Where the files of each draft in each theme are, by "DRAFT in THEME"."""
    desk = the_desk()
    shutil.copytree(desks.ROOT / "snippets", desk.folder / "snippets")
    config = (desk.folder / "config.toml").read_text()
    folders = {}
    for theme in THEMES:
        (desk.folder / f"{theme}.toml").write_text(config.replace("\n\n[relay]", f'\ntheme = "{theme}"\n\n[relay]', 1))
        for draft in sorted((desks.ROOT / "drafts").glob("*.md")):
            name = f"{draft.stem} in {theme}"
            folders[name] = desk.folder / "out" / theme / draft.stem
            process = desk.run("--config", f"{theme}.toml", "preview", str(draft), "--out", str(folders[name]))
            assert process.returncode == 0, process.stderr
    assert folders, "there are no drafts"
    return folders


def pages():
    return {name: folder / "issue.html" for name, folder in letters().items()}


@functools.cache
def views():
    names = {page: name for name, page in pages().items()}
    return {(names[page], view): seen for (page, view), seen in judges.look_at_all(list(names)).items()}


BAD_PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Bad</title></head>
<body style="background-color:#ffffff"><h1>Bad</h1><p style="color:#cccccc;display:grid">Pale</p><p style="font-size:9px">Tiny</p>
<table style="min-width:900px"><tr><td>Wide</td></tr></table><img src="https://example.org/a.png"></body></html>"""
BAD_MAIL = "From: x@example.org\nTo: y@example.org\nSubject: FREE VIAGRA CLICK HERE!!!\nContent-Type: text/html\n\n" + BAD_PAGE


class Judges(unittest.TestCase):
    """That each judge is awake: what is bad in many ways must not pass."""

    def test_a_bad_letter_is_found_bad(self):
        folder = desks.Desk(0).folder
        page, mail = folder / "bad.html", folder / "bad.eml"
        page.write_text(BAD_PAGE)
        mail.write_text(BAD_MAIL)
        self.assertRegex(judges.validate([page])[0][1], "alt")
        self.assertIn("display:grid", judges.compatibility([page])[str(page)])
        self.assertGreater(judges.spam_scores([mail])[0][0], 0.5)
        for view in ("narrow", "inverted"):
            [seen] = judges.look([page], view)
            self.assertEqual({fault.split(":")[0] for fault in seen["violations"]} & {"color-contrast", "image-alt"},
                             {"color-contrast", "image-alt"}, view)
            self.assertEqual(seen["small"], ["9px: Tiny"])
            self.assertGreater(seen["scrollWidth"], seen["width"])


class Letters(unittest.TestCase):
    maxDiff = None

    def each_page(self):
        for name, page in pages().items():
            yield name, page.read_text(), markup.Page(page.read_text())

    def each_mail(self):
        for folder in letters().values():
            yield (folder / "issue.eml").read_bytes(), desks.read(folder / "issue.eml")

    def test_the_nu_checker_knows_no_other_errors(self):
        found = [(page, message) for page, message in judges.validate(pages().values()) if not UNKNOWN_TO_NU.fullmatch(message)]
        self.assertEqual(found, [])

    def test_mail_programs_lack_nothing_the_letter_needs(self):
        for name, features in judges.compatibility(pages().values()).items():
            with self.subTest(page=name):
                self.assertLessEqual(set(features), DISPENSABLE)

    def test_spamassassin_is_content(self):
        mails = [folder / "issue.eml" for folder in letters().values()]
        for name, (score, rules) in zip(letters(), judges.spam_scores(mails)):
            with self.subTest(draft=name):
                self.assertIn("HTML_MESSAGE", rules)
                self.assertLessEqual(score, 0.5, rules)

    def test_axe_finds_no_barrier_in_any_light(self):
        for (name, view), seen in views().items():
            with self.subTest(draft=name, view=view):
                self.assertIn("color-contrast", seen["passes"])
                # Axe looks at letters, and leaves the boxes of tasks to the eye.
                unsure = [fault for fault in seen["unsure"] if not fault.endswith("content contains only non-text characters")]
                self.assertEqual((seen["violations"], unsure), ([], []))
                self.assertEqual(seen["dark"], view == "dark")

    def test_the_dark_views_are_dark(self):
        for (name, view), seen in views().items():
            with self.subTest(draft=name, view=view):
                brightest = max(map(int, re.findall(r"\d+", seen["background"])[:3]))
                self.assertEqual(brightest < 64, view in ("dark", "inverted"), seen["background"])

    def test_nothing_sticks_out_and_nothing_is_tiny(self):
        for (name, view), seen in views().items():
            with self.subTest(draft=name, view=view):
                self.assertEqual(seen["width"], judges.VIEWS[view][0])
                self.assertLessEqual(seen["scrollWidth"], seen["width"])
                self.assertEqual(seen["small"], [])

    def test_a_picture_that_does_not_come_leaves_its_words(self):
        for (name, view), seen in views().items():
            for image in seen["images"]:
                with self.subTest(draft=name, view=view, image=image["source"]):
                    self.assertEqual(image["loaded"], view != "images off")
                    self.assertIsNotNone(image["alt"])
                    self.assertGreater(image["width"] * image["height"], 0 if image["alt"] else -1)

    def test_the_head_is_as_clients_want_it(self):
        mails = {name: desks.read(folder / "issue.eml") for name, folder in letters().items()}
        for name, source, page in self.each_page():
            self.assertTrue(source.startswith("<!DOCTYPE html>"))
            self.assertLess(source.encode().index(b'<meta charset="utf-8">'), 1024)
            for tag in ("html", "head", "body", "title", "h1"):
                self.assertEqual(len(page.all(tag)), 1, tag)
            self.assertEqual(page.all("title")[0].everything(page), mails[name]["Subject"])
            html, body = page.all("html", "body")
            article = next(e for e in page.elements if e.attributes.get("role") == "article")
            for element in (html, body, article):
                self.assertTrue(element.attributes["lang"])
                self.assertIn(element.attributes["dir"], ("ltr", "rtl"))
            self.assertEqual(body.attributes["xml:lang"], html.attributes["lang"])

    def test_tables_say_whether_they_are_layout(self):
        for _, _, page in self.each_page():
            headers = [next(up for up in th.above() if up.name == "table") for th in page.all("th")]
            for table in page.all("table"):
                self.assertEqual([table.attributes.get(key) for key in ("border", "cellpadding", "cellspacing")], ["0"] * 3)
                self.assertEqual(table.attributes.get("role"), None if table in headers else "presentation")
            self.assertTrue(all(th.attributes.get("scope") in ("col", "row") for th in page.all("th")))

    def test_styles_stay_where_gmail_reads_them(self):
        for _, _, page in self.each_page():
            styles = "".join(style.everything(page) for style in page.all("style"))
            self.assertLessEqual(len(styles.encode()), STYLES)
            styles += "".join(element.attributes.get("style") or "" for element in page.elements)
            self.assertNotRegex(styles, r"url\(|@import|@font-face|var\(|hsl|rgb|oklch|color-mix|position *:|[^ ]!important")
            depth = 0
            for mark in re.findall(r"[@{}]", styles):
                self.assertFalse(mark == "@" and depth, "an at-rule within another")
                depth += {"{": 1, "}": -1, "@": 0}[mark]

    def test_nothing_active_and_nothing_left_over(self):
        forbidden = {"script", "form", "iframe", "object", "video", "audio", "embed", "input", "link", "svg", "base"}
        for _, source, page in self.each_page():
            self.assertEqual([e.name for e in page.elements if e.name in forbidden], [])
            for element in page.elements:
                self.assertFalse([key for key in element.attributes if key.startswith("on")], element)
            for comment in page.comments:
                self.assertRegex(comment, r"^\[if |^<!\[endif")
            in_code = lambda owner: owner.name in ("code", "pre") or any(up.name in ("code", "pre") for up in owner.above())
            for owner, text in page.texts:
                self.assertTrue(in_code(owner) or not re.search(r"\{\{|\{%", text), text)
            links = [v for e in page.elements for k, v in e.attributes.items() if k in ("href", "src")]
            self.assertEqual([link for link in links if "{{" in link or "%7B%7B" in link], [])

    def test_pictures_have_words_a_width_and_a_safe_address(self):
        for _, _, page in self.each_page():
            for image in page.all("img"):
                self.assertIn("alt", image.attributes)
                self.assertLessEqual(int(image.attributes["width"]), COLUMN)
                self.assertRegex(image.attributes["src"], r"^(https://|cid:)")

    def test_links_within_the_letter_arrive(self):
        for _, _, page in self.each_page():
            ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
            self.assertEqual(len(ids), len(set(ids)))
            names = {a.attributes["name"] for a in page.all("a") if "name" in a.attributes}
            self.assertTrue(all("href" in a.attributes or "name" in a.attributes for a in page.all("a")))
            hrefs = [a.attributes.get("href", "") for a in page.all("a")]
            self.assertLessEqual({href[1:] for href in hrefs if href.startswith("#")}, names)

    def test_headings_skip_no_level(self):
        for _, _, page in self.each_page():
            levels = [int(e.name[1]) for e in page.elements if re.fullmatch("h[1-6]", e.name)]
            self.assertEqual(levels[0], 1)
            for before, after in zip(levels, levels[1:]):
                self.assertLessEqual(after, before + 1)

    def test_the_footer_says_who_writes_and_how_to_leave(self):
        mails = {name: desks.read(folder / "issue.eml") for name, folder in letters().items()}
        for name, _, page in self.each_page():
            footer = next(e for e in page.elements if "footer" in e.attributes.get("class", "").split())
            self.assertIn("1 Pier Road, Exampleton", footer.everything(page))
            leave = mails[name]["List-Unsubscribe"].split("<")[1].split(">")[0]
            self.assertIn(leave, [a.attributes.get("href") for a in page.all("a") if footer in a.above()])

    def test_every_signature_is_good(self):
        for raw, _ in self.each_mail():
            desks.check_signatures(self, raw, the_desk().records)

    def test_the_mail_is_within_every_limit(self):
        for raw, mail in self.each_mail():
            desks.check_wire(self, raw)
            html = mail.get_body(("html",))
            self.assertLessEqual(len(html.get_content().encode()), LARGEST)
            self.assertLessEqual(len(html.as_bytes()), LARGEST)
            self.assertGreater(len(mail.get_body(("plain",)).get_content()), 200)


if __name__ == "__main__":
    unittest.main()
