"""Relays we did not write: Postfix's smtp-sink, and a real Postfix that delivers to mailboxes."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

SBIN = ["/usr/sbin", "/usr/lib/postfix/sbin", "/usr/libexec/postfix"]


def tool(name):
    """Where a Postfix program lies; its absence is a failure, never a skip."""
    found = shutil.which(name) or next((f"{folder}/{name}" for folder in SBIN if pathlib.Path(folder, name).exists()), None)
    assert found, f"{name} is missing: apt-get install postfix (scripts/test does it where it may)"
    return found


def free_port():
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    """Whether somebody listens."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(port):
    """Waits until somebody listens."""
    for _ in range(200):
        if listens(port):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")


class Sink:
    """smtp-sink, which keeps every letter in a file of its own."""

    def __init__(self, *options):
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-sink-"))
        command = [tool("smtp-sink"), *options, "-d", "%M.", f"127.0.0.1:{self.port}", "1000"]
        # smtp-sink as root wants to know whom to become.
        self.folder.chmod(0o777)
        if subprocess.run(["id", "-u"], capture_output=True, text=True).stdout.strip() == "0":
            command[1:1] = ["-u", "nobody"]
        self.process = subprocess.Popen(command, cwd=self.folder, stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def letters(self):
        """The caught letters with what smtp-sink wrote above them taken off, as CRLF bytes."""
        for path in sorted(self.folder.iterdir()):
            raw = path.read_bytes()
            lines = raw.split(b"\n")
            while lines[0].startswith((b"X-", b"Received:", b"\t", b" ")):
                lines.pop(0)
            yield b"\r\n".join(lines).rstrip(b"\r\n") + b"\r\n"

    def stop(self):
        """Ends it."""
        self.process.terminate()
        self.process.wait()


MAIN_CF = """compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = postfix
myhostname = mail.example.org
mydestination =
virtual_mailbox_domains = example.org
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = static:inbox/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 1
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_data_restrictions = reject_unauth_pipelining
smtpd_client_connection_count_limit = 0
smtputf8_enable = no
default_process_limit = 20
alias_maps =
alias_database =
multi_instance_enable = no
"""

MASTER_CF = """{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A private Postfix instance; every recipient of example.org lands in one Maildir."""

    def __init__(self):
        self.port = free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="postrider-postfix-"))
        self.folder.chmod(0o755)
        for name in ("queue", "data", "boxes", "etc"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        shutil.chown(self.folder / "boxes", 65534, 65534)
        self.etc = self.folder / "etc"
        (self.etc / "main.cf").write_text(MAIN_CF.format(folder=self.folder))
        (self.etc / "master.cf").write_text(MASTER_CF.format(port=f"127.0.0.1:{self.port}"))
        self.start()

    def control(self, verb):
        """postfix start, stop, abort …"""
        subprocess.run([tool("postfix"), "-c", str(self.etc), verb], check=True, capture_output=True)

    def inbox(self):
        """The delivered files."""
        return sorted((self.folder / "boxes" / "inbox" / "new").glob("*"))

    def wait_delivered(self, count):
        """Waits until the queue has drained into the mailbox."""
        for _ in range(600):
            if len(self.inbox()) >= count:
                return
            time.sleep(0.1)
        raise AssertionError(f"{len(self.inbox())} of {count} delivered; see {self.folder}/mail.log")

    def crash(self):
        """Kills every process of it at once, as a power cut would; what its queue holds stays."""
        master = int((self.folder / "queue" / "pid" / "master.pid").read_text())
        # master leads a group of its own: a signal to the group also reaches the child that is just being born.
        os.killpg(master, signal.SIGKILL)
        for _ in range(200):
            if not listens(self.port):
                return
            time.sleep(0.05)
        raise AssertionError("a process of Postfix outlives SIGKILL")

    def start(self):
        """Starts it again where it was."""
        self.control("start")
        wait_for(self.port)

    def wait_queue_empty(self):
        """Waits until all that was taken has been delivered."""
        for _ in range(600):
            subprocess.run([tool("postqueue"), "-c", str(self.etc), "-f"], check=True, capture_output=True)
            listed = subprocess.run([tool("postqueue"), "-c", str(self.etc), "-j"], check=True, capture_output=True)
            if not listed.stdout.strip():
                return
            time.sleep(0.2)
        raise AssertionError(f"the queue does not drain; see {self.folder}/mail.log")

    def stop(self):
        """Ends it."""
        self.control("stop")
