"""Rounds: every client once, against a sink of its own that counts what arrives."""

import dataclasses
import json
import os
import socket
import statistics
import subprocess
import time

from clients import TOOLS, Rival

LAST_CORE = os.cpu_count() - 1


@dataclasses.dataclass
class Run:
    """What one client did in one round."""

    #: Letters a second.
    rate: float
    #: Microseconds of CPU a letter.
    cpu: float
    #: Megabytes.
    resident: float
    #: Kilobytes a letter, with the dialogue.
    size: float
    #: Writes of replies a letter: round trips on a connection.
    turns: float
    #: Whether the sink has as many letters as were to be sent.
    is_whole: bool


def median(runs, what):
    return statistics.median(getattr(run, what) for run in runs)


def measure(clients: list[Rival], rounds, round_trip=0.0):
    runs = {client.name: [] for client in clients}
    for _ in range(rounds):
        for client in clients:
            runs[client.name].append(once(client, round_trip))
    return runs


def once(client: Rival, round_trip):
    client.prepare()
    sink_port = free_port()
    helpers = [start("sink", sink_port)]
    port = sink_port
    if round_trip:
        port = free_port()
        helpers.append(start("delay_line", port, sink_port, round_trip))
    try:
        wait_for(sink_port)
        wait_for(port)
        began = time.monotonic()
        words = ["taskset", "-c", "0", *client.command(port, client.letters)]
        process = subprocess.Popen(
            words, env={**os.environ, **client.environment}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        printed = last_lines(process.stdout)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        wall = client.wall(printed) or time.monotonic() - began
    finally:
        for helper in helpers[1:]:
            helper.terminate()
            helper.wait()
        helpers[0].terminate()
        seen = json.loads(helpers[0].communicate()[0] or b"{}")
    letters = client.letters
    return Run(
        rate=letters / wall,
        cpu=(usage.ru_utime + usage.ru_stime) / letters * 1e6,
        resident=usage.ru_maxrss / 1024,
        size=seen.get("bytes", 0) / letters / 1000,
        turns=seen.get("turns", 0) / letters,
        is_whole=status == 0 and seen.get("letters") == letters,
    )


def last_lines(stream):
    """The end of what a client prints; ours prints a line a letter."""
    kept = b""
    while piece := os.read(stream.fileno(), 1 << 16):
        kept = (kept + piece)[-4096:]
    return kept.decode()


def start(name, *words):
    program = TOOLS / "release" / name
    return subprocess.Popen(
        ["taskset", "-c", str(LAST_CORE), str(program), *map(str, words)], stdout=subprocess.PIPE)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    """Until somebody listens there."""
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on port {port}")
