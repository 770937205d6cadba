"""Contact sheets of the sample drafts in every theme, light and dark, laid out and drawn by Chromium.

What a reader has installed and we have not is shown in free fonts of the same measure, given to a copy of the letter.
The letters themselves are those of the gates: what `postrider preview` writes.
"""

import base64
import html
import pathlib
import re
import shutil
import sys
import tempfile

import browser
import desk as desks
import judges
import test_letters

# Which draft shows which theme.
SHOWN = {"letter": "harbour-letter-12", "bulletin": "harbour-letter-12", "workshop": "copper-hill-notes-7"}
# Families of the themes' stacks, and the packages that stand in for them.
FONTS = {"Georgia": "gelasio", "-apple-system": "inter", "Helvetica": "arimo", "Arial": "arimo"}
SUBSETS = {"latin": "U+0000-00FF,U+2000-206F,U+20AC", "latin-ext": "U+0100-024F,U+1E00-1EFF"}
# Letters show pictures from elsewhere; here they show the sea.
SEA = "data:image/svg+xml," + (
    "<svg xmlns='http://www.w3.org/2000/svg' width='1200' height='620' viewBox='0 0 1200 620'>"
    "<rect width='1200' height='620' fill='%23d9e2e4'/><circle cx='880' cy='210' r='64' fill='%23f3ead9'/>"
    "<path d='M0 330h1200v290H0z' fill='%237f9aa3'/><path d='M0 420q300-46 600 0t600 0v200H0z' fill='%236a8791'/>"
    "<path d='M0 510q200-34 400 0t400 0 400 0v110H0z' fill='%23547079'/></svg>"
).replace("<", "%3C").replace(">", "%3E")


def font_faces():
    rules = []
    for family, package in FONTS.items():
        for weight in (400, 700):
            for style in ("normal", "italic"):
                for subset, characters in SUBSETS.items():
                    file = judges.MODULES / "@fontsource" / package / "files" / f"{package}-{subset}-{weight}-{style}.woff2"
                    data = base64.b64encode(file.read_bytes()).decode()
                    rules.append(f"@font-face{{font-family:'{family}';font-weight:{weight};font-style:{style};"
                                 f"unicode-range:{characters};src:url(data:font/woff2;base64,{data})}}")
    return "".join(rules)


def dressed(page, is_dark, fonts):
    """A copy of a letter that shows itself in one light, whatever the browser prefers."""
    source = page.read_text()
    source = source.replace("(prefers-color-scheme:dark)", "all" if is_dark else "not all")
    source = re.sub(r'(<img\b[^>]*?\bsrc=")(?:https?|cid):[^"]*', lambda hit: hit[1] + SEA, source)
    scrollbars = "html{overflow:hidden}"
    return source.replace("</head>", f"<style>{fonts}{scrollbars}</style></head>", 1)


def sheet(views, width, height, columns, scale):
    """A page of letters side by side: (page, is_dark, how far down to begin)."""
    fonts, cells = font_faces(), []
    for page, is_dark, top in views:
        frame = (f'<iframe style="width:{width}px;height:{height + top}px;margin-top:-{top}px" '
                 f'srcdoc="{html.escape(dressed(page, is_dark, fonts))}"></iframe>')
        cells.append(f'<div style="width:{width}px;height:{height}px">{frame}</div>')
    gap = 32
    across = columns * width + (columns + 1) * gap
    down = -(-len(views) // columns) * (height + gap) + gap
    style = (f"body{{margin:0;background:#c9ccd1;width:{across}px;zoom:{scale};display:grid;gap:{gap}px;padding:{gap}px;"
             f"box-sizing:border-box;grid-template-columns:repeat({columns},{width}px)}}div{{overflow:hidden}}iframe{{border:0;background:#fff}}")
    source = f'<!DOCTYPE html><meta charset="utf-8"><style>{style}</style>{"".join(cells)}'
    return source, round(across * scale), round(down * scale)


def draw(target, drawn):
    source, width, height = drawn
    with tempfile.TemporaryDirectory() as folder:
        page, shot = pathlib.Path(folder) / "sheet.html", pathlib.Path(folder) / "sheet.png"
        page.write_text(source)
        flags = [flag for flag in judges.CHROMIUM if flag != "--dump-dom"]
        judges.run(judges.tool("chromium", "chromium-browser", "google-chrome"), *flags, f"--user-data-dir={folder}/profile",
                   f"--window-size={width},{height}", f"--screenshot={shot}", page.as_uri())
        judges.run(judges.tool("pngquant"), "--force", "--strip", "--quality=60-90", "--output", target, shot)
    print(f"{target}: {width}×{height}, {target.stat().st_size} bytes")


# The studio: the file, what its address asks for, the window, and whether the browser is dark.
STUDIO = [
    ("studio", "?pane=draft&at=0:24&marks=on", (1280, 800), False),
    ("studio-dark", "?pane=inbox&width=600&light=inverted", (1280, 800), True),
    ("studio-clients", "?pane=clients&width=375&light=dark", (1280, 800), False),
    ("studio-phone", "", (375, 812), False),
]


def studio(folder):
    """The studio with a sample draft, in a browser that reaches nothing else."""
    desk = desks.Desk(8)
    for name in ("drafts", "snippets"):
        shutil.copytree(desks.ROOT / name, desk.folder / name, dirs_exist_ok=True)
    process = desk.start("preview", "drafts/harbour-letter-12.md")
    url = process.stdout.readline().strip()
    with browser.Browser() as chromium:
        for name, query, (width, height), dark in STUDIO:
            page = chromium.page(url + query, width, height, dark)
            page.until("document.querySelector('#connection').dataset.state === 'live'")
            page.until("document.getElementById('letter').contentDocument.querySelector('h1')")
            page.run("new Promise((done) => setTimeout(done, 300))")
            with tempfile.TemporaryDirectory() as scratch:
                shot = pathlib.Path(scratch) / "shot.png"
                page.shot(shot)
                judges.run(judges.tool("pngquant"), "--force", "--strip", "--quality=60-90", "--output", folder / f"{name}.png", shot)
            page.close()
    process.terminate()
    process.communicate()


def main(folder):
    studio(folder)
    pages = test_letters.pages()
    letters = {theme: pages[f"{draft} in {theme}"] for theme, draft in SHOWN.items()}
    both = [(page, is_dark, 0) for is_dark in (False, True) for page in letters.values()]
    draw(folder / "themes.png", sheet(both, 660, 1000, 3, 0.75))
    draw(folder / "themes-more.png", sheet([(page, False, 1360) for page in letters.values()], 660, 1500, 3, 0.75))
    phone = [(page, is_dark, 0) for page in letters.values() for is_dark in (False, True)]
    draw(folder / "themes-phone.png", sheet(phone, 375, 900, 6, 0.75))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
