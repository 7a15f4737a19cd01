#!/usr/bin/env python3
"""Times blockals beside implicit: from a SciPy matrix to factors, and to the top 10 of all users.

    PYTHON Python/benchmarks/beside_implicit.py FILE… [--factors 64,256] [--iterations 15]

A FILE has users, items and values in columns (`u.data` of ml-100k, a CSV with a header, a .zst of
either), or is `generated:USERSxITEMSxRATINGS`. With FILE=TEST the recall at 20 is measured on TEST.
Each measurement has a process of its own, with as many threads as cores; peak memory is what the
process takes above the matrix. Prints a table in Markdown.
"""

import argparse
import json
import os
import subprocess
import sys
import time

import numpy as np
import scipy.sparse as sp

CORES = len(os.sched_getaffinity(0))


def read(name):
    """(users, items, values) of a file."""
    if name.startswith("generated:"):
        users, items, count = (int(number) for number in name[10:].split("x"))
        random = np.random.default_rng(0)
        # Popular rows by a power, as real ones are; the same pair counts once.
        cells = np.unique(
            (random.random(int(count * 1.6)) ** 2 * users).astype(np.int64) * items
            + (random.random(int(count * 1.6)) ** 3 * items).astype(np.int64))
        cells = np.sort(random.permutation(cells)[:count])
        return cells // items, cells % items, random.integers(1, 11, len(cells)) / 2
    if name.endswith(".zst"):
        text = subprocess.run(["zstd", "-dc", name], capture_output=True, check=True).stdout
    else:
        with open(name, "rb") as file:
            text = file.read()
    lines = text.replace(b",", b"\t").splitlines()
    if not lines[0].split(b"\t")[0].strip().isdigit():
        lines = lines[1:]
    table = np.array([line.split(b"\t")[:3] for line in lines], dtype=float)
    values = table[:, 2] if table.shape[1] > 2 else np.ones(len(table))
    return table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), values


def matrix(columns, shape):
    made = sp.csr_matrix((columns[2].astype(np.float32), columns[:2]), shape=shape)
    made.sort_indices()
    return made


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("VmHWM"))


def measure(system, name, test, factors, iterations):
    """One system on one file, in this process."""
    columns = read(name)
    shape = (int(columns[0].max()) + 1, int(columns[1].max()) + 1)
    held = read(test) if test else None
    if held is not None:
        shape = tuple(max(size, int(held[n].max()) + 1) for n, size in enumerate(shape))
    train = matrix(columns, shape)
    del columns
    settings = dict(factors=factors, regularization=0.1, alpha=2.0, iterations=iterations)
    if system == "blockals":
        from blockals.implicit import AlternatingLeastSquares
    else:
        from implicit.als import AlternatingLeastSquares

        settings |= dict(use_gpu=False, use_cg=system == "implicit, 3 CG steps")
    before = resident()
    begin = time.monotonic()
    model = AlternatingLeastSquares(random_state=0, num_threads=CORES, **settings)
    model.fit(train, show_progress=False)
    fitted = time.monotonic()
    items, _ = model.recommend(np.arange(train.shape[0]), train, N=10)
    ranked = time.monotonic()
    result = {"fit": fitted - begin, "rank": ranked - fitted, "peak": (peak() - before) / 1e6}
    if held is not None:
        wanted = matrix(held, shape)
        users = np.flatnonzero(np.diff(wanted.indptr) * np.diff(train.indptr))
        items, _ = model.recommend(users, train[users], N=20)
        result["recall"] = float(np.mean([
            np.isin(items[row], wanted[user].indices).sum() / wanted[user].nnz
            for row, user in enumerate(users)]))
    print(json.dumps(result))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--factors", default="64,256")
    parser.add_argument("--iterations", type=int, default=15)
    parser.add_argument("--systems", default="blockals|implicit, 3 CG steps|implicit, exact")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        system, name, test, factors = arguments.one
        return measure(system, name, test, int(factors), arguments.iterations)
    print("| ratings | factors | system | factors in s | top 10 in s | MB | recall@20 |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for file in arguments.files:
        name, _, test = file.partition("=")
        for factors in arguments.factors.split(","):
            for system in arguments.systems.split("|"):
                run = subprocess.run(
                    [sys.executable, __file__, name, "--iterations", str(arguments.iterations),
                     "--one", system, name, test, factors],
                    capture_output=True, text=True,
                    env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
                if run.returncode != 0:
                    print(f"| {name} | {factors} | {system} | {run.stderr[-200:]!r} | | | |")
                    continue
                one = json.loads(run.stdout.splitlines()[-1])
                recall = f"{one['recall']:.4f}" if "recall" in one else ""
                print(
                    f"| {os.path.basename(name)} | {factors} | {system} | {one['fit']:.2f} | "
                    f"{one['rank']:.2f} | {one['peak']:.0f} | {recall} |", flush=True)


if __name__ == "__main__":
    main()
