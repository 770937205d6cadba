"""Faults from outside the program: a relay that waits at a step, system calls that fail, a disk of a few megabytes."""

import contextlib
import pathlib
import shutil
import socketserver
import subprocess
import threading
import time


class Pausing:
    """A relay that waits at a step, on every connection, until it is let go on. `stored` names whose letter it has.

    Whoever is in `greylist` is deferred the first time. `offers` says when (monotonic) each recipient was named, `dates` has
    the Date of every letter.
    """

    def __init__(self, step, greylist=()):
        self.step, self.stored, self.connections = step, [], 0
        self.greylist, self.offers, self.dates = set(greylist), [], []
        self.waiting, self.go = threading.Semaphore(0), threading.Event()
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self.serve)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, connections):
        """Until so many connections have come to the step."""
        for _ in range(connections):
            assert self.waiting.acquire(timeout=120), f"nobody comes to {self.step}"

    def pause(self, step):
        if step == self.step and not self.go.is_set():
            self.waiting.release()
            self.go.wait(120)

    def serve(self, socket, _address, _server):
        self.connections += 1
        lines, recipient = socket.makefile("rb"), None

        def say(text):
            socket.sendall(text.encode() + b"\r\n")

        with contextlib.suppress(OSError):
            say("220 here")
            while line := lines.readline():
                verb = line.decode().split(":")[0].split()[0].upper()
                self.pause(verb)
                if verb == "RCPT":
                    recipient = line.decode().split("<")[1].split(">")[0]
                    self.offers.append((time.monotonic(), recipient))
                    if recipient in self.greylist:
                        self.greylist.remove(recipient)
                        say("450 4.7.1 come again")
                        continue
                if verb != "DATA":
                    say("221 bye" if verb == "QUIT" else "250 ok")
                    continue
                say("354 go on")
                while (line := lines.readline()) not in (b".\r\n", b""):
                    if line.startswith(b"Date: "):
                        self.dates.append(line[6:].decode().strip())
                if line:
                    self.stored.append(recipient)
                    self.pause(".")
                    say("250 stored")

    def stop(self):
        """Ends it."""
        self.go.set()
        self.server.shutdown()
        self.server.server_close()


def strace():
    """Where strace lies; its absence is a failure, never a skip."""
    found = shutil.which("strace")
    assert found, "strace is missing: apt-get install strace (scripts/test does it where it may)"
    return found


@contextlib.contextmanager
def tampering(process, path, fault):
    """From now on calls of a running process on a file meet a fault, in strace's words; gives the log of them."""
    log = pathlib.Path(path).parent / "strace.log"
    calls = fault.split(":")[0]
    command = [strace(), "-f", "-qq", "-o", log, "-p", str(process.pid), "-P", path, "-e", f"trace={calls}", "-e", f"inject={fault}"]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    tasks = pathlib.Path(f"/proc/{process.pid}/task")
    for _ in range(600):
        if all(f"TracerPid:\t{tracer.pid}" in (task / "status").read_text() for task in tasks.iterdir()):
            break
        assert tracer.poll() is None, tracer.stderr.read()
        time.sleep(0.05)
    else:
        raise AssertionError("strace does not get hold of the process")
    try:
        yield log
    finally:
        tracer.wait(60)
        tracer.stderr.close()


@contextlib.contextmanager
def small_disk(folder, megabytes):
    """A disk of its own under a folder, with what the folder holds."""
    inside = {path.name: (path.read_bytes(), path.stat().st_mode) for path in folder.iterdir()}
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "postrider-test", folder], check=True)
    try:
        for name, (text, mode) in inside.items():
            (folder / name).write_bytes(text)
            (folder / name).chmod(mode)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    """Leaves no block free."""
    with open(folder / "filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))
