"""A folder to send from, and letters read back with Python's own email parser."""

import email
import email.policy
import json
import os
import pathlib
import re
import subprocess
import tempfile

import dkim

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "target" / "debug" / "postrider"
STRICT = email.policy.SMTP.clone(raise_on_defect=True)

DRAFT = """---
subject: "{{ name | default(\\"Reader\\") }}, the tide turns at six — No. 7"
title: The tide turns at six
preheader: Harbour times, and a crab for {{ city | default("everybody") }}.
slug: tide-7
---

Dear {{ name | default("reader") }},

The *tide* turns at six. [Your page](https://example.org/for/{{ plan }}?a=1&b=2) has the table, and so has [the pier].

.A line that starts with a dot, and a very long word: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa

From the pier you can see {{ city | default("the sea") }}.

[the pier]: https://example.org/pier
"""

CONFIG = """[newsletter]
name = "Harbour Notes"
from = "Harbour Notes <notes@example.org>"
reply-to = "editor@example.org"
list-id = "harbour-notes.example.org"
archive-url = "https://example.org/notes/"
feedback-id = "harbour-notes:newsletter:harbour"
postal-address = "Harbour Notes, 1 Pier Road, Exampleton"
base-url = "https://example.org/"

[relay]
host = "127.0.0.1"
port = {port}
tls = "none"
lanes = {lanes}
rate = "{rate}"
window = {window}

[unsubscribe]
url = "https://lists.example.org/u/{{token}}"
mailto = "unsubscribe@example.org"
"""

# No name here needs two encoded words: Python 3.11 keeps the space between them in a phrase, against RFC 2047 6.2.
NAMES = [
    "Ada", "Zoë Müller", "李雷", 'Bob "the <rope>" & sons', "", "Ægir Öberg", "Maximiliana Theodora of the very long name that needs to be folded somewhere",
]


class Desk:
    """A temporary project with a generated list."""

    def __init__(self, subscribers, port=25, lanes=4, rate="100000/s", window=1):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-"))
        (self.folder / "drafts").mkdir()
        (self.folder / "drafts" / "tide.md").write_text(DRAFT)
        (self.folder / "config.toml").write_text(CONFIG.format(port=port, lanes=lanes, rate=rate, window=window))
        (self.folder / ".postrider").mkdir()
        secret = self.folder / ".postrider" / "secret"
        secret.write_text("5e" * 32 + "\n")
        secret.chmod(0o600)
        self.records = {}
        self.make_key("selector", "key-file", "--selector", "s1")
        self.make_key("ed25519-selector", "ed25519-key-file", "--selector", "e1", "--ed25519")
        self.readers = {}
        with open(self.folder / "subscribers.toml", "w") as out:
            for n in range(subscribers):
                address, name, plan = f"reader{n}@example.org", NAMES[n % len(NAMES)], f"plan {n}/x"
                self.readers[address] = (name, plan)
                out.write(f"[[subscriber]]\nemail = {json.dumps(address)}\n")
                if name:
                    out.write(f"name = {json.dumps(name)}\n")
                city = 'city = "Ulm"\n' if n % 2 else ""
                out.write(f"[subscriber.fields]\n{city}plan = {json.dumps(plan)}\n\n")

    def environment(self):
        """Ours, but for the witnesses of ledgers, which belong to this folder."""
        return {**os.environ, "XDG_STATE_HOME": str(self.folder / "witnesses")}

    def make_key(self, selector, file, *arguments):
        """Has a DKIM key made, used by config.toml, and its record kept as the zone file's line would be read."""
        process = self.run("--json", "dkim", "new", *arguments)
        assert process.returncode == 0, process.stderr
        made = json.loads(process.stdout)
        name, strings = made["zone"].split(" IN TXT ")
        self.records[name.encode()] = "".join(re.findall('"([^"]*)"', strings)).encode()
        config = self.folder / "config.toml"
        text = config.read_text()
        section = "" if "[dkim]" in text else "\n[dkim]\n"
        config.write_text(f'{text}{section}{selector} = "{made["selector"]}"\n{file} = "{made["file"]}"\n')

    def run(self, *arguments, **options):
        """Runs the binary here; gives the finished process."""
        return subprocess.run([BINARY, *arguments], cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=300, **options)

    def start(self, *arguments):
        """Starts the binary here and does not wait."""
        return subprocess.Popen([BINARY, *arguments], cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(process):
    """The last JSON object a send printed."""
    return json.loads(process.stdout.strip().splitlines()[-1])


def read(path):
    """A letter as Python's strict parser sees it."""
    with open(path, "rb") as file:
        return email.message_from_binary_file(file, policy=STRICT)


def check_letter(test, letter, readers):
    """Everything a letter must be; gives the recipient."""
    recipient = letter["To"].addresses[0]
    address = recipient.addr_spec
    name, plan = readers[address]
    test.assertEqual(recipient.display_name, name)
    test.assertEqual(letter["Subject"], f"{name or 'Reader'}, the tide turns at six — No. 7")
    test.assertEqual(letter["From"].addresses[0].addr_spec, "notes@example.org")
    test.assertEqual(letter["Reply-To"].addresses[0].addr_spec, "editor@example.org")
    test.assertEqual(letter["List-Id"].replace('"', ""), "Harbour Notes <harbour-notes.example.org>")
    test.assertEqual(letter["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click")
    test.assertEqual(letter["Precedence"], "bulk")
    test.assertTrue(letter["Message-ID"].endswith("@example.org>"))
    test.assertEqual(letter.get_content_type(), "multipart/alternative")
    text, html = letter.get_payload()
    test.assertEqual((text.get_content_type(), html.get_content_type()), ("text/plain", "text/html"))
    test.assertEqual((text["Content-Transfer-Encoding"], html["Content-Transfer-Encoding"]), ("quoted-printable",) * 2)
    link = letter["List-Unsubscribe"].split("<")[1].split(">")[0]
    plain, rich = text.get_content(), html.get_content()
    for part in (plain, rich):
        test.assertIn(link, part)
        test.assertIn("https://example.org/pier", part)
        test.assertNotIn("{{", part)
    test.assertIn(f"Dear {name or 'reader'},", plain)
    encoded = plan.replace(" ", "%20").replace("/", "%2F")
    test.assertIn(f"https://example.org/for/{encoded}?a=1&b=2", plain)
    test.assertIn(f"https://example.org/for/{encoded}?a=1&amp;b=2", rich)
    test.assertIn("\n.A line that starts with a dot", plain)
    return address


def check_signatures(test, raw, records):
    """Both signatures are good, and cover what they must."""
    message = dkim.DKIM(raw)
    for at, algorithm in enumerate([b"rsa-sha256", b"ed25519-sha256"]):
        test.assertTrue(message.verify(idx=at, dnsfunc=lambda name, timeout=5: records.get(name)), raw[:2000])
        test.assertEqual(message.signature_fields[b"a"], algorithm)
        test.assertNotIn(b"l", message.signature_fields)
        signed = [name.strip().lower() for name in message.signature_fields[b"h"].split(b":")]
        present = [name.lower() for name, _ in message.headers]
        for name in (b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post", b"feedback-id"):
            test.assertEqual(signed.count(name), present.count(name) + 1, name)


def check_wire(test, raw):
    """The bytes themselves: 7-bit, CRLF, short lines."""
    test.assertTrue(raw.isascii())
    test.assertNotIn(b"\n", raw.replace(b"\r\n", b""))
    body = raw.split(b"\r\n\r\n", 1)[1]
    test.assertLessEqual(max(map(len, body.split(b"\r\n"))), 76)
    test.assertLessEqual(max(map(len, raw.split(b"\r\n"))), 998)


