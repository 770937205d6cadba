"""Times `postrider check` over many made-up issues in one folder, and prints the median.

The issues are made of the words of drafts/*.md: front matter, sections, links, lists, tables, quotes, images and code. They are
the same each time, and no two of them have a title, a number or a link in common, as those of a newsletter have not.
"""

import argparse
import os
import pathlib
import random
import re
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent


def vocabulary():
    text = "".join(path.read_text() for path in sorted((ROOT / "drafts").glob("*.md")))
    return sorted(set(re.findall(r"\b[a-zà-þ’]{2,12}\b", text)))


class Issue:
    """One made-up issue."""

    def __init__(self, number, words):
        self.number, self.words, self.chance, self.links = number, words, random.Random(number), 0

    def some(self, least, most):
        return [self.chance.choice(self.words) for _ in range(self.chance.randint(least, most))]

    def sentence(self):
        return " ".join(self.some(8, 18)).capitalize() + "."

    def link(self):
        self.links += 1
        return f"[{' '.join(self.some(2, 4))}](https://letters.example.org/{self.number}/{self.links})"

    def paragraph(self):
        sentences = [self.sentence() for _ in range(self.chance.randint(2, 5))]
        sentences.insert(1, f"{' '.join(self.some(2, 5)).capitalize()} {self.link()} **{' '.join(self.some(1, 3))}**.")
        return " ".join(sentences)

    def block(self):
        kind = self.chance.choice(["paragraph"] * 6 + ["list", "list", "table", "quote", "image", "code"])
        if kind == "list":
            return "\n".join(f"- {self.link()}: {self.sentence()}" for _ in range(self.chance.randint(3, 6)))
        if kind == "table":
            row = lambda: "| " + " | ".join(" ".join(self.some(1, 2)) for _ in range(3)) + " |"
            return "\n".join([row(), "|---|:-:|--:|", *(row() for _ in range(4))])
        if kind == "quote":
            return f"> {self.sentence()}\n>\n> {self.sentence()}"
        if kind == "image":
            return f"![{self.sentence()}](https://letters.example.org/{self.number}/{self.links}.jpg){{width=480}}"
        if kind == "code":
            return "```toml\n" + "\n".join(f'{self.chance.choice(self.words)} = "{self.number}"' for _ in range(4)) + "\n```"
        return self.paragraph()

    def text(self, size):
        title = " ".join(self.some(4, 7)).capitalize()
        parts = [
            f"---\ntitle: {title}, {self.number}\nsubject: 'No. {self.number}: {title}'\npreheader: {self.sentence()}\n"
            f"number: {self.number}\nslug: letter-{self.number}\nlang: en\n---",
            'Good morning, {{ name | default("neighbour") }}.',
        ]
        length = 0
        while length < size:
            part = self.block() if len(parts) % 7 else f"## {' '.join(self.some(3, 6)).capitalize()}"
            length += len(part.encode()) + 2
            parts.append(part)
        return "\n\n".join(parts) + "\n"


def home(folder, issues, size):
    """A project of an editor who has written that many."""
    words = vocabulary()
    (folder / "drafts").mkdir()
    for number in range(1, issues + 1):
        (folder / "drafts" / f"letter-{number:03}.md").write_text(Issue(number, words).text(size))
    for name in ("config.example.toml", "subscribers.toml"):
        (folder / name.replace(".example", "")).write_text((ROOT / name).read_text())


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--issues", type=int, default=600)
    options.add_argument("--bytes", type=int, default=30_000, help="of one issue (%(default)s)")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--keep", type=pathlib.Path, help="write the project into this new folder and time nothing")
    asked = options.parse_args()
    if asked.keep:
        asked.keep.mkdir()
        return home(asked.keep, asked.issues, asked.bytes)
    subprocess.run(["cargo", "build", "--release", "--locked", "--quiet"], cwd=ROOT, check=True)
    binary = ROOT / "target" / "release" / "postrider"
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        home(folder, asked.issues, asked.bytes)
        drafts = sorted(str(path.relative_to(folder)) for path in (folder / "drafts").iterdir())
        walls, processor = [], []
        for _ in range(asked.rounds):
            before, began = os.times(), time.monotonic()
            ran = subprocess.run([binary, "check", *drafts], cwd=folder, capture_output=True, check=False)
            walls.append(time.monotonic() - began)
            after = os.times()
            used = after.children_user + after.children_system - before.children_user - before.children_system
            processor.append(used)
            assert ran.returncode in (0, 1), ran.stderr[-500:]
        lines = (ran.stdout + ran.stderr).count(b"\n")
    print(f"{asked.issues} issues of {asked.bytes / 1000:.0f} KB, {lines} lines said")
    print(f"{statistics.median(walls):.2f} s ({min(walls):.2f}–{max(walls):.2f}), the median of {asked.rounds} rounds")
    print(f"{statistics.median(processor) / asked.issues * 1000:.1f} ms of processor time an issue")


if __name__ == "__main__":
    main()
