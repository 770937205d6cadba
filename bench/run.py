"""Times Postrider and other SMTP clients side by side against one sink, and prints a table.

The clients take turns, round after round, so that a slow minute of the machine hits all of them; medians of all rounds are
compared. A client runs on the first core and the sink on the last. Every letter has about 30 KB and five merged fields; only
smtp-source sends one fixed letter again and again, and only Postrider keeps a ledger and signs. Rates are of sending: what
comes before the first connection counts for nobody. CPU is of the whole process.

What is not installed is named below the table.
"""

import argparse
import datetime
import os
import pathlib
import platform
import random
import shutil
import subprocess
import sys
import tempfile

from clients import HERE, ROOT, TOOLS, Rival, postrider, rivals
from rounds import Run, measure, median

WORDS = (
    "the tide turns at six and the heron knows slowly over the flats past the old pier of the café and back before "
    "the light goes — whoever walks there at dawn will find “the boards” wet and a price of 12 € or so on the gate"
).split()


def sentences(seed, length):
    """Text of about this many bytes, the same every time."""
    chance, text = random.Random(seed), ""
    while len(text.encode()) < length:
        text += " ".join(chance.choice(WORDS) for _ in range(45)).capitalize() + ".\n\n"
    return text


def letter(folder):
    """The letter of the clients that merge by replacing: 7 KB of text, 19 KB of HTML."""
    text = sentences(1, 7_000)
    (folder / "letter.txt").write_text(f"Dear {{{{name}}}} of {{{{city}}}},\n\n{text}{{{{number}}}} {{{{email}}}} {{{{nick}}}}\n")
    style = 'style="margin:0 0 1em;color:#222222;font-family:Georgia,serif;line-height:1.5"'
    body = "".join(f"<p {style}>{part}</p>\n" for part in sentences(2, 14_500).split("\n\n") if part)
    (folder / "letter.html").write_text(
        f'<!doctype html><html><head><meta charset="utf-8"><title>Tide</title></head><body><p>Dear {{{{name}}}} of '
        f"{{{{city}}}},</p>{body}<p>{{{{number}}}} {{{{email}}}} {{{{nick}}}}</p></body></html>\n"
    )


def build():
    """Builds Postrider, the sink and the clients; gives what is missing."""
    missing = []
    cargo = ["cargo", "build", "--release", "--locked", "--quiet"]
    subprocess.run(cargo, cwd=ROOT, check=True)
    environment = {**os.environ, "CARGO_TARGET_DIR": str(TOOLS)}
    subprocess.run(cargo, cwd=HERE, env=environment, check=True)
    if shutil.which("cc"):
        shim = TOOLS / "nodelay.so"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", HERE / "nodelay.c", "-o", shim, "-ldl"], check=True)
    else:
        missing.append("cc: lettre and mail-send are not measured with TCP_NODELAY")
    if not shutil.which("smtp-source"):
        missing.append("smtp-source: install postfix")
    if shutil.which("node") and shutil.which("npm"):
        npm = ["npm", "ci", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts"]
        subprocess.run(npm, cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    else:
        missing.append("nodemailer: install nodejs and npm")
    return missing


def finished(runs):
    """Those of whose letters none is missing in any round; the others are named, because their rates mean nothing."""
    whole = {name: rounds for name, rounds in runs.items() if all(run.is_whole for run in rounds)}
    for name in runs.keys() - whole.keys():
        print(f"\nnot every letter of {name!r} arrived; it is left out below")
    return whole


def table(title, runs, base):
    """Prints the medians of all rounds, the fastest first, and the ratio to one of them."""
    runs = finished(runs)
    rates = {name: median(rounds, "rate") for name, rounds in runs.items()}
    print(f"\n{title}\n")
    print(f"| client | letters/s (min–max) | ÷ {base} | CPU µs/letter | resident MB | KB/letter | turns/letter |")
    print("|---|---|---|---|---|---|---|")
    for name in sorted(rates, key=rates.get, reverse=True):
        rounds: list[Run] = runs[name]
        lowest, highest = min(run.rate for run in rounds), max(run.rate for run in rounds)
        cells = [
            name,
            f"{rates[name]:,.0f} ({lowest:,.0f}–{highest:,.0f})",
            f"{rates[name] / rates[base]:.2f}" if base in rates else "–",
            f"{median(rounds, 'cpu'):,.0f}",
            f"{max(run.resident for run in rounds):.0f}",
            f"{median(rounds, 'size'):.1f}",
            f"{median(rounds, 'turns'):.2f}",
        ]
        print("| " + " | ".join(cells) + " |")


def far(runs, round_trip):
    """Prints how many round trips a letter takes on one connection to a relay that far away."""
    runs = finished(runs)
    print(f"\nOne connection, a round trip of {round_trip:g} ms\n")
    print("| client | letters/s | round trips/letter |")
    print("|---|---|---|")
    for name in sorted(runs, key=lambda name: -median(runs[name], "rate")):
        rate = median(runs[name], "rate")
        print(f"| {name} | {rate:,.1f} | {1000 / rate / round_trip:.2f} |")


def ask():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--rounds", type=int, default=5)
    parse.add_argument("--letters", type=int, default=30_000, help="letters of ours in a round (default: 30000)")
    parse.add_argument("--round-trip", type=float, default=20, help="milliseconds of the far relay (default: 20; 0 skips it)")
    parse.add_argument("--only", help="some clients, e.g. `smtp-source,postrider 16`")
    return parse.parse_args()


def chosen(clients: list[Rival], only):
    return [client for client in clients if only is None or client.name in only.split(",")]


def main():
    asked = ask()
    missing = build()
    print(f"{datetime.date.today()}: scripts/bench {' '.join(sys.argv[1:])}".rstrip())
    busy = os.getloadavg()[0]
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {busy:.1f} before the first round")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        letter(folder)
        ours = [
            postrider("postrider 16", folder, asked.letters, lanes=16),
            postrider("postrider 64", folder, asked.letters, lanes=64),
            postrider("postrider 16, window 8", folder, asked.letters, lanes=16, window=8),
            postrider("postrider 64, RSA-2048", folder, asked.letters // 6, lanes=64, signed="rsa"),
            postrider("postrider 64, Ed25519", folder, asked.letters, lanes=64, signed="ed25519"),
        ]
        table("Loopback, 16 connections or as named", measure(chosen(rivals(folder, 16) + ours, asked.only), asked.rounds), "smtp-source")
        if asked.round_trip:
            ours = [
                postrider("postrider", folder, 200, lanes=1),
                postrider("postrider, window 8", folder, 400, lanes=1, window=8),
            ]
            clients = chosen([rival.shortened(60) for rival in rivals(folder, 1)] + ours, asked.only)
            far(measure(clients, min(asked.rounds, 3), asked.round_trip), asked.round_trip)
    for line in missing:
        print(f"\nnot measured: {line}")


if __name__ == "__main__":
    main()
