"""The figures of implicit and Surprise on MovieLens 100K, where they are installed."""

import numpy as np
import pytest
import scipy.sparse as sp
from blockals import ALS
from blockals.implicit import AlternatingLeastSquares


def recall(items, test, k=20):
    """Recall@k, hits / min(k, test items), in the mean over users with test items."""
    values = []
    for user in np.flatnonzero(np.diff(test.indptr)):
        wanted = test[user].indices
        values.append(np.isin(items[user][:k], wanted).sum() / min(k, len(wanted)))
    return np.mean(values)


@pytest.mark.filterwarnings("ignore")
def test_implicit_s_recall(movielens):
    peer = pytest.importorskip("implicit.als")
    limits = pytest.importorskip("threadpoolctl").threadpool_limits
    train, test = movielens["train"], movielens["test"]
    ours, theirs = [], []
    # A random start moves the figure by more than exactness does: the mean over some.
    for seed in range(12):
        settings = dict(factors=32, regularization=0.1, alpha=2.0, iterations=15)
        model = AlternatingLeastSquares(random_state=seed, **settings)
        model.fit(train, show_progress=False)
        ours.append(recall(model.recommend_all(train, N=20)[0], test))
        other = peer.AlternatingLeastSquares(
            random_state=seed, use_gpu=False, use_cg=False, num_threads=1, **settings)
        with limits(1):
            other.fit(train, show_progress=False)
        items, _ = other.recommend(np.arange(train.shape[0]), train, N=20)
        theirs.append(recall(items, test))
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=0.003)


def test_surprise_s_error(movielens):
    peer = pytest.importorskip("surprise")
    train, test = movielens["train"].tocoo(), movielens["test"].tocoo()
    reader = peer.Reader(rating_scale=(1, 5))
    trainset = peer.Dataset.load_from_df(_frame(train), reader).build_full_trainset()
    baseline = peer.BaselineOnly(
        bsl_options={"method": "als", "n_epochs": 30, "reg_u": 15, "reg_i": 10}, verbose=False)
    baseline.fit(trainset)
    theirs = [
        baseline.predict(u, i, clip=False).est for u, i in zip(test.row, test.col)]
    model = ALS(
        factors=0, biases=True, bias_regularization=12.5, bias_regularization_scaling="none",
        iterations=30).fit(sp.csr_matrix(train))
    known = (np.diff(movielens["train"].indptr)[test.row] > 0) & (
        np.bincount(train.col, minlength=1683)[test.col] > 0)
    errors = [np.sqrt(np.mean((test.data[known] - np.asarray(values)[known]) ** 2))
              for values in (theirs, model.predict(test.row, test.col))]
    assert errors[1] == pytest.approx(errors[0], abs=0.003)


def _frame(matrix):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(
        {"user": matrix.row, "item": matrix.col, "rating": matrix.data})
