"""A small world of ratings, blocks and models, the commands that live in it, and how one is judged.

A job is a command line and what it writes. It is run in a fresh copy of the world, at one path, so
that the bytes it writes are the same each time but for what is said of time.
"""
import hashlib
import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What the help of the command promises; a stop of one's own is no failure.
CODES = {0, 64, 65, 66, 70, 71, 73, 74, 75, 76, 77, 78}
# A bug by its own account.
BUG = 70
HANG = "hang"
# A loaded machine needs a second for what takes a twentieth of one.
PATIENCE = 30


class Job:
    """A command of the world.

    - words: the command line without the program.
    - outputs: paths that it makes; none where it answers on standard output.
    - feeds: whether standard output is data, and the same each time.
    """

    def __init__(self, name, line, outputs=(), feeds=False):
        self.name = name
        self.words = line.split()
        self.outputs = tuple(outputs)
        self.feeds = feeds


def jobs():
    """Every command, and every algorithm, with the options that take it another way."""
    small = "--rank 4 --iterations 3 --workers 2"
    return [
        Job("generate", "generate --users 40 --items 25 --ratings 400 -o made.csv", ["made.csv"]),
        Job("partition", "partition r.csv -o out.blocks --holdout 0.1 --user-blocks 3 "
            "--item-blocks 2 --workers 2", ["out.blocks"]),
        Job("partition with rejects", "partition bad.csv -o out.blocks --max-bad 5 "
            "--rejects bad.out", ["out.blocks", "bad.out"]),
        Job("partition that spills", "partition big.csv -o out.blocks --memory 24M --workers 2 "
            "--user-blocks 3 --item-blocks 3", ["out.blocks"]),
        Job("train", f"train p -o out {small}", ["out"]),
        Job("train, every second one kept", f"train p -o out {small} --biases "
            "--checkpoint-interval 2", ["out"]),
        Job("train with patience", f"train p -o out {small} --patience 1", ["out"]),
        Job("train implicit", f"train p -o out {small} --feedback implicit --alpha 3", ["out"]),
        Job("train sgd", f"train p -o out {small} --algorithm sgd --grid 4", ["out"]),
        Job("train from a start", "train p -o out --start-from m --iterations 2 --workers 2",
            ["out"]),
        Job("tune", "tune p --record out.log --folds 2 --rank 3 --iterations 2 "
            "--regularizations 0.05,0.1 --workers 2", ["out.log"]),
        Job("tune and train", "tune p --folds 2 --rank 3 --iterations 2 "
            "--regularizations 0.05,0.1 --workers 2 --train out", ["out", "p.tuning"]),
        Job("update", "update m --new-users new.csv -o out", ["out"]),
        Job("export npy", "export m --format npy -o out", ["out"]),
        Job("export libmf", "export m --format libmf -o out", ["out"]),
        Job("recommend into a file", "recommend m --users all --top 3 -o out.tsv", ["out.tsv"]),
        Job("recommend", "recommend m --users all --top 3", feeds=True),
        Job("recommend to new users", "recommend m --new-users new.csv --top 3", feeds=True),
        Job("similar", "similar m --items all --top 3", feeds=True),
        Job("predict", "predict m r.csv", feeds=True),
        Job("explain", "explain m --user USER --item ITEM", feeds=True),
        Job("evaluate", "evaluate m --holdout p --top 5", feeds=True),
        Job("inspect a model", "inspect m --json", feeds=True),
        Job("inspect a partition", "inspect p --json", feeds=True),
        Job("verify a model", "verify m --json", feeds=True),
        Job("verify a partition", "verify p --json", feeds=True),
    ]


class World:
    """The files that jobs read, in a directory of its own, and fresh copies of it."""

    def __init__(self, blockals, folder):
        self.blockals = blockals
        self.folder = os.path.abspath(folder)
        self.names = {}
        self.source = os.path.join(self.folder, "world")
        self.here = os.path.join(self.folder, "run")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.here)
        self.make()
        os.rename(self.here, self.source)
        self.inputs = tree(self.source)
        self.expected = {}

    def make(self):
        """Makes the files where jobs will find them: models remember where their ratings were."""
        self.must("generate --users 60 --items 30 --ratings 700 --seed 3 -o r.csv")
        self.must("generate --users 3000 --items 900 --ratings 120000 --seed 4 -o big.csv")
        with open(self.at("r.csv"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.names = dict(zip(["USER", "ITEM"], lines[1].split(",")))
        with open(self.at("new.csv"), "w", encoding="utf-8") as file:
            file.write("user,item,rating\n")
            for number, line in enumerate(lines[1:40]):
                item, value = line.split(",")[1:3]
                file.write(f"new{number % 4},{item}x{number},{value}\nnew{number % 4},{item},{value}\n"
                           if number < 8 else "")
        with open(self.at("bad.csv"), "w", encoding="utf-8") as file:
            file.write("\n".join(lines[:20] + ["one field", "a,b,no number"] + lines[20:]) + "\n")
        self.must("partition r.csv -o p --holdout 0.1 --user-blocks 3 --item-blocks 2 --duplicates last")
        self.must("train p -o m --rank 4 --iterations 3 --workers 1")

    def at(self, name):
        return os.path.join(self.here, name)

    def must(self, line):
        done = self.start(line.split())
        if done.code != 0:
            raise SystemExit(f"blockals {line}: exit {done.code}\n{done.errors}")

    def fresh(self):
        """A new copy of the world at the path where every job runs."""
        shutil.rmtree(self.here, ignore_errors=True)
        shutil.copytree(self.source, self.here, symlinks=True)

    def start(self, words, before=(), **more):
        """Runs the command, or another one that starts it, to its end."""
        return run([*before, *self.command(words)], cwd=self.here, **more)

    def command(self, words):
        """The command line of some words, with the world's own ids."""
        return [self.blockals, *(self.names.get(word, word) for word in words)]

    def reference(self, job):
        """What an undisturbed run of a job leaves and says."""
        if job.name not in self.expected:
            self.fresh()
            done = self.start(job.words)
            if done.code != 0:
                raise SystemExit(f"{job.name}: exit {done.code}\n{done.errors}")
            self.expected[job.name] = (self.outputs(job), timeless(done.output))
        return self.expected[job.name]

    def outputs(self, job):
        return {path: found for path, found in tree(self.here).items()
                if path.split(os.sep)[0] in job.outputs}

    # What a run may not do

    def faults(self, job, done, mayDie=False):
        """What is wrong with how a disturbed run ended and with what it left.

        It has to have ended by itself with a documented code and one line that says why, and its
        inputs are as they were. Where it says that all is well, all has to be there. The same
        command, undisturbed, then ends with the bytes of a run that was never disturbed.
        """
        expected, output = self.reference(job)
        found = []
        if done.code == HANG:
            found.append(f"still ran after {PATIENCE} s")
        elif done.code not in CODES and not mayDie:
            found.append(f"ended with {done.code}: {done.errors.strip()[-300:]}")
        elif done.code == BUG:
            found.append(f"calls itself a bug: {done.errors.strip()[-300:]}")
        elif done.code not in (0, HANG) and not mayDie and not says(done.errors):
            found.append(f"ended with {done.code} and said {done.errors.strip()[-300:]!r}")
        if done.code == 0:
            if job.feeds and timeless(done.output) != output:
                found.append("answered something else with exit 0")
            if not job.feeds and self.outputs(job) != expected:
                found.append(f"left something else with exit 0: {self.difference(job)}")
        found += self.changed(job)
        again = self.start(job.words)
        if again.code != 0:
            return found + [f"run again, ends with {again.code}: {again.errors.strip()[-300:]}"]
        if self.outputs(job) != expected:
            found.append(f"run again, leaves other bytes: {self.difference(job)}")
        if job.feeds and timeless(again.output) != output:
            found.append("run again, answers something else")
        return found + self.changed(job) + self.leftovers(job)

    def changed(self, job):
        now = {path: found for path, found in tree(self.here).items()
               if path.split(os.sep)[0] not in job.outputs}
        lost = [path for path in self.inputs if now.get(path) != self.inputs[path]]
        return [f"changed its input {path}" for path in lost]

    def leftovers(self, job):
        """Names that are neither the world's nor the job's, when it has ended well."""
        names = set(self.inputs) | set(self.outputs(job))
        others = [path for path in tree(self.here) if path not in names
                  and not path.endswith(".lock")]
        unfinished = [path for path in self.outputs(job) if ".tmp-" in path or ".del" in path]
        return [f"left {path} behind" for path in others + unfinished]

    def difference(self, job):
        expected, now = self.reference(job)[0], self.outputs(job)
        paths = sorted(path for path in {*expected, *now}
                       if expected.get(path) != now.get(path))
        return ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")


class Ended:
    """How a process ended and what it said."""

    def __init__(self, code, output, errors):
        self.code = code
        self.output = output
        self.errors = errors


def run(command, cwd, stdout=None, seconds=PATIENCE, **more):
    """Runs a process; a negative code is the number of the signal that ended it."""
    environment = {**os.environ, "SWIFT_BACKTRACE": "enable=no", "COLUMNS": "80"}
    process = subprocess.Popen(
        command, cwd=cwd, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if stdout is None else stdout, stderr=subprocess.PIPE,
        env=environment, start_new_session=True, **more)
    try:
        output, errors = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.communicate()
        return Ended(HANG, "", "")
    return Ended(process.returncode, (output or b"").decode("utf-8", "replace"),
                 errors.decode("utf-8", "replace"))


def says(errors):
    """Whether a message of ours is there."""
    return re.search(r'^(blockals: (error|stopped): .|Error: .|\{"(error|stopped)":\{)', errors,
                     re.M) is not None


def timeless(text):
    """A text without what it says of time."""
    return re.sub(r'"seconds":[0-9.e+-]+|"seconds":null|[0-9.]+ s$|[0-9.]+ s\b', "", text,
                  flags=re.M)


def tree(folder):
    """Every file below a folder, by its path: a checksum of what does not speak of time."""
    found = {}
    for above, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(above, name)
            if name == "LOCK":
                continue
            if os.path.islink(path) or not os.path.isfile(path):
                found[os.path.relpath(path, folder)] = "no file"
                continue
            with open(path, "rb") as file:
                data = file.read()
            if name.endswith(".jsonl") and b'"event"' in data:
                # How a run was interrupted may be seen in its log; what it came to may not.
                lines = [line.split(',"seconds"')[0] for line in data.decode().splitlines()
                         if '"event":"iteration"' in line]
                data = "\n".join(lines).encode()
            found[os.path.relpath(path, folder)] = hashlib.sha256(data).hexdigest()
    return found
