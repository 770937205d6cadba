"""2,000 readers through three catchers; every letter is read with a parser we did not write."""

import collections
import email
import unittest

import desk as desks
import relays

READERS = 2000


class Delivery(unittest.TestCase):
    def send(self, desk, *arguments):
        process = desk.run("--json", "send", "drafts/tide.md", *arguments)
        self.assertEqual(process.returncode, 0, process.stderr)
        summary = desks.finished(process)
        self.assertEqual((summary["planned"], summary["sent"]), (READERS, READERS), process.stderr)
        return process

    def check(self, letters, readers):
        """Each reader has exactly one letter, and it is right."""
        seen = collections.Counter()
        ids = set()
        for letter in letters:
            seen[desks.check_letter(self, letter, readers)] += 1
            ids.add(letter["Message-ID"])
        self.assertEqual(set(seen), set(readers))
        self.assertEqual(set(seen.values()), {1})
        self.assertEqual(len(ids), len(readers))

    def test_the_sandbox_catches_one_letter_for_each(self):
        desk = desks.Desk(READERS)
        self.send(desk, "--sandbox", "--out", "caught")
        files = sorted((desk.folder / "caught" / "new").iterdir())
        for path in files:
            desks.check_wire(self, path.read_bytes())
        self.check(map(desks.read, files), desk.readers)

    def test_smtp_sink_takes_one_letter_for_each(self):
        sink = relays.Sink()
        self.addCleanup(sink.stop)
        desk = desks.Desk(READERS, sink.port)
        self.send(desk, "--yes")
        letters = [email.message_from_bytes(raw, policy=desks.STRICT) for raw in sink.letters()]
        self.check(letters, desk.readers)

    def test_a_real_postfix_delivers_one_letter_to_each(self):
        postfix = relays.Postfix()
        self.addCleanup(postfix.stop)
        desk = desks.Desk(READERS, postfix.port)
        self.send(desk, "--yes")
        postfix.wait_delivered(READERS)
        self.check(map(desks.read, postfix.inbox()), desk.readers)
        again = desk.run("--json", "send", "drafts/tide.md", "--yes")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(len(postfix.inbox()), READERS)


if __name__ == "__main__":
    unittest.main()
