#!/usr/bin/env python3
"""Time blockals beside the systems that people use otherwise, on the same ratings, in one run.

    tools/compare_peers.py [--ratings 2000000] [--ranks 64,128] [--rounds 3] [--python PYTHON]

Absolute times drift with the machine and its neighbours; so every round runs each system once, the
table has medians, and what counts is the ratio. PYTHON is an interpreter that has some of the peers
(`pip install implicit buffalo daal4py pyspark libmf pandas scipy`); those it lacks are left out,
and without it blockals is timed alone. `--file` takes ratings of yours in place of generated ones:
a CSV of user, item, rating with a header.
"""
import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOOLS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TOOLS)
# Systems, what they need, and what a row's solution is. Explicit and implicit feedback cost about
# the same for an iteration: the same sums over the ratings and the same systems to solve.
PEERS = {
    "implicit-cg": ("implicit", "implicit, 3 CG steps"),
    "implicit-cholesky": ("implicit", "implicit, exact"),
    "buffalo-cg": ("buffalo", "implicit, 3 CG steps"),
    "onedal": ("daal4py", "implicit, exact"),
    "spark": ("pyspark", "explicit, exact"),
    "libmf": ("libmf", "explicit, SGD"),
}


def work_of(peer, rank):
    return f"{'epoch of SGD' if peer == 'libmf' else 'iteration'}, rank {rank}"


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=0, help="0: as MovieLens 20M has them")
    parser.add_argument("--items", type=int, default=0)
    parser.add_argument("--ratings", type=int, default=2_000_000)
    parser.add_argument("--file")
    parser.add_argument("--ranks", default="64,128")
    parser.add_argument("--iterations", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--python", help="an interpreter with the peers")
    parser.add_argument("--peers", default=",".join(PEERS), help="or a part of these")
    parser.add_argument("--blockals", default=os.path.join(ROOT, ".build/release/blockals"))
    parser.add_argument("--work", default=os.path.join(ROOT, "build/bench"))
    parser.add_argument("--json", action="store_true", help="print every figure instead")
    return parser.parse_args()


def measured(words, output=None):
    """Runs a command; its output, seconds and peak memory in megabytes."""
    with tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryFile("w+") as own:
        begun = time.monotonic()
        process = subprocess.Popen(words, stdout=output or own, stderr=errors)
        # wait4 alone tells the memory of this one child.
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        own.seek(0)
        if process.returncode != 0:
            raise RuntimeError(f"exit {process.returncode}: {errors.read()[-2000:]}")
        return own.read(), seconds, usage.ru_maxrss / 1024


class Figures:
    """All measurements, by what was done and who did it."""

    def __init__(self):
        self.seconds, self.megabytes, self.notes = {}, {}, {}

    def add(self, work, system, seconds, megabytes, note=""):
        self.seconds.setdefault((work, system), []).extend(seconds)
        key = (work, system)
        self.megabytes[key] = max(self.megabytes.get(key, 0), megabytes)
        self.notes[key] = note

    def table(self):
        rows = [("work", "system", "solves", "seconds", "times blockals", "peak MB")]
        for work in dict.fromkeys(work for work, _ in self.seconds):
            own = statistics.median(self.seconds[work, "blockals"])
            for key in [key for key in self.seconds if key[0] == work]:
                median = statistics.median(self.seconds[key])
                megabytes = f"{self.megabytes[key]:.0f}" if self.megabytes[key] else "?"
                rows.append((work, key[1], self.notes[key], f"{median:.3f}",
                             f"{median / own:.1f}", megabytes))
        return rows

    def object(self):
        return [{"work": work, "system": system, "seconds": seconds,
                 "peakMegabytes": self.megabytes[work, system]}
                for (work, system), seconds in self.seconds.items()]


def run_blockals(csv, figures, ranks):
    blocks = os.path.join(options.work, "ratings.blocks")
    shutil.rmtree(blocks, ignore_errors=True)
    _, seconds, megabytes = measured(
        [options.blockals, "partition", csv, "-o", blocks, "--workers", str(options.workers)])
    size = sum(os.path.getsize(os.path.join(blocks, name)) for name in os.listdir(blocks))
    figures.add("CSV to blocks", "blockals", [seconds], megabytes, f"{size / 1e6:.0f} MB on disk")
    for rank in ranks:
        train(blocks, figures, rank, work_of("", rank), "explicit, exact", [])
    train(blocks, figures, ranks[0], work_of("libmf", ranks[0]), "explicit, SGD",
          ["--algorithm", "sgd"])
    # Written to a file: reading it here would be a part of what is timed.
    with open(os.path.join(options.work, "top.tsv"), "w", encoding="utf-8") as top:
        _, seconds, megabytes = measured(
            [options.blockals, "recommend", os.path.join(options.work, f"model-{ranks[0]}"),
             "--top", "10", "--users", "all", "--exclude", blocks, "--workers",
             str(options.workers)], output=top)
    figures.add(f"top 10 of every user, rank {ranks[0]}", "blockals", [seconds], megabytes)


def train(blocks, figures, rank, work, solves, further):
    """Trains a model, and leaves that of ALS for what is asked of it."""
    model = os.path.join(options.work, "sgd" if further else f"model-{rank}")
    shutil.rmtree(model, ignore_errors=True)
    _, _, megabytes = measured(
        [options.blockals, "train", blocks, "-o", model, "--rank", str(rank), "--iterations",
         str(options.iterations), "--regularization", "0.05", "--workers", str(options.workers),
         "--seed", "1", *further])
    with open(os.path.join(model, "training.jsonl"), encoding="utf-8") as log:
        events = [json.loads(line) for line in log]
    figures.add(work, "blockals",
                [event["seconds"] for event in events if event["event"] == "iteration"],
                megabytes, solves)


def run_peer(csv, peer, rank=64):
    words = [options.python, os.path.join(TOOLS, "peer_run.py"), csv, options.work, peer, "--rank",
             str(rank), "--iterations", str(options.iterations), "--workers", str(options.workers)]
    output, _, _ = measured(words)
    return json.loads(output.splitlines()[-1])


def run_peers(csv, figures, ranks, peers, broken):
    def run(work, peer, system, note, rank=64):
        if (peer, rank) in broken:
            return
        try:
            result = run_peer(csv, peer, rank)
        except (RuntimeError, ValueError) as problem:
            broken.add((peer, rank))
            print(f"{system} at rank {rank} is left out: {problem}", file=sys.stderr)
            return
        figures.add(work, system, result["seconds"], result["megabytes"], note)

    run("CSV to blocks", "read", "pandas and scipy", "in memory only")
    for rank in ranks:
        for peer in peers:
            if peer != "libmf" or rank == ranks[0]:
                run(work_of(peer, rank), peer, peer, PEERS[peer][1], rank)
        if rank == ranks[0] and any(peer.startswith("implicit") for peer in peers):
            run(f"top 10 of every user, rank {rank}", "recommend", "implicit", "", rank)


def machine():
    model = platform.processor() or platform.machine()
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
        model = names[0] if names else model
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"],
                            capture_output=True, text=True).stdout.strip()
    return {"machine": model, "cores": os.cpu_count(), "workers": options.workers,
            "commit": commit or "none", "ratings": options.file or options.ratings}


def ratings():
    if options.file:
        return options.file
    csv = os.path.join(options.work, "ratings.csv")
    # In the proportions of MovieLens 20M: the square root keeps rows as full as they are there.
    scale = (options.ratings / 20_000_000) ** 0.5
    measured([options.blockals, "generate", "-o", csv, "--seed", "1",
              "--users", str(options.users or max(10, int(138_493 * scale))),
              "--items", str(options.items or max(10, int(26_744 * scale))),
              "--ratings", str(options.ratings)])
    return csv


def main():
    shutil.rmtree(options.work, ignore_errors=True)
    os.makedirs(options.work)
    ranks = [int(rank) for rank in options.ranks.split(",")]
    csv, figures, broken, facts = ratings(), Figures(), set(), machine()
    peers = []
    if options.python:
        facts["peers"] = run_peer(csv, "versions")["versions"]
        peers = [name for name in options.peers.split(",") if PEERS[name][0] in facts["peers"]]
    for _ in range(options.rounds):
        run_blockals(csv, figures, ranks)
        if options.python:
            run_peers(csv, figures, ranks, peers, broken)
    if options.json:
        print(json.dumps({**facts, "figures": figures.object()}))
        return
    print(", ".join(f"{name} {value}" for name, value in facts.items() if name != "peers"))
    if options.python:
        print("peers: " + ", ".join(f"{n} {v}" for n, v in facts["peers"].items()))
    print()
    rows = figures.table()
    for number, row in enumerate(rows):
        print("| " + " | ".join(row) + " |")
        if number == 0:
            print("|" + "---|" * len(row))


options = read_arguments()
main()
