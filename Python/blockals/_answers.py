"""What a model answers: names and shapes are those of the library implicit."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from . import _library
from ._matrix import NOWHERE, rows_by_index, sparse
from .errors import DataError, NotFittedError, SettingError


class Answers:
    """Answers of a model that was fitted; rows are those of the matrix, or the model's numbers."""

    # What `ALS._adopt` has set, users first.
    _model: _library.Model
    _tables: list[np.ndarray]
    _rows: list[np.ndarray | None]
    _places: list[np.ndarray | None]
    _facts: dict[str, Any]
    _width: int

    def _worker_count(self) -> int:
        raise NotImplementedError

    def _require_fitted(self) -> None:
        if not hasattr(self, "_model"):
            raise NotFittedError(
                "this model has not been fitted", hint="call fit, fit_table or load first")

    @property
    def user_factors(self) -> np.ndarray:
        """(users, factors), float32: a view."""
        return self._factors(0)

    @property
    def item_factors(self) -> np.ndarray:
        """(items, factors), float32: a view."""
        return self._factors(1)

    def _factors(self, side: int) -> np.ndarray:
        self._require_fitted()
        view = self._tables[side][:, : self._facts["rank"]]
        view.flags.writeable = False
        return view

    @property
    def user_bias(self) -> np.ndarray:
        """(users,), float32; zeros in a model without biases."""
        return self._bias(0)

    @property
    def item_bias(self) -> np.ndarray:
        """(items,), float32; zeros in a model without biases."""
        return self._bias(1)

    def _bias(self, side: int) -> np.ndarray:
        self._require_fitted()
        if not self._facts["biases"]:
            return np.zeros(len(self._tables[side]), np.float32)
        view = self._tables[side][:, -1]
        view.flags.writeable = False
        return view

    # --- Arguments ----------------------------------------------------------------------------

    def _numbers(self, side: int, given: Any, name: str) -> tuple[np.ndarray, bool]:
        """Rows that are asked for, and whether it is one alone."""
        self._require_fitted()
        array = np.asarray(given)
        if array.dtype.kind not in "iu" and array.size:
            raise SettingError(f"{given!r} are no row numbers", place=name)
        if array.ndim > 1:
            raise SettingError("are more than a list of row numbers", place=name)
        rows = array.reshape(-1).astype(np.int64)
        count = len(self._tables[side])
        bad = (rows < 0) | (rows >= count)
        if bad.any():
            raise DataError(f"{rows[bad][0]} is not between 0 and {count - 1}", place=name)
        return rows, array.ndim == 0

    def _inside(self, side: int, rows: np.ndarray) -> np.ndarray:
        """The model's indices of rows; those that it has nothing of are left out."""
        places = self._places[side]
        indices = rows.astype(np.uint32) if places is None else places[rows]
        return np.ascontiguousarray(indices[indices != NOWHERE])

    def _outside(self, side: int, indices: np.ndarray) -> np.ndarray:
        """The rows of the model's indices; -1 where there is none."""
        rows = self._rows[side]
        found = np.full(indices.shape, -1, np.int32)
        known = indices != NOWHERE
        found[known] = indices[known] if rows is None else rows[indices[known]]
        return found

    @staticmethod
    def _limit(count: Any) -> int:
        if isinstance(count, (bool, np.bool_)) or not isinstance(count, (int, np.integer)):
            raise SettingError(f"{count!r} is no whole number", place="N")
        if not 1 <= count < 1 << 31:
            raise SettingError(f"{count} is not at least 1", place="N")
        return int(count)

    # --- Rankings -----------------------------------------------------------------------------

    def recommend(
        self,
        userid: Any,
        user_items: Any = None,
        N: int = 10,
        filter_already_liked_items: bool = True,
        filter_items: Any = None,
        recalculate_user: bool = False,
        items: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The best items for a user, or for each of several.

        Args:
            userid: A row of ``user_factors``, or an array of them.
            user_items: (users asked for, items) CSR: what they have rated.
            N: Items at most.
            filter_already_liked_items: Leave out what is in `user_items`.
            filter_items: Items that nobody gets.
            recalculate_user: Give the users factors by `user_items` first.
            items: Choose among these items alone.

        Returns:
            Items and scores, best first: (N,) each for one user, (users, N) for several. Places
            that are left over have item -1 and score -inf.
        """
        users, is_one = self._numbers(0, userid, "userid")
        seen = None
        if filter_already_liked_items or recalculate_user:
            if user_items is None:
                raise SettingError(
                    "is needed to leave out what users have rated", place="user_items",
                    hint="give their rows, or filter_already_liked_items=False")
            matrix = sparse(user_items)
            if matrix.shape[0] != len(users):
                raise DataError(
                    f"has {matrix.shape[0]} rows for {len(users)} users", place="user_items")
            self._require_columns(1, matrix.shape[1])
            seen = rows_by_index(matrix, self._places[1], "user_items")
        rows = self._tables[0][users]
        if recalculate_user and seen is not None:
            rows = self._fold(0, *seen)
        among = self._among(filter_items, items)
        return self._ranked(
            np.ascontiguousarray(rows), seen if filter_already_liked_items else None, among,
            self._limit(N), is_one)

    def recommend_all(
        self, user_items: Any = None, N: int = 10, filter_already_liked_items: bool = True,
        filter_items: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The best items for every user: (users, N) items and scores."""
        self._require_fitted()
        users = np.arange(len(self._tables[0]))
        return self.recommend(users, user_items, N, filter_already_liked_items, filter_items)

    def _require_columns(self, side: int, count: int) -> None:
        if count > len(self._tables[side]):
            raise DataError(
                f"has {count} columns, the model {len(self._tables[side])} "
                f"{('users', 'items')[side]}", place="user_items" if side else "item_users")

    def _among(self, without: Any, only: Any) -> np.ndarray | None:
        if without is not None and only is not None:
            raise SettingError("goes not together with items", place="filter_items")
        if only is not None:
            rows, _ = self._numbers(1, only, "items")
            return self._inside(1, np.unique(rows))
        if without is None:
            return None
        rows, _ = self._numbers(1, without, "filter_items")
        keeps = np.ones(self._facts["items"], bool)
        keeps[self._inside(1, rows)] = False
        return np.flatnonzero(keeps).astype(np.uint32)

    def _ranked(
        self, rows: np.ndarray, seen: Any, among: np.ndarray | None, limit: int, is_one: bool
    ) -> tuple[np.ndarray, np.ndarray]:
        limit = min(limit, len(self._tables[1]))
        indices = np.empty((len(rows), limit), np.uint32)
        scores = np.empty((len(rows), limit), np.float32)
        starts, columns = (None, None) if seen is None else seen[:2]
        _library.call(
            _library.recommend, self._model.address, _library.pointer(rows), len(rows), limit,
            _library.pointer(among), 0 if among is None else len(among),
            _library.pointer(starts), _library.pointer(columns), self._worker_count(),
            _library.pointer(indices), _library.pointer(scores))
        found = self._outside(1, indices)
        return (found[0], scores[0]) if is_one else (found, scores)

    def similar_items(
        self, itemid: Any, N: int = 10, recalculate_item: bool = False, item_users: Any = None,
        filter_items: Any = None, items: Any = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The items whose factors point most nearly in the same direction, itself first.

        Returns:
            Items and cosines: (N,) each for one item, (items asked for, N) for several.
        """
        return self._similar(1, itemid, N, recalculate_item, item_users, filter_items, items)

    def similar_users(
        self, userid: Any, N: int = 10, filter_users: Any = None, users: Any = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The users whose factors point most nearly in the same direction, itself first."""
        return self._similar(0, userid, N, False, None, filter_users, users)

    def _similar(
        self, side: int, given: Any, N: int, recalculate: bool, ratings: Any, without: Any,
        only: Any,
    ) -> tuple[np.ndarray, np.ndarray]:
        numbers, is_one = self._numbers(side, given, ("userid", "itemid")[side])
        limit = self._limit(N)
        rows = self._tables[side][numbers]
        if recalculate:
            if ratings is None:
                raise SettingError("is needed to recalculate", place="item_users")
            matrix = sparse(ratings, "item_users")
            if matrix.shape[0] != len(numbers):
                raise DataError(f"has {matrix.shape[0]} rows for {len(numbers)} items",
                                place="item_users")
            self._require_columns(1 - side, matrix.shape[1])
            rows = self._fold(side, *rows_by_index(matrix, self._places[1 - side], "item_users"))
        out = np.zeros(len(self._tables[side]), bool)
        if only is not None:
            out[:] = True
            out[self._numbers(side, only, "items")[0]] = False
        if without is not None:
            out[self._numbers(side, without, "filter_items")[0]] = True
        # So many more are asked for that enough are left.
        wanted = min(limit + int(out.sum()), max(1, self._facts[("users", "items")[side]]))
        indices = np.empty((len(numbers), wanted), np.uint32)
        cosines = np.empty((len(numbers), wanted), np.float32)
        rows = np.ascontiguousarray(rows)
        _library.call(
            _library.similar, self._model.address, side, _library.pointer(rows), len(rows), None,
            wanted, self._worker_count(), _library.pointer(indices), _library.pointer(cosines))
        found = self._outside(side, indices)
        if out.any():
            found, cosines = _without(found, cosines, out, limit)
        return (found[0], cosines[0]) if is_one else (found, cosines)

    # --- New ratings --------------------------------------------------------------------------

    def _fold(
        self, side: int, starts: np.ndarray, indices: np.ndarray, values: np.ndarray
    ) -> np.ndarray:
        rows = np.zeros((len(starts) - 1, self._width), np.float32)
        _library.call(
            _library.fold_in, self._model.address, side, len(rows), _library.pointer(starts),
            _library.pointer(indices), _library.pointer(values), self._worker_count(),
            _library.pointer(rows))
        return rows

    def partial_fit_users(self, userids: Any, user_items: Any) -> None:
        """Gives users factors by their ratings, all items as they are; new rows are added.

        Args:
            userids: Rows of ``user_factors``, existing or beyond its end.
            user_items: (users asked for, items) CSR: all that they have rated.
        """
        self._require_fitted()
        numbers = np.atleast_1d(np.asarray(userids))
        if numbers.ndim != 1 or numbers.dtype.kind not in "iu" or (numbers < 0).any():
            raise SettingError(f"{userids!r} are no row numbers", place="userids")
        matrix = sparse(user_items)
        if matrix.shape[0] != len(numbers):
            raise DataError(
                f"has {matrix.shape[0]} rows for {len(numbers)} users", place="user_items")
        self._require_columns(1, matrix.shape[1])
        rows = self._fold(0, *rows_by_index(matrix, self._places[1], "user_items"))
        table = self._tables[0]
        most = int(numbers.max(initial=-1)) + 1
        if most > len(table):
            # Rows in between would be of nobody.
            if most - len(table) > len(numbers):
                raise DataError(
                    f"{most - 1} leaves rows out: the model has {len(table)}", place="userids")
            table = np.concatenate(
                [table, np.zeros((most - len(table), self._width), np.float32)])
        else:
            table = table.copy()
        table[numbers] = rows
        self._tables[0] = table

    def predict(self, users: Any, items: Any) -> np.ndarray:
        """The predicted ratings of pairs, as many as there are users and items."""
        users, _ = self._numbers(0, users, "users")
        items, _ = self._numbers(1, items, "items")
        if len(users) != len(items):
            raise DataError(f"{len(users)} users and {len(items)} items are no pairs")
        products = np.einsum(
            "nf,nf->n", self.user_factors[users], self.item_factors[items])
        if not self._facts["biases"]:
            return products
        return np.float32(self.mean) + self.user_bias[users] + self.item_bias[items] + products

    mean: float

    def score(self, user_items: Any, y: None = None) -> float:
        """The root mean squared error over the ratings of a matrix, negative: more is better."""
        matrix = sparse(user_items)
        count = int(matrix.indptr[-1])
        if count == 0:
            raise DataError("has no rating", place="user_items")
        users = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        errors = matrix.data[:count] - self.predict(users, matrix.indices[:count])
        return -float(np.sqrt(np.mean(np.square(errors, dtype=np.float64))))

    def explain(
        self, userid: int, user_items: Any, itemid: int, user_weights: None = None, N: int = 10
    ) -> tuple[float, list[tuple[int, float]], None]:
        """Which of a user's ratings carry the score of an item.

        Args:
            userid: A row of ``user_factors``.
            user_items: (users, items) CSR, or the user's row alone.

        Returns:
            The score, the N ratings that add or take most as (item, part), and None, where
            implicit has what makes a second call faster. With biases the parts and the mean and
            the item's bias make up the score.
        """
        users, _ = self._numbers(0, userid, "userid")
        items, _ = self._numbers(1, itemid, "itemid")
        limit = self._limit(N)
        matrix = sparse(user_items)
        self._require_columns(1, matrix.shape[1])
        starts, columns, values = rows_by_index(matrix, self._places[1], "user_items")
        row = 0 if matrix.shape[0] == 1 else int(users[0])
        if row >= matrix.shape[0]:
            raise DataError(f"has no row {row}", place="user_items")
        own = slice(int(starts[row]), int(starts[row + 1]))
        item = self._inside(1, items)
        if len(item) == 0:
            raise DataError(f"{itemid} has no ratings, and nothing is known of it", place="itemid")
        columns, values = np.ascontiguousarray(columns[own]), np.ascontiguousarray(values[own])
        answer = json.loads(_library.taken(_library.call(
            _library.explain, self._model.address, _library.pointer(columns),
            _library.pointer(values), len(columns), int(item[0]), self._worker_count())))
        parts = answer["parts"][:limit]
        rows = self._outside(1, np.array([part["item"] for part in parts], np.uint32))
        return answer["score"], [
            (int(row), part["value"]) for row, part in zip(rows, parts)], None


def _without(
    found: np.ndarray, scores: np.ndarray, out: np.ndarray, limit: int
) -> tuple[np.ndarray, np.ndarray]:
    """Rankings without some rows, filled up with -1."""
    left = np.full((len(found), limit), -1, found.dtype)
    kept = np.full((len(found), limit), -np.inf, np.float32)
    for number, ranking in enumerate(found):
        keeps = np.flatnonzero((ranking >= 0) & ~out[ranking])[:limit]
        left[number, :len(keeps)] = ranking[keeps]
        kept[number, :len(keeps)] = scores[number, keeps]
    return left, kept
