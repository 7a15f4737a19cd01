"""Arrays that break a rule are refused, naming what and where; nothing traps."""

import ctypes

import numpy as np
import pytest
import scipy.sparse as sp
from blockals import ALS, DataError, NotFittedError, SettingError, _library


def matrix(data=(1.0, 2.0, 3.0), indices=(0, 1, 0), indptr=(0, 2, 3), shape=(2, 2)):
    """A matrix whose arrays SciPy does not check."""
    made = sp.csr_matrix(shape, dtype=np.float32)
    made.data = np.asarray(data)
    made.indices = np.asarray(indices)
    made.indptr = np.asarray(indptr)
    return made


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"data": (1.0, np.nan, 3.0)}, "row 0: has the value nan in column 1"),
        ({"data": (1.0, 2.0, np.inf)}, "row 1: has the value inf"),
        ({"data": (1e300, 2.0, 3.0)}, "row 0: has the value inf"),
        ({"indices": (0, 2, 0)}, "row 0: has the column 2, which is not between 0 and 1"),
        ({"indices": (0, -1, 0)}, "row 0: has the column -1"),
        ({"indices": (0, 1 << 40, 0)}, "has the column 1099511627776"),
        ({"indptr": (0, 3, 2)}, "indptr"),
        ({"indptr": (0, 2, 4)}, "there are 4 ratings"),
        ({"indptr": (1, 2, 3)}, "indptr: does not begin with 0"),
        ({"indptr": (0, -5, 3)}, "indptr: descends after row 0"),
        ({"indptr": (0, 3)}, "has 2 entries for 2 rows"),
        ({"indptr": (0, 2, -3)}, "there are -3 ratings"),
        ({"data": (1.0, 2.0)}, "there are 3 ratings"),
        ({"data": ("a", "b", "c")}, "ratings are numbers"),
        ({"data": (1j, 2j, 3j)}, "ratings are numbers"),
        ({"indices": (0.0, 1.0, 0.0)}, "is of the type float64"),
        ({"indices": (1, 1, 0)}, 'user "0" and item "1" have two ratings'),
        ({"data": (), "indices": (), "indptr": (0, 0, 0)}, "there is no rating"),
        ({"data": (), "indices": (), "indptr": (0,), "shape": (0, 0)}, "there is no rating"),
    ],
    ids=str,
)
def test_a_bad_matrix_is_refused(wrong, message, monkeypatch):
    bad = matrix(**wrong) if "shape" not in wrong else sp.csr_matrix((0, 0), dtype=np.float32)
    # SciPy would look through it by itself in some of its versions.
    monkeypatch.setattr(type(bad), "tocsr", lambda self, copy=False: self)
    with pytest.raises(DataError, match=message.replace("(", r"\(")):
        ALS(factors=2, iterations=1).fit(bad)


def test_what_is_no_sparse_matrix_is_refused():
    for other in (np.ones((2, 2)), [[1, 2]], None, "matrix"):
        with pytest.raises(TypeError, match="is no sparse matrix"):
            ALS().fit(other)


def test_a_huge_shape_with_few_ratings_is_refused_without_a_trap():
    huge = matrix()
    huge._shape = (2, 1 << 40)
    with pytest.raises(SettingError, match="columns: 1099511627776 is not between"):
        ALS(factors=2, iterations=1).fit(huge)


def test_strided_and_foreign_arrays_are_read_right(ratings):
    wanted = ALS(factors=3, iterations=1).fit(ratings).digest
    other = ratings.copy()
    wide = np.zeros(2 * other.nnz, np.float32)
    wide[::2] = other.data
    other.data = wide[::2]
    assert ALS(factors=3, iterations=1).fit(other).digest == wanted
    other.data = ratings.data.astype(">f4")
    assert ALS(factors=3, iterations=1).fit(other).digest == wanted
    halves = ratings.copy()
    halves.data = (ratings.data * 2).astype(np.int8)
    assert ALS(factors=3, iterations=1).fit(halves).history[0]["rmse"] > 0


def test_duplicates_count_as_asked(ratings):
    twice = matrix(indices=(1, 1, 0))
    for policy, value in {"last": 2.0, "sum": 3.0, "mean": 1.5}.items():
        single = matrix(data=(value, 3.0), indices=(1, 0), indptr=(0, 1, 2))
        assert (
            ALS(factors=1, iterations=1).fit(twice, duplicates=policy).digest
            == ALS(factors=1, iterations=1).fit(single).digest)
    with pytest.raises(SettingError, match="use error, last, sum, mean, keep"):
        ALS().fit(ratings, duplicates="some")


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"factors": -1}, "rank: -1 is not between 0 and 4096"),
        ({"factors": 2.5}, "rank: '2.5' is no value of it"),
        ({"factors": "many"}, "rank: 'many' is no value"),
        ({"factors": None}, None),
        ({"regularization": -1}, "regularization: -1.0 is not a number ≥ 0"),
        ({"regularization": float("nan")}, "regularization: nan"),
        ({"alpha": 1.0}, "alpha: has no effect without feedback implicit"),
        ({"feedback": "loud"}, "use explicit, implicit"),
        ({"iterations": 0}, "iterations: 0 is not"),
        ({"seed": -1}, "seed: '-1' is no value"),
        ({"workers": 0}, "workers: 0 is not between 1 and 1024"),
        ({"workers": 2.0}, "workers: 2.0 is no whole number"),
        ({"factors": 0}, "biases"),
        ({"factors": []}, "is neither a number nor a word"),
        ({"feedback": "implicit\nrank=3"}, "line's end"),
        ({"patience": 2}, "patience: the partition has no hold-out"),
    ],
    ids=str,
)
def test_a_setting_that_cannot_be_is_refused(settings, message, ratings):
    if message is None:
        return
    with pytest.raises(SettingError, match=message):
        ALS(**settings).fit(ratings)


def test_answers_check_their_arguments(ratings):
    model = ALS(factors=3, iterations=1).fit(ratings)
    for rows in (-1, 60, [0, 99], 1.5, "a", [[0]]):
        with pytest.raises((DataError, SettingError)):
            model.recommend(rows, N=2, filter_already_liked_items=False)
    for count in (0, -1, 1.5, True, 1 << 40):
        with pytest.raises(SettingError):
            model.recommend(0, ratings[0], N=count)
    with pytest.raises(SettingError, match="is needed to leave out"):
        model.recommend(0)
    with pytest.raises(DataError, match="has 60 rows for 1 users"):
        model.recommend(0, ratings)
    with pytest.raises(DataError, match="has 41 columns"):
        model.recommend(0, sp.csr_matrix((1, 41), dtype=np.float32))
    with pytest.raises(DataError, match="no finite number"):
        model.partial_fit_users([0], sp.csr_matrix(([np.nan], ([0], [1])), shape=(1, 40)))
    with pytest.raises(DataError, match="leaves rows out"):
        model.partial_fit_users([1000], ratings[0])
    with pytest.raises(NotFittedError):
        ALS().recommend(0)


def test_pointers_that_are_null_and_counts_that_are_wrong_fail_and_do_not_trap():
    for function, arguments in [
        (_library.ratings_csr, (1, 1, None, None, 1, None, 3, None, None)),
        (_library.ratings_csr, (-1, 1, None, None, 1, None, 3, None, None)),
        (_library.ratings_pairs, (None, None, None, None, None, 1, None, None)),
        (_library.train, (None, None, None, None, _library.OBSERVER(), None)),
        (_library.model_open, (None,)),
        (_library.model_save, (None, b"/tmp/m")),
        (_library.model_facts, (None,)),
        (_library.recommend, (None, None, 1, 1, None, 0, None, None, 1, None, None)),
        (_library.similar, (None, 0, None, 1, None, 1, 1, None, None)),
        (_library.fold_in, (None, 0, 1, None, None, None, 1, None)),
        (_library.explain, (None, None, None, 0, 0, 1)),
    ]:
        failure = ctypes.c_void_p()
        function(*arguments, ctypes.byref(failure))
        assert failure.value is not None
        # Nobody has to ask for the failure either.
        _library._failure_free(failure)
        function(*arguments, None)
