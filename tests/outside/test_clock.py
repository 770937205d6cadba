"""The wall clock jumps by a day while a send is under way: the real binary under libfaketime."""

import collections
import datetime
import email.utils
import glob
import os
import subprocess
import time
import unittest

import desk as desks
import faults

SEND = ("send", "drafts/tide.md", "--yes")
RATE = 20
READERS = 60
LATE = "reader3@example.org"


def library():
    """Where libfaketime lies; its absence is a failure, never a skip."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    assert found, "libfaketime is missing: apt-get install libfaketime (scripts/test does it where it may)"
    return found[0]


class Clock(unittest.TestCase):
    def jump(self, to):
        """A send whose clock jumps after a third of the letters, and the exit of the same command on that clock."""
        relay = faults.Pausing("never", greylist=[LATE])
        self.addCleanup(relay.stop)
        desk = desks.Desk(READERS, relay.port, lanes=2, rate=f"{RATE}/s")
        config = desk.folder / "config.toml"
        config.write_text(config.read_text().replace("lanes = 2", 'lanes = 2\nretry = ["2s"]\nwait = "60s"'))
        offset = desk.folder / "offset"
        offset.write_text("+0\n")
        faked = {"LD_PRELOAD": library(), "FAKETIME_TIMESTAMP_FILE": str(offset), "FAKETIME_NO_CACHE": "1"}
        # The kernel's monotonic clock does not jump.
        faked |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
        run = {"cwd": desk.folder, "env": desk.environment() | faked, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = subprocess.Popen([desks.BINARY, *SEND], **run)
        while len(relay.stored) < READERS // 3:
            self.assertIsNone(process.poll())
            time.sleep(0.01)
        other = desk.folder / "other"
        other.write_text(f"{to}\n")
        os.replace(other, offset)
        _, stderr = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 0, stderr)
        again = subprocess.run([desks.BINARY, *SEND], timeout=120, **run)
        self.check(relay)
        return again

    def check(self, relay):
        """Everybody has one letter, no faster than the rate, nobody before their time, and no letter is of the future."""
        self.assertEqual(set(collections.Counter(relay.stored).values()), {1})
        self.assertEqual(len(relay.stored), READERS)
        moments = [moment for moment, _ in relay.offers]
        for start in moments:
            # Two connections may bring together what was let go apart.
            self.assertLessEqual(sum(start <= moment < start + 1 for moment in moments), RATE + 4)
        first, second = [moment for moment, recipient in relay.offers if recipient == LATE]
        self.assertGreater(second - first, 1.9)
        self.assertLess(second - first, 20)
        now = datetime.datetime.now(datetime.timezone.utc)
        dates = {email.utils.parsedate_to_datetime(date) for date in relay.dates}
        self.assertEqual(len(dates), 1)
        self.assertLess(max(dates), now)

    def test_a_day_forward_changes_neither_pace_nor_waiting(self):
        again = self.jump("+1d")
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_a_day_back_changes_neither_pace_nor_waiting_and_the_next_send_notices(self):
        again = self.jump("-1d")
        self.assertEqual(again.returncode, 8, again.stderr)
        self.assertIn("error[clock-earlier]", again.stderr)


if __name__ == "__main__":
    unittest.main()
