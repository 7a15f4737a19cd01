#!/usr/bin/env python3
"""Loads a model's vectors into Faiss and hnswlib, and compares their top 10 with the exact one.

    pip install numpy faiss-cpu hnswlib
    tools/nearest_neighbours.py MODEL [--command .build/release/blockals] [--top 10]

See docs/NEIGHBOURS.md.
"""

import argparse
import csv
import pathlib
import subprocess
import tempfile

import faiss
import hnswlib
import numpy


def load(folder):
    """The ids and the vectors of both sides of an export."""
    ids = {}
    vectors = {}
    for side in ("users", "items"):
        ids[side] = (folder / f"{side}.ids.txt").read_text().split("\n")[:-1]
        vectors[side] = numpy.load(folder / f"{side}.npy")
    return ids, vectors


def exact(path, subject, answer):
    """For each subject the ids that the command names, best first."""
    best = {}
    with open(path, newline="") as file:
        for row in csv.DictReader(file):
            best.setdefault(row[subject], []).append(row[answer])
    return best


def report(name, found, names, ids, expected):
    """The mean share of the exact answers that an index has found, over all subjects."""
    shares = [
        len({ids[index] for index in row if index >= 0} & set(expected[subject]))
        / len(expected[subject])
        for subject, row in zip(names, found)
    ]
    print(f"{name:<32} {100 * sum(shares) / len(shares):6.2f} % of the exact top")


def flat(vectors):
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    return index


def graph(vectors):
    index = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    index.add(vectors)
    return index


def hnsw(vectors):
    index = hnswlib.Index(space="ip", dim=vectors.shape[1])
    index.init_index(len(vectors), M=32, ef_construction=200, random_seed=1)
    index.add_items(vectors, num_threads=1)
    index.set_ef(100)
    return index


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model")
    parser.add_argument("--command", default=".build/release/blockals")
    parser.add_argument("--top", type=int, default=10)
    options = parser.parse_args()
    top = options.top
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)

        def run(*arguments):
            subprocess.run([options.command, *map(str, arguments)], check=True,
                           stdout=subprocess.DEVNULL)

        run("export", options.model, "--format", "npy", "--inner-product", "-o",
            folder / "scores")
        run("recommend", options.model, "--users", "all", "--include-seen", "--top", top,
            "--format", "csv", "-o", folder / "users.csv")
        ids, vectors = load(folder / "scores")
        expected = exact(folder / "users.csv", "user", "item")
        users, items = vectors["users"], vectors["items"]
        print(f"items for {len(users)} users, {items.shape[1]} dimensions")
        for name, found in [
            ("  faiss.IndexFlatIP", flat(items).search(users, top)[1]),
            ("  faiss.IndexHNSWFlat", graph(items).search(users, top)[1]),
            ("  hnswlib, space ip", hnsw(items).knn_query(users, k=top)[0]),
        ]:
            report(name, found, ids["users"], ids["items"], expected)

        run("export", options.model, "--format", "npy", "--unit-length", "-o",
            folder / "directions")
        run("similar", options.model, "--items", "all", "--top", top, "--format", "csv", "-o",
            folder / "items.csv")
        ids, vectors = load(folder / "directions")
        expected = exact(folder / "items.csv", "item", "neighbour")
        items = vectors["items"]
        print(f"neighbours of {len(items)} items, {items.shape[1]} dimensions")
        for name, found in [
            ("  faiss.IndexFlatIP", flat(items).search(items, top + 1)[1]),
            ("  faiss.IndexHNSWFlat", graph(items).search(items, top + 1)[1]),
            ("  hnswlib, space ip", hnsw(items).knn_query(items, k=top + 1)[0]),
        ]:
            # The item itself is none of its neighbours.
            others = [[index for index in row if index != own][:top]
                      for own, row in enumerate(found)]
            report(name, others, ids["items"], ids["items"], expected)


if __name__ == "__main__":
    main()
