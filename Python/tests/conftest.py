"""Ratings that all tests share."""

import os

import numpy as np
import pytest
import scipy.sparse as sp


def random_ratings(users=60, items=40, count=700, seed=5):
    """Ratings in halves from 0.5 to 5, some users and items more popular than others."""
    random = np.random.default_rng(seed)
    cells = np.unique(
        (random.beta(1, 3, count) * users).astype(int) * items
        + (random.beta(1, 3, count) * items).astype(int))
    values = random.integers(1, 11, len(cells)).astype(np.float32) / 2
    return sp.csr_matrix((values, (cells // items, cells % items)), shape=(users, items))


@pytest.fixture(scope="session")
def ratings():
    return random_ratings()


@pytest.fixture(scope="session")
def written(ratings, tmp_path_factory):
    """The same ratings as a text file, in an order of its own."""
    path = tmp_path_factory.mktemp("text") / "ratings.csv"
    coo = ratings.tocoo()
    order = np.random.default_rng(1).permutation(coo.nnz)
    lines = [f"{coo.row[n]},{coo.col[n]},{coo.data[n]}" for n in order]
    path.write_text("user,item,rating\n" + "\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="session")
def movielens():
    """ml-100k as the matrix of its ids, and its first published fold."""
    folder = os.path.join(os.environ.get("BLOCKALS_DATA", ""), "ml-100k")
    if not os.path.exists(os.path.join(folder, "u.data")):
        pytest.skip("BLOCKALS_DATA has no ml-100k")

    def read(name):
        table = np.loadtxt(os.path.join(folder, name), dtype=np.int64)
        return sp.csr_matrix(
            (table[:, 2].astype(np.float32), (table[:, 0], table[:, 1])), shape=(944, 1683))

    return {"all": read("u.data"), "train": read("u1.base"), "test": read("u1.test")}
