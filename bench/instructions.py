"""Counts instructions under callgrind and compares them with those that are kept: no clock, so a busy machine counts alike.

Each case of benches/cost runs twice, the second time for more letters; what it counts more, by letter, is the letter's own.
valgrind shows programs a plain CPU, so hashes cost more here than they do; the counts are for comparing with themselves.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
KEPT = ROOT / "benches" / "instructions.json"

#: Growth that is one: hash tables are seeded anew each time.
LIMIT = 0.03

#: Case of benches/cost, divan's option for how often it runs, twice how often, and how many letters it has each time.
CASES = {
    "splice::plain_fields": ("--sample-size", 100, 1_100, 1),
    "splice::a_condition": ("--sample-size", 100, 1_100, 1),
    "splice::unresolved": ("--sample-size", 100, 1_100, 1),
    "sign::ed25519": ("--sample-size", 20, 120, 1),
    "judge::taken": ("--sample-size", 100, 1_100, 1),
    "ledger::without_the_disk::64": ("--sample-count", 10, 60, 64),
}


def program():
    words = ["cargo", "bench", "--locked", "--bench", "cost", "--no-run", "--message-format=json"]
    built = subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in built.splitlines() if line.startswith("{")]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "cost")


def count(binary, case, option, times):
    other = {"--sample-size": ["--sample-count", "1"], "--sample-count": ["--sample-size", "1"]}[option]
    with tempfile.TemporaryDirectory() as folder:
        tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/out"]
        words = [*tool, binary, "--bench", "--exact", f"cost::{case}", option, str(times), *other]
        ran = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True)
    return int(re.search(r"Collected : (\d+)", ran.stderr).group(1))


def main():
    binary = program()
    kept = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    counted, grown = {}, []
    for case, (option, few, many, letters) in CASES.items():
        more = count(binary, case, option, many) - count(binary, case, option, few)
        counted[case] = round(more / (many - few) / letters)
        if counted[case] <= 0:
            raise SystemExit(f"{case} is no benchmark of benches/cost any more")
        change = counted[case] / kept[case] - 1 if case in kept else 0
        print(f"{case:32} {counted[case]:>9,} a letter  {change:+.1%}")
        if change > LIMIT:
            grown.append(case)
    if "--keep" in sys.argv:
        KEPT.write_text(json.dumps(counted, indent=2) + "\n")
    elif grown:
        raise SystemExit(f"more than {LIMIT:.0%} dearer: {', '.join(grown)}; with a reason, `scripts/instructions --keep`")


if __name__ == "__main__":
    main()
