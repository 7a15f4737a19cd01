"""Every command is killed with -9 at random moments, and ends the same when it is run again."""
import os
import signal
import subprocess
import time

from .world import Ended

NAME = "kill -9"
GOAL = "R2"
WHAT = "a command is killed at a random moment of its time, again with a probability of ½, and run again"


def available():
    return None


def run(world, jobs, budget, random, report):
    # Answers leave nothing: what is killed there is a reader.
    jobs = [job for job in jobs if job.outputs]
    lengths = {}
    while budget.lasts():
        for job in random.sample(jobs, len(jobs)):
            if not budget.lasts():
                break
            world.reference(job)
            if job.name not in lengths:
                world.fresh()
                begun = time.monotonic()
                world.start(job.words)
                lengths[job.name] = time.monotonic() - begun
            one(world, job, lengths[job.name], random, report)


def one(world, job, length, random, report):
    world.fresh()
    kills = 0
    while kills == 0 or random.random() < 0.5:
        process = subprocess.Popen(
            world.command(job.words), cwd=world.here, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=random.random() * length)
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        if process.returncode != -signal.SIGKILL:
            break
        kills += 1
    if kills == 0:
        return
    report.tried("killed", kills)
    faults = world.faults(job, Ended(-signal.SIGKILL, "", ""), mayDie=True)
    report.faults(faults, f"{kills} kills of blockals {' '.join(job.words)}")
