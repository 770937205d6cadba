"""Our letter beside those of rivals, made from the same draft and put before the same judges. Prints a Markdown table.

    scripts/python tests/outside/compare.py drafts/harbour-letter-12.md [FOLDER [PICTURE]]

FOLDER keeps what was rendered, PICTURE shows it side by side on a phone, in light and in the dark.
"""

import email.message
import pathlib
import re
import subprocess
import sys
import tempfile

import desk as desks
import judges
import markup
import screenshots
from test_letters import DISPENSABLE, UNKNOWN_TO_NU

RIVALS = judges.HERE / "rivals"
NAMES = ["postrider", "emailmd", "mjml", "react-email", "juice"]


def ours(draft, folder):
    desk = desks.Desk(1)
    process = desk.run("preview", str(draft.resolve()), "--out", str(desk.folder / "out"))
    if process.returncode != 0:
        sys.exit(process.stderr)
    for ending in ("html", "txt", "eml"):
        (folder / f"postrider.{ending}").write_bytes((desk.folder / "out" / f"issue.{ending}").read_bytes())


def theirs(draft, folder):
    if not (RIVALS / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", RIVALS], check=True)
    judges.run(judges.tool("node"), RIVALS / "render.mjs", draft.resolve(), folder)


def letter(folder, name, subject):
    """The rival's parts as a message; a rival without a text part sends HTML alone, as its users do."""
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "notes@example.org", "reader@example.org", subject
    message["Date"], message["Message-ID"] = "Mon, 02 Nov 2026 09:00:00 +0000", "<1@example.org>"
    text, html = folder / f"{name}.txt", (folder / f"{name}.html").read_text()
    if text.exists():
        message.set_content(text.read_text(), cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    else:
        message.set_content(html, subtype="html", cte="quoted-printable")
    (folder / f"{name}.eml").write_bytes(message.as_bytes(policy=email.policy.SMTP))


def links(page):
    return {a.attributes["href"] for a in page.all("a") if re.match("https?:|mailto:", a.attributes.get("href") or "")}


def tolerant(source):
    """The page as a list of elements, also where a rival's tags do not close as they should."""
    class Forgiving(markup.Page):
        def handle_endtag(self, name):
            if self.open is not None and any(e.name == name for e in [self.open, *self.open.above()]):
                super_open = self.open
                while super_open.name != name:
                    super_open = super_open.parent
                self.open = super_open.parent
    return Forgiving(source)


def text_row(folder, name, page):
    path = folder / f"{name}.txt"
    if not path.exists():
        return {"text part": "none"}
    text = path.read_text()
    whole = re.sub(r"\s+", "", text)
    lost = [link for link in links(page) if link.removeprefix("mailto:") not in whole and "{{" not in link and "unsub" not in link]
    prose = [line.rstrip() for line in text.splitlines() if "http" not in line]
    return {
        "text part": f"{len(text.encode()):,} B",
        "longest line without a link, columns": max(map(len, prose)),
        "links missing from the text": len(lost),
    }


def lacks(path):
    """What some mail program lacks and the page uses, or that caniemail's data ends before it can say."""
    try:
        return ", ".join(sorted(set(judges.compatibility([path])[str(path)]) - DISPENSABLE)) or "0"
    except RuntimeError as error:
        return "caniemail stops at `" + re.search(r'RangeError: Feature "(.*?)" not found', str(error))[1] + "`"


def row(folder, name, seen, spam):
    path = folder / f"{name}.html"
    source = path.read_text()
    page = tolerant(source)
    title = page.all("title")
    styles = "".join(style.everything(page) for style in page.all("style"))
    nu = {message for _, message in judges.validate([path]) if not UNKNOWN_TO_NU.fullmatch(message)}
    kinds = lambda view: ", ".join(sorted({fault.split(":")[0] for fault in seen[view]["violations"]})) or "0"
    dark = [float(part) for part in re.findall(r"[\d.]+", seen["dark"]["background"])]
    is_dark = len(dark) == 3 and max(dark) < 64
    narrow = seen["narrow"]
    return {
        "HTML": f"{len(source.encode()):,} B",
        "of that `<style>`": f"{len(styles.encode()):,} B",
        "title": "subject" if title and title[0].everything(page).strip() else "empty",
        "language": next((e.attributes.get("lang") for e in page.all("html")), None) or "none",
        "different errors by the Nu checker": len(nu),
        "axe violations, light": kinds("light"),
        "axe violations, dark": kinds("dark"),
        "axe violations, inverted": kinds("inverted"),
        "is dark in dark mode": "yes" if is_dark else "no",
        "sticks out at 375 px by": f"{max(0, narrow['scrollWidth'] - narrow['width'])} px",
        "pieces of text under 14 px": len(seen["light"]["small"]),
        "features some program lacks, but for harmless ones": lacks(path),
        "SpamAssassin, offline": f"{spam[0]} ({spam[1]})",
        **text_row(folder, name, page),
    }


def main():
    draft = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    ours(draft, folder)
    theirs(draft, folder)
    subject = desks.read(folder / "postrider.eml")["Subject"]
    for name in NAMES[1:]:
        letter(folder, name, subject)
    pages = [folder / f"{name}.html" for name in NAMES]
    if len(sys.argv) > 3:
        views = [(page, is_dark, 0) for is_dark in (False, True) for page in pages]
        screenshots.draw(pathlib.Path(sys.argv[3]), screenshots.sheet(views, 375, 1400, len(pages), 0.7))
    seen = judges.look_at_all(pages)
    spam = judges.spam_scores([folder / f"{name}.eml" for name in NAMES])
    rows = {
        name: row(folder, name, {view: seen[page, view] for view in judges.VIEWS}, points)
        for name, page, points in zip(NAMES, pages, spam)
    }
    print(f"| {draft.name} | " + " | ".join(NAMES) + " |")
    print("|---" * (len(NAMES) + 1) + "|")
    for measure in rows["postrider"]:
        print(f"| {measure} | " + " | ".join(str(rows[name].get(measure, "—")) for name in NAMES) + " |")


if __name__ == "__main__":
    main()
