"""Two writers of one output: one of them writes it, the other ends with 73 and names it."""
import subprocess
import time

NAME = "two writers, and a dead one"
GOAL = "R18"
WHAT = ("two commands that write to one path at the same time; and one that is killed, after which "
        "the lock is free at once")


def available():
    return None


def run(world, jobs, budget, random, report):
    writers = [job for job in jobs if job.outputs]
    while budget.lasts():
        for job in random.sample(writers, len(writers)):
            if not budget.lasts():
                return
            expected = world.reference(job)[0]
            world.fresh()
            processes = [begin(world, job)]
            time.sleep(random.random() * 0.05)
            processes.append(begin(world, job))
            codes = []
            messages = []
            for process in processes:
                _, errors = process.communicate()
                codes.append(process.returncode)
                messages.append(errors.decode())
            report.tried("/".join(str(code) for code in sorted(codes)))
            faults = []
            if 0 not in codes or not set(codes) <= {0, 73}:
                faults.append(f"ended with {codes}: {' '.join(messages)[-300:]}")
            if 73 in codes and not any("process" in text or "exists" in text
                                       or "neither" in text for text in messages):
                faults.append(f"does not name the other: {' '.join(messages)[-300:]}")
            if world.outputs(job) != expected:
                faults.append(f"left other bytes: {world.difference(job)}")
            report.faults(faults, f"twice at once: blockals {' '.join(job.words)}")


def begin(world, job):
    return subprocess.Popen(world.command(job.words), cwd=world.here,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
