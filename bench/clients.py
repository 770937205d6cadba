"""The clients: what each is called, how many letters a round of it has, and the command that sends them."""

import dataclasses
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
from collections.abc import Callable

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
TOOLS = ROOT / "target" / "bench"


@dataclasses.dataclass
class Rival:
    """A client; `command` gives its words for (port, letters)."""

    name: str
    letters: int
    command: Callable[[int, int], list[str]]
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    #: The seconds of sending in what it prints, where it says them.
    wall: Callable[[str], float | None] = lambda printed: None
    #: What is to be done before each round.
    prepare: Callable[[], None] = lambda: None

    def shortened(self, letters):
        return dataclasses.replace(self, letters=letters)


def said(printed):
    """`wall` of the last line, which is JSON."""
    try:
        return json.loads(printed.strip().splitlines()[-1])["wall"]
    except (IndexError, KeyError, TypeError, ValueError):
        return None


def rivals(folder, lanes):
    """Those that are installed."""

    def client(name, letters, *program, environment=None):
        def command(port, count):
            return [*map(str, program), str(folder), "127.0.0.1", str(port), str(count), str(lanes)]

        return Rival(name, letters, command, environment or {}, said)

    lettre, mail_send = TOOLS / "release" / "lettre_pool", TOOLS / "release" / "mail_send"
    found = [
        client("lettre pool", 600, lettre),
        client("mail-send", 600, mail_send),
        client("smtplib, one connection", 600, sys.executable, HERE / "smtplib_client.py"),
    ]
    if (shim := TOOLS / "nodelay.so").exists():
        preload = {"LD_PRELOAD": str(shim)}
        found.append(client("lettre pool + TCP_NODELAY", 6_000, lettre, environment=preload))
        found.append(client("mail-send + TCP_NODELAY", 8_000, mail_send, environment=preload))
    if (HERE / "node_modules" / "nodemailer").exists():
        found.append(client("nodemailer", 1_500, "node", HERE / "nodemailer.mjs"))
    if source := shutil.which("smtp-source"):
        words = ["-l", "30000", "-d", "-N", "-f", "tide@example.com", "-t", "reader@example.com"]
        found.append(Rival("smtp-source", 20_000, lambda port, count: [
            source, "-s", str(lanes), "-m", str(count), *words, f"127.0.0.1:{port}"]))
    return found


def postrider(name, folder, letters, lanes, window=1, signed=None):
    """Postrider as an editor runs it: a fresh ledger on this disk, planned and then sent."""
    home = folder / name.replace(" ", "-").replace(",", "")
    binary = ROOT / "target" / "release" / "postrider"
    (home / "drafts").mkdir(parents=True)
    (home / "drafts" / "tide.md").write_text(draft())
    (home / "subscribers.toml").write_text("".join(map(reader, range(letters))))
    secret = home / ".postrider" / "secret"

    def prepare():
        # A ledger that is gone is missed by what remembers it.
        for folder in (".postrider", "state"):
            shutil.rmtree(home / folder, ignore_errors=True)
        secret.parent.mkdir()
        secret.touch(0o600)
        secret.write_text("5e" * 32)

    def command(port, _):
        (home / "config.toml").write_text(config(port, lanes, window, dkim(home, signed)))
        words = ["--json", "--quiet", "send", "drafts/tide.md", "--yes"]
        return ["env", "-C", str(home), str(binary), *words]

    return Rival(name, letters, command, {"XDG_STATE_HOME": str(home / "state")}, said, prepare)


def draft():
    """About 30 KB once it is composed, with five merged fields."""
    chance = random.Random(3)
    words = "tide heron pier café boards dawn light flats slowly gate “price” six knows back before walks".split()
    shared = "\n\n".join(
        " ".join(chance.choice(words) for _ in range(45)).capitalize() + ". [More](https://example.org/more) of it."
        for _ in range(24)
    )
    return (
        "---\nsubject: Tide tables\nslug: tide\n---\n\nDear {{ name }} of {{ city }},\n\n" + shared
        + "\n\nYou are number {{ number }} as {{ email }}: [your page](https://example.org/u/{{ nick }}).\n"
    )


def reader(number):
    return (
        f'[[subscriber]]\nemail = "reader{number}@example.com"\nname = "Zoë {number}"\n\n'
        f'[subscriber.fields]\ncity = "Köln"\nnumber = {number}\nnick = "n{number}"\n\n'
    )


def config(port, lanes, window, section):
    in_flight = f"window = {window}\n" if window > 1 else ""
    return (
        '[newsletter]\nname = "Tide"\nfrom = "tide@example.com"\nlist-id = "tide.example.com"\n'
        f'[relay]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nlanes = {lanes}\nrate = "1000000/s"\n'
        f"messages-per-connection = 1000000\n{in_flight}"
        '[unsubscribe]\nurl = "https://lists.example.com/u/{token}"\nmailto = "leave@example.com"\n' + section
    )


def dkim(home, algorithm):
    """A key of this machine's openssl, and its section of the configuration; `algorithm` is None, "rsa" or "ed25519"."""
    if algorithm is None:
        return ""
    path = home / f"{algorithm}.pem"
    if not path.exists():
        bits = ["-pkeyopt", "rsa_keygen_bits:2048"] if algorithm == "rsa" else []
        words = ["openssl", "genpkey", "-algorithm", algorithm, *bits, "-out", path]
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL)
        os.chmod(path, 0o600)
    prefix = "" if algorithm == "rsa" else f"{algorithm}-"
    return f'[dkim]\ndomain = "example.com"\n{prefix}selector = "s2026"\n{prefix}key-file = "{path}"\n'
