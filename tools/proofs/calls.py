"""Every system call of a command fails, one at a time: the command says so, and loses nothing."""
import os
import re
import shutil

NAME = "failed system calls"
GOAL = "R5"
WHAT = ("a system call of a running command fails (strace injects it): each kind, with each error, "
        "the 1st, 2nd, … time it is made")

# What each call may fail with.
ERRORS = {
    "openat": ["EIO", "EACCES", "EMFILE", "ENOMEM"],
    "read": ["EIO", "EINTR"],
    "pread64": ["EIO"],
    "write": ["EIO", "ENOSPC", "EDQUOT"],
    "pwrite64": ["ENOSPC"],
    "fsync": ["EIO", "ENOSPC"],
    "close": ["EIO"],
    "renameat2": ["EIO", "ENOSPC", "EROFS"],
    "mkdirat": ["EACCES", "ENOSPC", "EROFS"],
    "unlinkat": ["EIO", "EACCES"],
    "getdents64": ["EIO"],
    "newfstatat": ["EIO", "EACCES"],
    "statfs": ["EIO"],
    "ftruncate": ["EIO"],
    "flock": ["EIO", "ENOLCK"],
    "mmap": ["ENOMEM"],
    "clone3": ["EAGAIN"],
}


def available():
    return None if shutil.which("strace") else "strace is not there"


def before_main(world, job):
    """How often each call is made before the program's own first line: the loader's business."""
    world.fresh()
    log = os.path.join(world.folder, "strace.log")
    world.start(job.words, ["strace", "-o", log, "-e", "trace=" + ",".join(ERRORS)
                            + ",rt_sigaction"])
    counts = dict.fromkeys(ERRORS, 0)
    with open(log, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("rt_sigaction(SIGPIPE, {sa_handler=SIG_IGN"):
                break
            call = line.split("(")[0]
            if call in counts:
                counts[call] += 1
    return counts


def run(world, jobs, budget, random, report):
    """Cases in an order that depends on the seed alone, until the budget is used up."""
    cases = []
    for job in jobs:
        for call, errors in ERRORS.items():
            cases += [(job, call, error) for error in errors]
    random.shuffle(cases)
    skipped = {}
    # The first occurrence of every case, then the second of those that had a first, and so on.
    number, rest = 1, cases
    while rest and budget.lasts():
        still = []
        for job, call, error in rest:
            if not budget.lasts():
                break
            if job.name not in skipped:
                skipped[job.name] = before_main(world, job)
            when = skipped[job.name][call] + number
            if attempt(world, job, call, error, when, report):
                still.append((job, call, error))
        number, rest = number + 1, still
    report.note(f"up to the {number}. time a call is made")


def attempt(world, job, call, error, when, report):
    """One failed call; whether the command made as many."""
    world.fresh()
    log = os.path.join(world.folder, "strace.log")
    done = world.start(
        job.words, ["strace", "-f", "-qq", "-o", log, "-e", f"trace={call}",
                    "-e", f"inject={call}:error={error}:when={when}"])
    with open(log, encoding="utf-8", errors="replace") as file:
        fired = "(INJECTED)" in file.read()
    if not fired:
        return False
    report.tried(done.code)
    # What the C library and the runtime do in a thread's beginning is not ours to survive.
    faults = world.faults(job, done, mayDie=call in ("mmap",) and done.code in (-6, -11))
    report.faults(faults, f"strace -f -e inject={call}:error={error}:when={when} "
                          f"blockals {' '.join(job.words)}")
    return True
