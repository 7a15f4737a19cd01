"""What a model answers has implicit's shapes, and is what the factors say."""

import numpy as np
import pytest
import scipy.sparse as sp
from blockals import ALS, DataError, SettingError
from blockals.implicit import AlternatingLeastSquares


@pytest.fixture(scope="module", params=[{}, {"biases": True}, {"feedback": "implicit"}], ids=str)
def model(request, ratings):
    return ALS(factors=6, iterations=4, **request.param).fit(ratings)


def scores_of(model, user):
    return np.array([
        model.predict([user], [item])[0] for item in range(len(model.item_factors))])


def known_items(ratings):
    return np.flatnonzero(np.bincount(ratings.indices, minlength=ratings.shape[1]))


def test_a_ranking_is_that_of_the_scores(model, ratings):
    items, scores = model.recommend(4, ratings[4], N=7)
    assert items.shape == scores.shape == (7,)
    assert items.dtype == np.int32 and scores.dtype == np.float32
    expected = scores_of(model, 4)
    np.testing.assert_allclose(scores, expected[items], rtol=1e-4, atol=1e-5)
    candidates = np.setdiff1d(known_items(ratings), ratings[4].indices)
    assert scores[-1] <= scores[0]
    assert expected[candidates].max() == pytest.approx(scores[0], rel=1e-4)
    assert set(items) <= set(candidates)


def test_several_users_have_a_row_each(model, ratings):
    users = [9, 3, 9]
    items, scores = model.recommend(users, ratings[users], N=5)
    assert items.shape == scores.shape == (3, 5)
    for row, user in enumerate(users):
        one, own = model.recommend(user, ratings[user], N=5)
        np.testing.assert_array_equal(items[row], one)
        np.testing.assert_array_equal(scores[row], own)
    all_items, _ = model.recommend_all(ratings, N=5)
    np.testing.assert_array_equal(all_items[users], items)


def test_items_are_chosen_and_left_out(model, ratings):
    only, _ = model.recommend(4, N=10, items=[1, 2, 3, 2], filter_already_liked_items=False)
    assert set(only[only >= 0]) <= {1, 2, 3}
    all_items, _ = model.recommend(4, N=3, filter_already_liked_items=False)
    others, _ = model.recommend(
        4, N=3, filter_items=all_items[:1], filter_already_liked_items=False)
    np.testing.assert_array_equal(others[:2], all_items[1:])
    with pytest.raises(SettingError, match="goes not together"):
        model.recommend(4, N=3, items=[1], filter_items=[2], filter_already_liked_items=False)
    many, scores = model.recommend(4, ratings[4], N=1000)
    left = many == -1
    assert left.sum() >= ratings[4].nnz and np.isneginf(scores[left]).all()


def test_neighbours_are_cosines_and_begin_with_itself(model):
    items, cosines = model.similar_items(2, N=4)
    factors = model.item_factors
    norms = np.linalg.norm(factors, axis=1)
    expected = factors[items] @ factors[2] / norms[items] / norms[2]
    np.testing.assert_allclose(cosines, expected, rtol=1e-4)
    assert items[0] == 2 and cosines[0] == pytest.approx(1)
    fewer, _ = model.similar_items(2, N=3, filter_items=[2])
    np.testing.assert_array_equal(fewer, items[1:])
    chosen, _ = model.similar_items(2, N=2, items=items[2:])
    np.testing.assert_array_equal(chosen, items[2:])
    users, cosines = model.similar_users([1, 5], N=3)
    assert users.shape == cosines.shape == (2, 3)
    assert list(users[:, 0]) == [1, 5]


def test_factors_are_views_that_nobody_changes(model):
    assert model.user_factors.base is not None
    with pytest.raises(ValueError, match="read-only"):
        model.user_factors[0, 0] = 1
    assert model.user_factors.shape == (60, 6) and model.item_factors.shape == (40, 6)
    assert model.user_bias.shape == (60,)


def test_a_row_without_ratings_has_factors_of_zeros():
    matrix = sp.csr_matrix(([4.0, 2.0], ([0, 3], [1, 4])), shape=(5, 6), dtype=np.float32)
    model = ALS(factors=2, iterations=1).fit(matrix)
    assert not model.user_factors[[1, 2, 4]].any() and not model.item_factors[[0, 2, 3, 5]].any()
    items, _ = model.recommend(0, matrix[0], N=6)
    assert set(items) == {4, -1}


def test_a_refit_of_the_own_ratings_changes_nothing(model, ratings):
    """The users are solved last: each is the minimum for its ratings already."""
    before = model.user_factors.copy()
    model.partial_fit_users(np.arange(60), ratings)
    np.testing.assert_allclose(model.user_factors, before, rtol=1e-5, atol=1e-6)


def test_new_users_get_rows(model, ratings):
    model.partial_fit_users([60, 61], ratings[[7, 8]])
    assert model.user_factors.shape == (62, 6)
    np.testing.assert_allclose(
        model.user_factors[60:], model.user_factors[[7, 8]], rtol=1e-4, atol=1e-5)
    ranked, _ = model.recommend(60, ratings[7], N=5)
    again, _ = model.recommend(0, ratings[7], N=5, recalculate_user=True)
    np.testing.assert_array_equal(ranked, again)


def test_parts_of_a_score_make_it_up(model, ratings):
    score, parts, _ = model.explain(4, ratings, 2, N=1000)
    assert score == pytest.approx(scores_of(model, 4)[2], rel=1e-3)
    assert {item for item, _ in parts} == set(ratings[4].indices)
    baseline = model.mean + model.item_bias[2] if model.biases else 0
    assert sum(part for _, part in parts) + baseline == pytest.approx(score, rel=1e-3)
    alone, _, _ = model.explain(4, ratings[4], 2)
    assert alone == score


def test_a_model_that_solves_no_rows_explains_nothing(ratings):
    model = ALS(factors=3, iterations=2, algorithm="sgd").fit(ratings)
    with pytest.raises(SettingError, match="stochastic gradient descent solves no equations"):
        model.explain(4, ratings, 2)


def test_a_saved_model_answers_the_same(model, ratings, tmp_path):
    model = ALS(**model.get_params()).fit(ratings)
    model.save(tmp_path / "m")
    loaded = ALS.load(tmp_path / "m")
    assert loaded.get_params() == model.get_params() and loaded.digest == model.digest
    for one, other in [(loaded, model)]:
        for left, right in zip(one.recommend(3, ratings[3]), other.recommend(3, ratings[3])):
            np.testing.assert_array_equal(left, right)
    with pytest.raises(FileExistsError):
        model.save(tmp_path / "m")
    with pytest.raises(FileNotFoundError):
        ALS.load(tmp_path / "other")
    (tmp_path / "m" / "python.json").write_text("{")
    with pytest.raises(DataError, match="python.json: is damaged"):
        ALS.load(tmp_path / "m")


def test_scikit_learn_copies_and_searches_models(ratings):
    from sklearn.base import clone
    from sklearn.model_selection import ParameterGrid

    model = ALS(factors=5, alpha=3.0, feedback="implicit")
    assert clone(model).get_params() == model.get_params()
    best = max(
        ParameterGrid({"factors": [1, 4], "regularization": [0.01, 10.0]}),
        key=lambda point: ALS(iterations=3).set_params(**point).fit(ratings).score(ratings))
    assert best == {"factors": 4, "regularization": 0.01}
    with pytest.raises(SettingError, match="rank: is no setting of ALS"):
        model.set_params(rank=3)


def test_implicit_s_own_names_and_defaults_serve(ratings):
    seen = []
    model = AlternatingLeastSquares(factors=5, regularization=0.1, alpha=2.0, random_state=3)
    model.fit(
        ratings, show_progress=False,
        callback=lambda iteration, seconds, loss: seen.append(iteration))
    assert seen == list(range(15))
    same = ALS(
        5, 0.1, feedback="implicit", confidence="implicit", alpha=2.0, seed=3).fit(ratings)
    assert model.digest == same.digest
