#!/usr/bin/env python3
"""Kill `blockals train`, `partition` or `tune` with -9 at random moments: does it matter?

    tools/kill_test.py [--runs 200] [--seed 1] [--command train|partition|tune] [--work build/kill]

Each run begins in an empty directory, is killed at a uniformly random moment of an undisturbed
run's time, is started again with the same command, killed again at random with a probability of
one half, and so on until the command ends by itself. A run that ended before its moment came is
not counted, and is done again. For `train` the digest of the factors has to be that of the
undisturbed run, whatever the number of workers, and the generations on the disk the same; for
`partition` the output has to be absent or complete after every kill, and its digest the undisturbed
one's in the end; for `tune` the record's bytes and what is printed. `verify` has to find nothing in
the end, and no temporary file may be left.

Prints a line of counts; exits with 1 where anything differed, naming run and directory.
"""
import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--command", choices=["train", "partition", "tune"], default="train")
    parser.add_argument("--workers", default="1,2,3,8", help="drawn anew for each start")
    parser.add_argument("--ratings", type=int, default=200_000)
    parser.add_argument("--rank", type=int, default=24)
    parser.add_argument("--iterations", type=int, default=12)
    parser.add_argument("--settings", default="", help="further options of the command")
    parser.add_argument("--blockals", default=os.path.join(ROOT, ".build/release/blockals"))
    parser.add_argument("--work", default=os.path.join(ROOT, "build/kill"))
    return parser.parse_args()


def blockals(*words):
    """Runs the command to its end and returns what it printed."""
    done = subprocess.run([options.blockals, *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"blockals {' '.join(words)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def digest(directory):
    """The content's digest; of a model the generations that are there, of a tuning its result."""
    if options.command == "tune":
        with open(directory, "rb") as record, open(results, encoding="utf-8") as printed:
            return hashlib.sha256(record.read()).hexdigest()[:32], printed.read()
    found = json.loads(blockals("inspect", directory, "--json"))
    return found["digest"], found.get("generations")


def command(output, workers):
    """The command under test, writing to `output`."""
    if options.command == "partition":
        words = ["partition", csv, "-o", output, "--workers", str(workers), "--user-blocks", "4",
                 "--item-blocks", "4", "--memory", "16M"]
    elif options.command == "tune":
        words = ["tune", blocks, "--record", output, "--workers", str(workers), "--json"]
    else:
        words = ["train", blocks, "-o", output, "--workers", str(workers), "--rank",
                 str(options.rank), "--iterations", str(options.iterations)]
    return [options.blockals, *words, *options.settings.split()]


def start(output, workers):
    with open(os.path.join(options.work, "messages"), "w", encoding="utf-8") as messages, \
            open(results, "w", encoding="utf-8") as printed:
        return subprocess.Popen(command(output, workers), stdout=printed, stderr=messages)


def finish(process, what):
    if process.wait() != 0:
        with open(os.path.join(options.work, "messages"), encoding="utf-8") as messages:
            raise SystemExit(f"{what}: exit {process.returncode}\n{messages.read()}")


def kill(process, moment):
    """Waits for the moment; whether the process was still there to be killed."""
    try:
        process.wait(timeout=moment)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    return process.returncode == -signal.SIGKILL


def leftovers(output):
    """Temporary files beside and below the output, for which no process is there any more.

    A kill between a partition's rename and the removal of its lock leaves the lock's file, a line
    that says who held it; the next command that is to write to the same name removes it.
    """
    name = os.path.basename(output)
    beside = set(os.listdir(os.path.dirname(output))) - {name, name + ".lock"}
    below = [name for _, folders, files in os.walk(output) for name in folders + files
             if ".tmp" in name or name.endswith(".del")]
    return sorted(beside) + below


def one_run(number):
    """One run to its end; the number of kills that hit, or 0 where the first one missed."""
    folder = os.path.join(options.work, "run")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    output = os.path.join(folder, "output")
    kills = 0
    while True:
        process = start(output, generator.choice(workers))
        if kills > 0 and generator.random() < 0.5:
            break
        if not kill(process, generator.random() * seconds):
            break
        kills += 1
        if options.command == "partition" and os.path.exists(output):
            # Killed after the rename: the output is complete, and a second start would refuse it.
            break
    if process.wait() != -signal.SIGKILL:
        finish(process, f"run {number} in {folder}")
    if digest(output) != expected:
        fail(number, folder, f"{digest(output)} is not {expected}")
    if options.command != "tune":
        blockals("verify", output)
    if leftovers(output):
        fail(number, folder, f"left behind: {' '.join(leftovers(output))}")
    return kills


def fail(number, folder, reason):
    raise SystemExit(f"run {number} of seed {options.seed} in {folder}: {reason}")


options = arguments()
generator = random.Random(options.seed)
workers = [int(word) for word in options.workers.split(",")]
shutil.rmtree(options.work, ignore_errors=True)
os.makedirs(options.work)
csv = os.path.join(options.work, "ratings.csv")
blocks = os.path.join(options.work, "ratings.blocks")
results = os.path.join(options.work, "results")
reference = os.path.join(options.work, "undisturbed")
blockals("generate", "--users", str(max(1, options.ratings // 50)), "--items",
         str(max(1, options.ratings // 200)), "--ratings", str(options.ratings), "--seed", "1",
         "-o", csv)
blockals("partition", csv, "-o", blocks, "--user-blocks", "3", "--item-blocks", "3", "--holdout",
         "0.1", "--seed", "1")
begun = time.monotonic()
finish(start(reference, workers[0]), "the undisturbed run")
seconds = time.monotonic() - begun
expected = digest(reference)

counted, kills, missed = 0, 0, 0
while counted < options.runs:
    hits = one_run(counted)
    counted += hits > 0
    missed += hits == 0
    kills += hits
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{counted} of {options.runs} runs, {kills} kills")
print(f"{counted} runs of {options.command} killed {kills} times within {seconds:.2f} s, "
      f"{missed} that ended before their moment: {counted} times the digest {expected[0]}")
