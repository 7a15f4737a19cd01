"""Other things in place of files: links, pipes, devices, directories, names that are taken."""
import os
import shutil

NAME = "other things in place of files"
GOAL = "R20"
WHAT = ("each command with a link, a dangling link, a pipe, a device, a directory or an empty "
        "file in place of one that it reads, and with something at the path that it writes")


def dangle(path):
    os.symlink("nowhere", path)


def loop(path):
    os.symlink(os.path.basename(path), path)


def victim(path):
    os.symlink(os.path.join(os.path.dirname(path), "victim"), path)


def device(path):
    os.symlink("/dev/zero", path)


def folder(path):
    os.mkdir(path)


def empty(path):
    with open(path, "wb"):
        pass


WAYS = {"a dangling link": dangle, "a link to itself": loop, "a link to another file": victim,
        "a pipe": os.mkfifo, "a link to /dev/zero": device, "a directory": folder,
        "an empty file": empty}


def available():
    return None


def run(world, jobs, budget, random, report):
    cases = []
    for job in jobs:
        read = [word for word in job.words if word in ("p", "m", "r.csv", "bad.csv", "big.csv",
                                                       "new.csv")]
        files = []
        for name in read:
            files += [path for path in world.inputs if path == name
                      or path.startswith(name + os.sep)]
        cases += [(job, path, way, "in place of") for path in files for way in WAYS]
        cases += [(job, path, way, "where it writes") for path in job.outputs for way in WAYS]
    random.shuffle(cases)
    for job, path, way, where in cases:
        if not budget.lasts():
            return
        one(world, job, path, way, where, report)


def one(world, job, path, way, where, report):
    expected, output = world.reference(job)
    world.fresh()
    target = world.at(path)
    with open(world.at("victim"), "w", encoding="utf-8") as file:
        file.write("not yours\n")
    if os.path.lexists(target):
        os.remove(target)
    WAYS[way](target)
    done = world.start(job.words)
    report.tried(done.code)
    faults = []
    if done.code not in (0, 64, 65, 66, 73, 74, 77, 78):
        faults.append(f"ended with {done.code}: {done.errors.strip()[-300:]}")
    # Where nothing but a log was missing the answer is the same.
    # An older generation may answer for one that is damaged, and says so.
    older = "is damaged and was passed over" in done.errors
    if done.code == 0 and job.feeds and where == "in place of" and not older \
            and not same(job, done, output):
        faults.append("answered something else with exit 0")
    with open(world.at("victim"), encoding="utf-8") as file:
        if file.read() != "not yours\n":
            faults.append("wrote through a link")
    report.faults(faults, f"{way} {where} {path}: blockals {' '.join(job.words)}")
    shutil.rmtree(world.here, ignore_errors=True)


def same(job, done, output):
    from .world import timeless
    # Ratings from an empty or another file are other ratings: that is not for us to tell.
    return timeless(done.output) == output or "r.csv" in job.words or "new.csv" in job.words \
        or job.name.startswith("verify") or job.name.startswith("inspect")
