"""Standard output that is full, closed or broken."""
import os
import subprocess

from .world import run as ended

NAME = "standard output full, closed, broken"
GOAL = "R21"
WHAT = "each command with standard output on a full device, closed, or into a pipe that nobody reads"


def available():
    return None if os.path.exists("/dev/full") else "/dev/full is not there"


def run(world, jobs, budget, random, report):
    for job in jobs:
        if not budget.lasts():
            break
        for way, expected in [("full", {74}), ("closed", {74}), ("broken", {0})]:
            world.reference(job)
            world.fresh()
            if way == "full":
                with open("/dev/full", "w", encoding="utf-8") as full:
                    done = world.start(job.words, stdout=full)
            elif way == "closed":
                done = ended(["/bin/sh", "-c", 'exec "$0" "$@" >&-', *world.command(job.words)],
                             cwd=world.here, stdout=subprocess.DEVNULL)
            else:
                reader, writer = os.pipe()
                os.close(reader)
                done = world.start(job.words, stdout=writer)
                os.close(writer)
            report.tried(done.code)
            faults = []
            # A command whose whole work is a file may have nothing to print.
            if done.code not in expected | ({0} if not job.feeds else set()):
                faults.append(f"ended with {done.code}, not {expected}: {done.errors.strip()[-200:]}")
            again = world.start(job.words)
            if again.code != 0 or (world.outputs(job) != world.reference(job)[0]):
                faults.append("run again, does not end as an undisturbed run")
            report.faults(faults, f"standard output {way}: blockals {' '.join(job.words)}")

