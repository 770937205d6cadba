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
    "--virtual-time-budget=8000", "--dump-dom",
]
# Chromium makes no window narrower than this, whatever it is told; a frame in the page can be.
NARROWEST = 500
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
    process = subprocess.run([str(word) for word in command], capture_output=True, timeout=120, **options)
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


def spam_score(letter):
    """SpamAssassin's points without the network, and the rules that hit."""
    with tempfile.TemporaryDirectory() as home, open(letter, "rb") as file:
        checked = run(tool("spamassassin"), "--local", "--test-mode", "--siteconfigpath=/etc/spamassassin",
                      f"--prefspath={home}/prefs", stdin=file).decode(errors="replace")
    status = re.search(r"^X-Spam-Status: \w+, score=(-?[\d.]+) .*?tests=(.*?)\s+autolearn", checked, re.MULTILINE | re.DOTALL)
    return float(status[1]), re.sub(r"\s", "", status[2])


def look(page, view):
    """What the judge in the page saw, the letter shown so."""
    width, flags = VIEWS[view]
    source = page.read_text()
    if view != "images off":
        source = re.sub(r'(<img\b[^>]*?\bsrc=")(?:https?|cid):[^"]*', lambda hit: hit[1] + PICTURE, source)
    axe = (MODULES / "axe-core" / "axe.min.js").read_text().replace("</script", r"<\/script")
    script = (HERE / "judge.js").read_text()
    inverted = json.dumps(view == "inverted")
    source = source.replace("</body>", f"<script>{axe}</script><script>{script}\njudge({inverted});</script></body>")
    if width < NARROWEST:
        source = f'<iframe style="width:{width}px;height:2000px;border:0" srcdoc="{html.escape(source)}"></iframe>'
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder) / "letter.html"
        copy.write_text(source)
        shown = run(tool("chromium", "chromium-browser", "google-chrome"), *CHROMIUM, *flags,
                    f"--user-data-dir={folder}/profile", f"--window-size={width},2000", copy.as_uri()).decode()
    note = re.search(r'<pre id="judgement">(.*?)</pre>', shown, re.DOTALL)
    if not note:
        raise RuntimeError(f"the judge in the page did not finish: {page}, {view}")
    return json.loads(html.unescape(note[1]))


def look_at_all(pages):
    """Every page in every view, two browsers at a time."""
    jobs = [(page, view) for page in pages for view in VIEWS]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip(jobs, pool.map(lambda job: look(*job), jobs)))
