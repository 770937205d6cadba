"""The judges we did not write: where they are, how they are asked, and what they say as plain values."""

import concurrent.futures
import html
import json
import pathlib
import re
import shutil
import subprocess
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
# A picture larger than any letter's column, so that one without a width of its own would push the page apart.
PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1600' height='900'/%3E"
# The whole page is closed off from the network: names resolve to nothing.
CHROMIUM = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--host-resolver-rules=MAP * ~NOTFOUND",
    "--virtual-time-budget=20000", "--dump-dom",
]
# How a letter is looked at: the window's width and what else Chromium is told.
VIEWS = {
    "light": (600, []),
    "narrow": (375, []),
    "dark": (600, ["--blink-settings=preferredColorScheme=0"]),
    "inverted": (600, []),
    "images off": (600, ["--blink-settings=imagesEnabled=false"]),
}


def tool(*names):
    """The first of these programs that is here; a missing judge is a failure, never a pass."""
    for name in names:
        if found := shutil.which(name):
            return found
    raise FileNotFoundError(f"{' or '.join(names)} is missing: run scripts/test, which installs it")


def run(*command, **options):
    process = subprocess.run([str(word) for word in command], capture_output=True, timeout=240, **options)
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {process.stderr.decode()[-2000:]}")
    return process.stdout if process.stdout else process.stderr


def validate(pages):
    """What the Nu checker calls an error, as (page, message)."""
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    report = run(tool("java"), "-jar", jar, "--format", "json", "--exit-zero-always", *pages)
    messages = json.loads(report)["messages"]
    if not messages:
        raise RuntimeError("the Nu checker said nothing at all, not even what it always says of Outlook's markup")
    return [
        (message["url"], message["message"]) for message in messages
        if message["type"] != "info"
    ]


def compatibility(pages):
    """The features each page uses that some mail program lacks."""
    return json.loads(run(tool("node"), HERE / "compatibility.mjs", *pages))


def spam_scores(letters):
    """SpamAssassin's points for each letter without the network, and the rules that hit."""
    with tempfile.TemporaryDirectory() as home:
        checked = run(tool("spamassassin"), "--local", "--test-mode", "--siteconfigpath=/etc/spamassassin",
                      f"--prefspath={home}/prefs", *letters).decode(errors="replace")
    status = re.compile(r"^X-Spam-Status: \w+, score=(-?[\d.]+) .*?tests=(.*?)\s+autolearn", re.MULTILINE | re.DOTALL)
    scores = [(float(points), re.sub(r"\s", "", rules)) for points, rules in status.findall(checked)]
    if len(scores) != len(letters):
        raise RuntimeError(f"SpamAssassin judged {len(scores)} of {len(letters)} letters")
    return scores


def look(pages, view):
    """What the judge saw in each page, all shown so: in frames of one browser, because starting one takes seconds."""
    width, flags = VIEWS[view]
    axe = (MODULES / "axe-core" / "axe.min.js").read_text().replace("</script", r"<\/script")
    script, inverted = (HERE / "judge.js").read_text(), json.dumps(view == "inverted")
    frames = []
    for number, page in enumerate(pages):
        source = page.read_text()
        if view != "images off":
            source = re.sub(r'(<img\b[^>]*?\bsrc=")(?:https?|cid):[^"]*', lambda hit: hit[1] + PICTURE, source)
        source = source.replace("</body>", f"<script>{axe}</script><script>{script}\njudge({inverted}, {number});</script></body>")
        frames.append(f'<iframe style="width:{width}px;height:2000px;border:0" srcdoc="{html.escape(source)}"></iframe>')
    with tempfile.TemporaryDirectory() as folder:
        sheet = pathlib.Path(folder) / "letters.html"
        sheet.write_text('<!DOCTYPE html><meta charset="utf-8"><meta name="color-scheme" content="light dark">' + "".join(frames))
        shown = run(tool("chromium", "chromium-browser", "google-chrome"), *CHROMIUM, *flags,
                    f"--user-data-dir={folder}/profile", f"--window-size={width},2000", sheet.as_uri()).decode()
    notes = dict(re.findall(r'<pre class="judgement" title="(\d+)">(.*?)</pre>', shown, re.DOTALL))
    missing = [str(page) for number, page in enumerate(pages) if str(number) not in notes]
    if missing:
        raise RuntimeError(f"the judge in the page did not finish: {view}, {', '.join(missing)}")
    return [json.loads(html.unescape(notes[str(number)])) for number in range(len(pages))]


def look_at_all(pages):
    """Every page in every view, two browsers at a time."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        seen = list(pool.map(lambda view: look(pages, view), VIEWS))
    return {(page, view): one for view, all_seen in zip(VIEWS, seen) for page, one in zip(pages, all_seen)}
