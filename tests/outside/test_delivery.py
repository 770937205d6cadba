"""2,000 readers through three catchers; every letter is read with a parser we did not write."""

import collections
import email
import json
import random
import re
import time
import unittest

import desk as desks
import relays

READERS = 2000
LANES = 8


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
            desks.check_signatures(self, path.read_bytes(), desk.records)
        self.check(map(desks.read, files), desk.readers)

    def test_smtp_sink_takes_one_letter_for_each(self):
        sink = relays.Sink()
        self.addCleanup(sink.stop)
        desk = desks.Desk(READERS, sink.port)
        self.send(desk, "--yes")
        caught = list(sink.letters())
        for raw in caught:
            desks.check_signatures(self, raw, desk.records)
        self.check([email.message_from_bytes(raw, policy=desks.STRICT) for raw in caught], desk.readers)

    def test_a_real_postfix_delivers_one_letter_to_each(self):
        postfix = relays.Postfix()
        self.addCleanup(postfix.stop)
        desk = desks.Desk(READERS, postfix.port)
        self.send(desk, "--yes")
        postfix.wait_delivered(READERS)
        self.check(map(desks.read, postfix.inbox()), desk.readers)
        for path in postfix.inbox():
            desks.check_signatures(self, path.read_bytes(), desk.records)
        again = desk.run("--json", "send", "drafts/tide.md", "--yes")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(len(postfix.inbox()), READERS)

    def test_a_real_postfix_takes_several_letters_at_once_on_a_connection(self):
        postfix = relays.Postfix()
        self.addCleanup(postfix.stop)
        desk = desks.Desk(READERS, postfix.port, lanes=2, window=8)
        process = self.send(desk, "--yes")
        self.assertNotIn("CHUNKING", process.stderr)
        postfix.wait_delivered(READERS)
        self.check(map(desks.read, postfix.inbox()), desk.readers)
        for path in postfix.inbox()[:50]:
            desks.check_signatures(self, path.read_bytes(), desk.records)

    def test_sender_and_postfix_are_killed_and_nobody_is_lost_or_has_two(self):
        chance = random.Random(7)
        postfix = relays.Postfix()
        self.addCleanup(postfix.stop)
        desk = desks.Desk(READERS, postfix.port, lanes=LANES, rate="400/s")
        kills = restarts = 0
        while kills < 12:
            sender = desk.start("send", "drafts/tide.md", "--yes")
            time.sleep(chance.uniform(0.05, 0.9))
            crashed = chance.random() < 0.5
            if crashed:
                postfix.crash()
                restarts += 1
                time.sleep(chance.uniform(0, 0.2))
            sender.kill()
            kills += 1
            sender.communicate()
            if crashed:
                postfix.start()
        for _ in range(20):
            ending = desk.run("--json", "send", "drafts/tide.md", "--yes")
            if ending.returncode in (0, 4) and not desks.finished(ending)["pending"]:
                break
        self.assertIn(ending.returncode, (0, 4), ending.stderr)
        self.assertGreater(restarts, 0)
        self.settle(postfix, desk, (kills + restarts) * LANES)

    def settle(self, postfix, desk, bound):
        """Holds the ledger against the mailbox: sent has one copy, doubt at most one, and nobody is missing."""
        export = desk.run("--json", "ledger", "export", "tide-7")
        self.assertEqual(export.returncode, 0, export.stderr)
        states = {row["email"]: row["state"] for row in map(json.loads, export.stdout.splitlines())}
        self.assertEqual(set(states), set(desk.readers))
        self.assertLessEqual(set(states.values()), {"sent", "unknown"})
        sent = sum(state == "sent" for state in states.values())
        self.assertLessEqual(READERS - sent, bound)
        postfix.wait_queue_empty()
        # Postfix itself delivers a letter again if it dies before it has noted the delivery: a copy is a queue id.
        taken = set()
        for path in postfix.inbox():
            letter = desks.read(path)
            queue_id = re.search(r"\sid (\w+)", letter["Received"])[1]
            taken.add((desks.check_letter(self, letter, desk.readers), queue_id))
        copies = collections.Counter(address for address, _ in taken)
        wrong = {
            address: (state, copies[address])
            for address, state in states.items()
            if copies[address] > 1 or (state == "sent" and copies[address] != 1)
        }
        self.assertEqual(wrong, {})


if __name__ == "__main__":
    unittest.main()
