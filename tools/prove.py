#!/usr/bin/env python3
"""Attacks the built command from outside, counts what it did, and writes docs/RELIABILITY.md.

    tools/prove.py [--minutes 2] [--only kills,calls] [--seed 1] [--jobs train,partition]
                   [--blockals .build/release/blockals] [--record build/prove.json]
    tools/prove.py --write docs/RELIABILITY.md      the page of what the last record holds

Each experiment is a file of tools/proofs. It does something to each command in turn (kills it, lets
a system call fail, fills the disk, damages a file) and says what the command may do then; after it
the same command, undisturbed, has to end with the bytes of a run that was never disturbed. The seed
decides every draw; a finding is printed with the command that shows it again, and makes the exit
code 1.
"""
import argparse
import collections
import importlib
import json
import os
import platform
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from proofs import world as worlds  # noqa: E402

EXPERIMENTS = ["kills", "stops", "calls", "disks", "limits", "streams", "places", "damage",
               "writers"]
PAGE = "docs/RELIABILITY.md"


class Budget:
    """The time that an experiment may take."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds

    def lasts(self):
        return time.monotonic() < self.end


class Report:
    """What an experiment has tried, how often, and what came of it."""

    def __init__(self, name):
        self.name = name
        self.count = 0
        self.codes = collections.Counter()
        self.findings = []
        self.notes = []

    def tried(self, outcome, times=1):
        self.count += times
        self.codes[str(outcome)] += times
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{self.name}: {self.count}")

    def faults(self, faults, how):
        for fault in faults:
            self.findings.append({"how": how, "what": fault})
            print(f"\nFOUND ({self.name}) {how}\n  {fault}", flush=True)

    def note(self, text):
        self.notes.append(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=2, help="for all experiments together")
    parser.add_argument("--only", default=",".join(EXPERIMENTS))
    parser.add_argument("--jobs", default="", help="only commands whose names begin so")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--blockals", default=os.path.join(worlds.ROOT, ".build/release/blockals"))
    parser.add_argument("--work", default=os.path.join(worlds.ROOT, "build/prove"))
    parser.add_argument("--record", default=os.path.join(worlds.ROOT, "build/prove.json"))
    parser.add_argument("--write", metavar="PAGE", help="write the page of the record, and no more")
    return parser.parse_args()


def commit():
    done = subprocess.run(["git", "-C", worlds.ROOT, "describe", "--always", "--dirty"],
                          capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def machine():
    model = platform.machine()
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
                break
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}"


def prove(options):
    world = worlds.World(os.path.abspath(options.blockals), options.work)
    jobs = [job for job in worlds.jobs()
            if job.name.startswith(tuple(options.jobs.split(",")) if options.jobs else "")]
    names = options.only.split(",")
    results = []
    for name in names:
        experiment = importlib.import_module(f"proofs.{name}")
        report = Report(experiment.NAME)
        reason = experiment.available()
        begun = time.monotonic()
        if reason is None:
            experiment.run(world, jobs, Budget(options.minutes * 60 / len(names)),
                           random.Random(options.seed), report)
        seconds = time.monotonic() - begun
        results.append({
            "name": experiment.NAME, "goal": experiment.GOAL, "what": experiment.WHAT,
            "tried": report.count, "outcomes": dict(sorted(report.codes.items())),
            "findings": report.findings, "notes": report.notes, "seconds": round(seconds, 1),
            "skipped": reason})
        print(f"\r{experiment.NAME}: " + (
            f"skipped, {reason}" if reason else
            f"{report.count} tried in {seconds:.0f} s, {len(report.findings)} findings"),
            flush=True)
    record = {"commit": commit(), "machine": machine(), "date": time.strftime("%Y-%m-%d"),
              "seed": options.seed, "commands": len(jobs), "experiments": results}
    os.makedirs(os.path.dirname(options.record), exist_ok=True)
    with open(options.record, "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
    return sum(len(result["findings"]) for result in results)


def outcome(counts):
    """How runs ended, the most frequent first."""
    pairs = sorted(counts.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{code}: {count}" for code, count in pairs)


def write(options):
    with open(options.record, encoding="utf-8") as file:
        record = json.load(file)
    with open(os.path.join(worlds.ROOT, "tools/proofs/page.md"), encoding="utf-8") as file:
        page = file.read()
    rows = ["| goal | what is done | tried | how runs ended (exit code: runs) | findings |",
            "|---|---|---|---|---|"]
    for result in record["experiments"]:
        ended = f"skipped: {result['skipped']}" if result["skipped"] else outcome(
            result["outcomes"])
        notes = "".join(f"; {note}" for note in result["notes"])
        rows.append(f"| {result['goal']} | {result['what']}{notes} | {result['tried']} | {ended} "
                    f"| {len(result['findings'])} |")
    total = sum(result["tried"] for result in record["experiments"])
    seconds = sum(result["seconds"] for result in record["experiments"])
    page = page.replace("{table}", "\n".join(rows)).replace(
        "{run}", f"{total} disturbed runs of {record['commands']} commands in {seconds / 60:.0f} "
        f"minutes, seed {record['seed']}, commit {record['commit']}, {record['date']}, "
        f"{record['machine']}")
    with open(options.write, "w", encoding="utf-8") as file:
        file.write(page)


if __name__ == "__main__":
    options = arguments()
    if options.write:
        write(options)
    elif prove(options):
        raise SystemExit(1)
