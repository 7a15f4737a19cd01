"""A command that is asked to stop does, and goes on when it is run again."""
import os
import signal
import subprocess
import time

from .world import Ended

NAME = "SIGTERM, SIGINT, SIGUSR1"
GOAL = "R12"
WHAT = "a command is asked to stop at a random moment: it ends within 5 s with 75, or is done"

SIGNALS = [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1]


def available():
    return None


def run(world, jobs, budget, random, report):
    jobs = [job for job in jobs if job.name.startswith(("train", "tune", "partition"))]
    longest = 0.0
    while budget.lasts():
        for job in random.sample(jobs, len(jobs)):
            if not budget.lasts():
                break
            world.reference(job)
            world.fresh()
            wanted = random.choice(SIGNALS)
            process = subprocess.Popen(
                world.command(job.words), cwd=world.here, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE)
            # The loader and the parser come first: a signal before them ends the process as any.
            time.sleep(0.03 + 0.1 * random.random())
            asked = time.monotonic()
            os.kill(process.pid, wanted)
            output, errors = process.communicate()
            took = time.monotonic() - asked
            done = Ended(process.returncode, output.decode(), errors.decode())
            if done.code == -wanted:
                # It came before the program's first line.
                continue
            longest = max(longest, took)
            report.tried(done.code)
            faults = world.faults(job, done)
            if done.code not in (0, 75):
                faults.append(f"ended with {done.code}")
            if took > 5:
                faults.append(f"took {took:.1f} s to end")
            report.faults(faults, f"{wanted.name} to blockals {' '.join(job.words)}")
    report.note(f"the slowest ended {longest:.2f} s after it was asked")
