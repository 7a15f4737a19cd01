"""A disk that is full: every command that writes, on file systems of many sizes."""
import os
import shutil
import subprocess

NAME = "a full disk"
GOAL = "R6"
WHAT = "each command that writes, in a tmpfs of 64 sizes from nothing free to twice what it needs"

SIZES = 64


def available():
    if os.geteuid() != 0:
        return "only root may mount a tmpfs"
    folder = "/tmp/blockals-prove-mount"
    os.makedirs(folder, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder],
                          capture_output=True)
    if done.returncode == 0:
        subprocess.run(["umount", folder], check=True)
    os.rmdir(folder)
    return None if done.returncode == 0 else "no tmpfs may be mounted here"


def size_of(world, job):
    """The bytes that a job's outputs take, in whole pages, and its unfinished work at most."""
    world.reference(job)
    return sum((os.path.getsize(os.path.join(world.here, path)) + 8191) // 4096 * 4096
               for path in world.outputs(job)) + 65536


def run(world, jobs, budget, random, report):
    writers = [job for job in jobs if job.outputs]
    steps = list(range(SIZES))
    random.shuffle(steps)
    needed = {}
    for step in steps:
        for job in writers:
            if not budget.lasts():
                return
            if job.name not in needed:
                needed[job.name] = size_of(world, job)
            one(world, job, needed[job.name] * 2 * step // SIZES, report)


def one(world, job, free, report):
    """The outputs go to a small file system; the inputs stay where they are."""
    world.fresh()
    small = os.path.join(world.here, "small")
    os.makedirs(small)
    pages = max(1, free // 4096)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * 4096}", "tmpfs", small],
                   check=True)
    try:
        words = [f"small/{word}" if word in job.outputs else word for word in job.words]
        done = world.start(words)
        report.tried(done.code)
        faults = []
        if done.code not in (0, 74, 71):
            faults.append(f"ended with {done.code}: {done.errors.strip()[-300:]}")
        names = [name for name in os.listdir(small) if not name.endswith(".lock")]
        if done.code != 0:
            for name in names:
                faults += unfinished(world, os.path.join("small", name))
        subprocess.run(["mount", "-o", f"remount,size={64 << 20}", small], check=True)
        again = world.start(words)
        if again.code != 0:
            faults.append(f"with room again, ends with {again.code}: {again.errors.strip()[-300:]}")
        report.faults(faults, f"{pages * 4096} bytes free: blockals {' '.join(job.words)}")
    finally:
        subprocess.run(["umount", small], check=True)
        shutil.rmtree(small, ignore_errors=True)


def unfinished(world, path):
    """What stands under a final name after a failure has to be whole, or no model yet."""
    if os.path.isfile(os.path.join(world.here, path)):
        # A record of `tune` grows; every other file appears whole.
        return [] if path.endswith(".log") else [f"left the file {path}"]
    if not os.path.isdir(os.path.join(world.here, path, "generations")):
        return [f"left the directory {path}"]
    checked = world.start(["verify", path])
    return [] if checked.code in (0, 66) else [f"{path} does not verify: {checked.errors[-300:]}"]
