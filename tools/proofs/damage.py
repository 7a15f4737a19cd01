"""Files that are damaged: every command that reads them refuses, or answers as if they were whole."""
import os

from .world import HANG, timeless

NAME = "damaged files"
GOAL = "R7"
WHAT = ("a bit flipped, bytes cut off, put in, left out or zeroed, or another file in its place, in "
        "every file of a partition and a model, through verify and the commands that read it")


def available():
    return None


def flip(data, random):
    place = random.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << random.randrange(8)]) + data[place + 1:]


def cut(data, random):
    return data[:random.randrange(len(data))]


def insert(data, random):
    place = random.randrange(len(data) + 1)
    return data[:place] + bytes([random.randrange(256)]) + data[place:]


def leave_out(data, random):
    place = random.randrange(len(data))
    return data[:place] + data[place + 1:]


def zero(data, random):
    place = random.randrange(0, len(data), 512)
    return data[:place] + bytes(min(512, len(data) - place)) + data[place + 512:]


def append(data, random):
    return data + bytes(random.randrange(1, 64))


def double(data, random):
    return data + data


WAYS = [flip, flip, flip, cut, insert, leave_out, zero, append, double]


def run(world, jobs, budget, random, report):
    readers = [job for job in jobs if job.feeds]
    files = [path for path in world.inputs if path.startswith(("p" + os.sep, "m" + os.sep))]
    for job in readers:
        world.reference(job)
    while budget.lasts():
        path = random.choice(files)
        with open(os.path.join(world.source, path), "rb") as file:
            data = file.read()
        if random.random() < 0.15:
            # Another file of the same kind, whole, where this one should be.
            others = [other for other in files if other != path
                      and os.path.splitext(other)[1] == os.path.splitext(path)[1]]
            if not others:
                continue
            other = random.choice(others)
            with open(os.path.join(world.source, other), "rb") as file:
                damaged, how = file.read(), f"{other} in place of {path}"
        else:
            way = random.choice(WAYS)
            damaged, how = way(data, random), f"{way.__name__} {path}"
        if damaged == data:
            continue
        world.fresh()
        with open(world.at(path), "wb") as file:
            file.write(damaged)
        whole = path.split(os.sep)[0]
        name = "verify a partition" if whole == "p" else "verify a model"
        verify = next(job for job in readers if job.name == name)
        check(world, verify, path, how, report, isVerify=True)
        for job in random.sample([job for job in readers if whole in job.words], 2):
            check(world, job, path, how, report)


def check(world, job, path, how, report, isVerify=False):
    done = world.start(job.words)
    report.tried(done.code)
    faults = []
    if done.code == HANG:
        faults.append("hangs")
    elif done.code not in (0, 65, 66, 78):
        faults.append(f"ended with {done.code}: {done.errors.strip()[-300:]}")
    elif done.code == 0 and timeless(done.output) != world.reference(job)[1]:
        # An older generation may answer for a damaged one, and says so.
        if "is damaged and was passed over" not in done.errors and "damaged" not in done.output:
            faults.append("believed it: other output with exit 0")
    elif done.code == 0 and isVerify and not path.endswith("training.jsonl"):
        faults.append("verify found nothing")
    report.faults(faults, f"{how}: blockals {' '.join(job.words)}")
