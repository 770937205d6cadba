"""The ledger under faults that only the system can make: failing fsync, a full disk, a kill inside a commit."""

import collections
import json
import subprocess
import unittest

import desk as desks
import faults

SEND = ("send", "drafts/tide.md", "--yes")


class Ledger(unittest.TestCase):
    def begin(self, step, readers=6, lanes=1, more=()):
        """A send that has come to a step: desk, relay and process."""
        relay = faults.Pausing(step)
        self.addCleanup(relay.stop)
        desk = desks.Desk(readers, relay.port, lanes=lanes)
        process = desk.start(*SEND, *more)
        self.addCleanup(process.communicate)
        relay.wait(1)
        return desk, relay, process

    def log(self, desk):
        return desk.folder / ".postrider" / "ledger.sqlite-wal"

    def counts(self, desk):
        status = desk.run("--json", "status", "tide-7")
        counts = json.loads(status.stdout)["counts"]
        return {state: count for state, count in counts.items() if count}

    def finish(self, desk, relay, code=0):
        """Runs the same command again; nobody has two copies, and the ledger is whole."""
        again = desk.run(*SEND)
        self.assertEqual(again.returncode, code, again.stderr)
        twice = [who for who, copies in collections.Counter(relay.stored).items() if copies > 1]
        self.assertEqual(twice, [], again.stderr)
        verified = desk.run("ledger", "verify")
        self.assertEqual(verified.returncode, 0, verified.stderr)
        return again

    def killed(self, step, call, which=""):
        """Kills a send at its next call of that kind on the log; gives what the next run makes of it.

        The first fsync of a fresh log is for its head; the second is for the intent.
        """
        desk, relay, process = self.begin(step)
        with faults.tampering(process, self.log(desk), f"{call}:signal=SIGKILL{which}"):
            relay.go.set()
            process.wait(60)
        self.assertEqual(process.returncode, -9)
        stored = len(relay.stored)
        again = desk.run(*SEND)
        self.assertEqual(max(collections.Counter(relay.stored).values()), 1, again.stderr)
        return stored, again.returncode, self.counts(desk)

    def test_killed_before_the_intent_is_in_the_log_the_letter_is_pending_and_goes(self):
        self.assertEqual(self.killed("DATA", "pwrite64"), (0, 0, {"sent": 6}))

    def test_killed_after_the_intent_and_before_the_dot_the_letter_is_in_doubt(self):
        self.assertEqual(self.killed("DATA", "fsync,fdatasync", ":when=2"), (0, 4, {"sent": 5, "unknown": 1}))

    def test_killed_with_the_answer_only_in_memory_the_letter_is_in_doubt(self):
        self.assertEqual(self.killed(".", "pwrite64"), (1, 4, {"sent": 5, "unknown": 1}))

    def test_killed_with_the_answer_in_the_log_the_letter_is_sent(self):
        self.assertEqual(self.killed(".", "fsync,fdatasync"), (1, 0, {"sent": 6}))

    def test_after_a_failed_fsync_no_further_letter_leaves_and_every_answer_is_kept(self):
        for error in ("EIO", "ENOSPC"):
            with self.subTest(error):
                self.fsync_fails(error)

    def fsync_fails(self, error):
        desk, relay, process = self.begin(".", readers=12)
        with faults.tampering(process, self.log(desk), f"fsync,fdatasync:error={error}") as log:
            relay.go.set()
            _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 7, stderr)
        rescue = desk.folder / ".postrider" / "rescue-1.jsonl"
        self.assertIn("rescue-1.jsonl", stderr)
        self.assertEqual(rescue.stat().st_mode & 0o777, 0o600)
        lines = [json.loads(line) for line in rescue.read_text().splitlines()]
        sent = [line for line in lines[1:] if line["outcome"] == "sent"]
        self.assertEqual((lines[0]["rescue"], len(sent), len(relay.stored)), (1, 1, 1), stderr)
        self.assertEqual(log.read_text().count(error), 1, "a failed fsync is not tried again")
        # What had reached the log by then is known already; either way nobody is asked twice.
        self.finish(desk, relay)
        self.assertEqual((len(relay.stored), self.counts(desk)), (12, {"sent": 12}))
        self.assertFalse(rescue.exists())

    def test_when_the_intent_cannot_be_made_durable_the_letter_does_not_leave(self):
        for fault in ("EIO", "EIO:when=2+", "ENOSPC"):
            desk, relay, process = self.begin("DATA", lanes=2)
            with faults.tampering(process, self.log(desk), f"fsync,fdatasync:error={fault}"):
                relay.go.set()
                _, stderr = process.communicate(timeout=60)
            self.assertEqual((process.returncode, relay.stored), (7, []), stderr)
            self.finish(desk, relay)
            self.assertEqual(self.counts(desk), {"sent": 6}, "no doubt about letters that did not leave")

    def test_answers_that_fit_nowhere_are_said_and_can_be_brought_back(self):
        desk, relay, process = self.begin(".", readers=3)
        rescue = desk.folder / ".postrider" / "rescue-1.jsonl"
        rescue.mkdir()
        with faults.tampering(process, self.log(desk), "fsync,fdatasync:error=EIO"):
            relay.go.set()
            _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 7, stderr)
        lines = [line for line in stderr.splitlines() if line.startswith("{")]
        # The head, the answer, and the next letter's intent if it came in time to share the commit.
        self.assertIn(len(lines), (2, 3), stderr)
        rescue.rmdir()
        rescue.write_text("\n".join(lines) + "\n")
        self.finish(desk, relay)
        self.assertEqual(self.counts(desk), {"sent": 3})

    def fills_up(self, step, megabytes):
        """A send whose disk is full from a step on; gives desk, relay, what it said, and the states then."""
        relay = faults.Pausing(step)
        self.addCleanup(relay.stop)
        desk = desks.Desk(3, relay.port, lanes=1)
        state = desk.folder / ".postrider"
        disk = faults.small_disk(state, megabytes)
        disk.__enter__()
        self.addCleanup(disk.__exit__, None, None, None)
        refused = desk.run(*SEND)
        self.assertEqual(refused.returncode, 8, refused.stderr)
        self.assertIn("error[disk-space]", refused.stderr)
        self.assertEqual(relay.connections, 0)
        process = desk.start(*SEND, "--allow", "disk-space")
        relay.wait(1)
        faults.fill(state)
        relay.go.set()
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 7, stderr)
        found = self.counts(desk)
        (state / "filler").unlink()
        return desk, relay, stderr, found

    def completes(self, desk, relay):
        """The same command with room again: everybody has one letter."""
        again = desk.run(*SEND, "--allow", "disk-space")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(sorted(collections.Counter(relay.stored).values()), [1, 1, 1])

    def on_a_full_disk(self, step):
        desk, relay, _, found = self.fills_up(step, 12)
        self.completes(desk, relay)
        ballast = desk.folder / ".postrider" / "ledger.ballast"
        self.assertEqual(ballast.stat().st_size, 4 << 20, "it is taken aboard again")
        return found

    def test_a_disk_that_is_full_before_the_dot_keeps_the_letter_here(self):
        self.assertEqual(self.on_a_full_disk("DATA"), {"pending": 3})

    def test_a_disk_that_is_full_after_the_dot_still_takes_the_answer(self):
        self.assertEqual(self.on_a_full_disk("."), {"pending": 2, "sent": 1})

    def test_a_disk_too_small_for_the_ballast_keeps_the_letter_here(self):
        desk, relay, _, found = self.fills_up("DATA", 1)
        self.assertEqual(found, {"pending": 3})
        self.completes(desk, relay)

    def test_a_disk_too_small_for_the_ballast_has_the_answer_said(self):
        desk, relay, stderr, found = self.fills_up(".", 1)
        self.assertEqual(found, {"attempting": 1, "pending": 2})
        self.assertIn("these outcomes could not be written anywhere", stderr)
        lines = [line for line in stderr.splitlines() if line.startswith("{")]
        (desk.folder / ".postrider" / "rescue-1.jsonl").write_text("\n".join(lines) + "\n")
        self.completes(desk, relay)

    def at_rest(self):
        """A desk of three readers and a relay that takes everything."""
        relay = faults.Pausing("never")
        self.addCleanup(relay.stop)
        return desks.Desk(3, relay.port), relay

    def as_started_by(self, command, desk):
        """A send through another program."""
        run = {"cwd": desk.folder, "env": desk.environment(), "capture_output": True, "text": True}
        return subprocess.run([*command, desks.BINARY, *SEND], **run)

    def test_a_finished_issue_opens_no_socket(self):
        desk, relay = self.at_rest()
        calls = desk.folder / "calls"
        watched = [faults.strace(), "-f", "-qq", "-o", calls, "-e", "trace=socket,connect"]
        for opens in (True, False):
            run = self.as_started_by(watched, desk)
            self.assertEqual(run.returncode, 0, run.stderr)
            self.assertEqual("AF_INET" in calls.read_text(), opens, calls.read_text())
        self.assertEqual(len(relay.stored), 3)

    def test_a_disk_that_can_only_be_read_is_noticed_before_a_connection(self):
        desk, relay = self.at_rest()
        state = desk.folder / ".postrider"
        with faults.small_disk(state, 128):
            self.assertEqual(desk.run(*SEND, "--limit", "1").returncode, 3)
            subprocess.run(["mount", "-o", "remount,ro", state], check=True)
            refused = desk.run(*SEND)
            status = desk.run("--json", "status", "tide-7")
        self.assertEqual(refused.returncode, 7, refused.stderr)
        self.assertIn("help: nobody was mailed; make the folder and the file writable", refused.stderr)
        self.assertEqual(status.returncode, 0, status.stderr)
        self.assertEqual(json.loads(status.stdout)["counts"]["sent"], 1)
        self.assertEqual(relay.connections, 1)

    def test_a_ledger_that_is_not_ours_to_write_is_noticed_before_a_connection(self):
        desk, relay = self.at_rest()
        self.assertEqual(desk.run(*SEND, "--limit", "1").returncode, 3)
        subprocess.run(["chown", "-R", "65534:65534", desk.folder], check=True)
        ledger = desk.folder / ".postrider" / "ledger.sqlite"
        ledger.chmod(0o444)
        subprocess.run(["chown", "root:root", ledger], check=True)
        drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        refused = self.as_started_by(drop, desk)
        self.assertEqual(refused.returncode, 7, refused.stderr)
        self.assertIn("it can only be read", refused.stderr)
        self.assertEqual(relay.connections, 1)

    def test_a_disk_of_another_machine_is_refused(self):
        desk, relay = self.at_rest()
        nfs = "statfs:poke_exit=@arg2=6969000000000000"
        pretend = [faults.strace(), "-f", "-qq", "-o", "/dev/null", "-e", "trace=statfs", "-e", f"inject={nfs}"]
        refused = self.as_started_by(pretend, desk)
        self.assertEqual((refused.returncode, relay.connections), (8, 0), refused.stderr)
        self.assertIn("error[ledger-network]", refused.stderr)
        self.assertIn("the ledger would lie on NFS", refused.stderr)
        allowed = desk.run(*SEND, "--allow", "ledger-network")
        self.assertEqual(allowed.returncode, 0, allowed.stderr)

    def test_a_ledger_brought_to_another_machine_is_refused(self):
        desk, relay = self.at_rest()
        self.assertEqual(desk.run(*SEND, "--limit", "1").returncode, 3)
        other = desk.folder / "machine-id"
        other.write_text("0123456789abcdef0123456789abcdef\n")
        become = f"hostname elsewhere; [ ! -e /etc/machine-id ] || mount --bind {other} /etc/machine-id; exec \"$@\""
        refused = self.as_started_by(["unshare", "--mount", "--uts", "sh", "-ec", become, "sh"], desk)
        self.assertEqual((refused.returncode, len(relay.stored)), (8, 1), refused.stderr)
        self.assertIn("error[ledger-copied]", refused.stderr)
        self.finish(desk, relay)


if __name__ == "__main__":
    unittest.main()
