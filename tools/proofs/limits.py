"""Limits of the operating system: memory, open files, the size of a file, processes."""
import os

from .world import run as ended

NAME = "limits (ulimit)"
GOAL = "R8"
WHAT = "each command under limits of memory (-v), open files (-n), a file's size (-f), processes (-u)"

# In the shell's units: KiB, files, blocks of 512 bytes, processes.
LIMITS = {
    "v": [20000, 30000, 40000, 48000, 64000, 80000, 120000, 200000],
    "n": [3, 4, 5, 6, 8, 12],
    "f": [0, 1, 2, 8, 32, 128],
    "u": [1, 2, 3, 4],
}


def available():
    return None


def run(world, jobs, budget, random, report):
    cases = [(job, name, value) for job in jobs for name, values in LIMITS.items()
             for value in values]
    random.shuffle(cases)
    isRoot = os.geteuid() == 0
    for job, name, value in cases:
        if not budget.lasts():
            return
        # A limit of processes does not bind root.
        user = ["setpriv", "--reuid=65534", "--clear-groups"] if name == "u" and isRoot else []
        world.reference(job)
        world.fresh()
        if user:
            open_to_all(world.here)
        done = ended([*user, "bash", "-c", f'ulimit -{name} {value}; exec "$0" "$@"',
                      *world.command(job.words)], cwd=world.here)
        # The loader needs some of everything before the program begins.
        if done.code in (127, 126, 2) or "error while loading" in done.errors:
            continue
        report.tried(done.code)
        faults = []
        if done.code not in (0, 71, 74, 73, 77):
            faults.append(f"ended with {done.code}: {done.errors.strip()[-300:]}")
        if done.code == 0 and not job.feeds and world.outputs(job) != world.reference(job)[0]:
            faults.append("left something else with exit 0")
        again = world.start(job.words)
        if again.code != 0:
            faults.append(f"without the limit, ends with {again.code}: {again.errors[-300:]}")
        report.faults(faults, f"ulimit -{name} {value}: blockals {' '.join(job.words)}")


def open_to_all(folder):
    for above, folders, files in os.walk(folder):
        os.chmod(above, 0o777)
        for name in files:
            os.chmod(os.path.join(above, name), 0o666)
