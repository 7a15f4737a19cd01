"""The model: settings, training, and what it knows after that."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable
from typing import Any

import numpy as np

from . import _arrow, _library
from ._answers import Answers
from ._matrix import NOWHERE, decimal_ids, id_bytes, ratings_of, sparse, texts
from ._parameters import Parameters
from ._run import Iteration, interruptible, progress_bar, train, usable_workers
from .errors import DataError, SettingError

_SIDECAR = "python.json"


class ALS(Parameters, Answers):
    """Matrix factorisation by alternating least squares (or SGD), exact and reproducible.

    Every argument is a setting of ``blockals train`` by its name, with its default where None.

    Args:
        factors: Numbers per user and item; 0 with biases for biases alone.
        regularization: λ, the weight of the factors' squared lengths.
        regularization_scaling: What λ is multiplied by: "count" or "none".
        feedback: What a rating says: "explicit" (the default) or "implicit".
        confidence: Implicit: "hu", "spark", "implicit" or "ials".
        alpha: Implicit: how much a rating adds to the confidence.
        unobserved_weight: Implicit, "ials": the weight of all cells.
        frequency_exponent: Implicit, "ials": the exponent of the ridge's growth.
        biases: Whether each user and item has a bias.
        bias_regularization: λ₂, the weight of the squared biases.
        bias_regularization_scaling: What λ₂ is multiplied by.
        nonnegative: Whether factors are held at or above zero.
        algorithm: "als" or "sgd".
        solver: "auto", "cholesky" or "cg".
        cg_steps: Steps of conjugate gradients.
        learning_rate, learning_rate_scaling, learning_rate_decay, learning_rate_damping, grid:
            Those of SGD.
        seed: Of the initial factors.
        iterations: At most.
        tolerance: Ends when an iteration lowers the objective by less than this share.
        stop_at_loss: Ends when the summed squared error has fallen so far.
        patience: Ends when so many iterations have not improved on the hold-out.
        workers: Threads; None for the cores that this process may use. No bit depends on it.
        memory: Bytes that training may hold.

    Attributes:
        user_factors: (users, factors), float32; one row for each row of the matrix.
        item_factors: (items, factors), float32.
        user_bias, item_bias: (users,), (items,); zeros in a model without biases.
        mean: What biases are relative to.
        digest: Of all factors, as ``blockals inspect --json`` says it.
        history: An objective and an RMSE for each iteration.
    """

    def __init__(
        self,
        factors: int = 64,
        regularization: float = 0.1,
        *,
        regularization_scaling: str | None = None,
        feedback: str | None = None,
        confidence: str | None = None,
        alpha: float | None = None,
        unobserved_weight: float | None = None,
        frequency_exponent: float | None = None,
        biases: bool = False,
        bias_regularization: float | None = None,
        bias_regularization_scaling: str | None = None,
        nonnegative: bool = False,
        algorithm: str | None = None,
        solver: str | None = None,
        cg_steps: int | None = None,
        learning_rate: float | None = None,
        learning_rate_scaling: str | None = None,
        learning_rate_decay: float | None = None,
        learning_rate_damping: float | None = None,
        grid: int | None = None,
        seed: int = 0,
        iterations: int = 15,
        tolerance: float | None = None,
        stop_at_loss: float | None = None,
        patience: int | None = None,
        workers: int | None = None,
        memory: int | None = None,
    ):
        given = dict(locals())
        # Not those of a subclass, which may have others.
        for name in ALS._names():
            setattr(self, name, given[name])

    # --- Training -----------------------------------------------------------------------------

    def fit(
        self,
        user_items: Any,
        y: None = None,
        *,
        callback: Callable[[Iteration], Any] | None = None,
        show_progress: bool = False,
        model_path: str | os.PathLike[str] | None = None,
        fresh: bool = False,
        checkpoint_interval: int | None = None,
        holdout: float | None = None,
        holdout_seed: int = 0,
        duplicates: str = "error",
    ) -> Any:
        """Trains on a SciPy sparse matrix of users × items; what is stored is a rating.

        Args:
            user_items: (users, items), best CSR with indices of 32 or 64 bits and values of
                float32 or float64: these are read where they lie.
            callback: Told of each iteration, in the thread that trains. An exception that it
                raises stops training and is raised from here.
            show_progress: Whether to show a bar, where tqdm is installed.
            model_path: A directory that training writes a generation into after each iteration
                (or each `checkpoint_interval`), and in which it goes on where it was stopped.
                None trains in memory.
            fresh: Throw away what is in `model_path`.
            holdout: The share of ratings to keep back and to measure with, a hash of user, item
                and `holdout_seed` decides; `patience` watches it.
            duplicates: What counts where a pair is stored several times: "error", "last", "sum",
                "mean" or "keep".

        Returns:
            Itself.

        Raises:
            KeyboardInterrupt: Training has ended cleanly; with `model_path` the last iterations
                are on the disk.
            blockals.DataError: The matrix breaks a rule; the row is named.
            blockals.SettingError: A setting is wrong, or does not go with another.
        """
        matrix = sparse(user_items)
        partition = self._partition_settings(holdout, holdout_seed, duplicates)
        return self._fit(
            lambda stop: ratings_of(matrix, partition, stop), matrix.shape, callback,
            show_progress, model_path, fresh, checkpoint_interval)

    def fit_table(
        self,
        table: Any,
        user: str = "user",
        item: str = "item",
        rating: str | None = "rating",
        *,
        callback: Callable[[Iteration], Any] | None = None,
        show_progress: bool = False,
        model_path: str | os.PathLike[str] | None = None,
        fresh: bool = False,
        checkpoint_interval: int | None = None,
        holdout: float | None = None,
        holdout_seed: int = 0,
        duplicates: str = "error",
    ) -> Any:
        """Trains on a table with the Arrow C stream interface: pyarrow, polars, DuckDB, pandas.

        Args:
            table: A row for each rating.
            user, item: The columns of ids: integers, text, or either by a dictionary. No nulls.
            rating: The column of ratings; None where each row is a rating of 1.

        The other arguments are those of :meth:`fit`. Rows of ``user_factors`` are the model's own
        numbers, by descending count of ratings; ``user_ids`` says which id each has.
        """
        ids = (_library.Ids(), _library.Ids())
        users, items, values, kinds = [], [], [], set()
        for columns in _arrow.chunks(table, [user, item] + ([] if rating is None else [rating])):
            kinds.add((columns[0].is_integer, columns[1].is_integer))
            users.append(columns[0].ids(ids[0]))
            items.append(columns[1].ids(ids[1]))
            if rating is not None:
                # A copy: the chunk goes with the next one.
                values.append(columns[2].values().copy())
        if not users:
            raise DataError("the table has no rows")
        whole = [np.concatenate(parts) for parts in (users, items)]
        ratings = None if rating is None else np.concatenate(values)
        partition = self._partition_settings(holdout, holdout_seed, duplicates)

        def take(stop: _library.Stop) -> _library.Ratings:
            return _library.Ratings(
                _library.call(
                    _library.ratings_pairs, ids[0].address, ids[1].address,
                    _library.pointer(whole[0]), _library.pointer(whole[1]),
                    _library.pointer(ratings), len(whole[0]), partition, stop.address))

        self._integer_ids = kinds.pop() if len(kinds) == 1 else (False, False)
        return self._fit(
            take, None, callback, show_progress, model_path, fresh, checkpoint_interval)

    def _partition_settings(
        self, holdout: float | None, holdout_seed: int, duplicates: str
    ) -> bytes:
        return _library.settings({
            "holdout": None if holdout is None else float(holdout),
            "holdout-seed": None if holdout is None else holdout_seed,
            "duplicates": duplicates, "workers": self._worker_count(),
        })

    def _worker_count(self) -> int:
        if self.workers is None:
            return usable_workers()
        if isinstance(self.workers, bool) or not isinstance(self.workers, (int, np.integer)):
            raise SettingError(f"{self.workers!r} is no whole number", place="workers")
        if not 1 <= self.workers <= 1024:
            raise SettingError(f"{self.workers} is not between 1 and 1024", place="workers")
        return int(self.workers)

    def _settings(self) -> dict[str, Any]:
        """The settings of the command, by its names."""
        values = {
            name.replace("_", "-"): value for name, value in self.get_params().items()
            if name not in ("factors", "workers")
        }
        values["rank"] = self.factors
        values["workers"] = self._worker_count()
        # A flag that is down says nothing, also where it would have no meaning.
        for flag in ("biases", "nonnegative"):
            values[flag] = True if values[flag] else None
        for name in (
            "regularization", "alpha", "unobserved-weight", "frequency-exponent",
            "bias-regularization", "learning-rate", "learning-rate-decay",
            "learning-rate-damping", "tolerance", "stop-at-loss",
        ):
            if isinstance(values[name], (int, np.integer)) and not isinstance(values[name], bool):
                values[name] = float(values[name])
        return values

    def _fit(
        self, take: Any, shape: tuple[int, int] | None, callback: Any, show_progress: bool,
        model_path: Any, fresh: bool, checkpoint_interval: int | None,
    ) -> Any:
        settings = self._settings()
        settings["fresh"] = True if fresh else None
        settings["checkpoint-interval"] = checkpoint_interval
        lines = _library.settings(settings)
        bar = progress_bar(show_progress, settings["iterations"])
        try:
            model = interruptible(
                lambda stop: train(take(stop), model_path, lines, callback, bar, stop))
        finally:
            if bar is not None:
                bar.close()
        self._adopt(model, shape)
        if model_path is not None:
            self._write_sidecar(model_path)
        return self

    # --- What was trained ---------------------------------------------------------------------

    def _adopt(self, model: _library.Model, shape: tuple[int, int] | None) -> None:
        """Takes a model over; with a shape, rows are the numbers that ids say."""
        facts = model.facts()
        self._model, self._facts, self._shape = model, facts, shape
        self._width = facts["rank"] + (1 if facts["biases"] else 0)
        self._tables, self._rows, self._places, self._id_lists = [], [], [], [None, None]
        for side, count in enumerate((facts["users"], facts["items"])):
            table = np.empty((count, self._width), np.float32)
            _library.call(
                _library.model_factors, model.address, side, _library.pointer(table), table.size)
            rows = places = None
            if shape is not None:
                rows = decimal_ids(*id_bytes(model, side, count))
                if count and not 0 <= int(rows.min()) <= int(rows.max()) < shape[side]:
                    raise DataError(f"the model's ids are no rows of a matrix of {shape}")
                whole = np.zeros((shape[side], self._width), np.float32)
                whole[rows] = table
                table = whole
                places = np.full(shape[side], NOWHERE, np.uint32)
                places[rows] = np.arange(count, dtype=np.uint32)
            self._tables.append(table)
            self._rows.append(rows)
            self._places.append(places)
        self.digest: str = facts["digest"]
        self.mean: float = facts["mean"]
        self.history: list[dict[str, float | None]] = facts["history"]

    def _ids(self, side: int) -> np.ndarray:
        self._require_fitted()
        if self._id_lists[side] is None:
            if self._shape is not None:
                names = np.arange(self._shape[side])
            else:
                data = texts(*id_bytes(self._model, side, len(self._tables[side])))
                if getattr(self, "_integer_ids", (False, False))[side]:
                    names = np.array([int(name) for name in data])
                else:
                    names = np.array(
                        [name.decode("utf-8", "surrogateescape") for name in data], object)
            self._id_lists[side] = names
        return self._id_lists[side]

    @property
    def user_ids(self) -> np.ndarray:
        """The id of each row of ``user_factors``."""
        return self._ids(0)

    @property
    def item_ids(self) -> np.ndarray:
        """The id of each row of ``item_factors``."""
        return self._ids(1)

    def _index(self, side: int, name: Any) -> int:
        ids = self._ids(side)
        found = np.flatnonzero(ids == name)
        if len(found) != 1:
            raise KeyError(name)
        return int(found[0])

    def user_index(self, id: Any) -> int:
        """The row of ``user_factors`` of an id; KeyError where there is none."""
        return self._index(0, id)

    def item_index(self, id: Any) -> int:
        """The row of ``item_factors`` of an id; KeyError where there is none."""
        return self._index(1, id)

    # --- Files --------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the model that was trained into a directory that does not exist yet.

        Every subcommand of ``blockals`` reads it. What ``partial_fit_users`` has changed since is
        not in it.
        """
        self._require_fitted()
        _library.call(_library.model_save, self._model.address, _library.path_bytes(path))
        self._write_sidecar(path)

    def _write_sidecar(self, path: str | os.PathLike[str]) -> None:
        """Notes what only this package needs: which ids are rows of a matrix."""
        note = {
            "params": self.get_params(), "shape": self._shape,
            "integerIds": getattr(self, "_integer_ids", (False, False)),
        }
        target = os.path.join(os.fspath(path), _SIDECAR)
        unfinished = f"{target}.tmp-{secrets.token_hex(8)}"
        with open(unfinished, "w") as file:
            json.dump(note, file, default=float)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Any:
        """Reads a model, whoever has trained it.

        Rows of one that was fitted on a matrix are those of the matrix. Rows of any other are the
        model's own numbers, and ``user_ids`` and ``item_ids`` have their ids as text.
        """
        model = _library.Model(
            _library.call(_library.model_open, _library.path_bytes(path)))
        note: dict[str, Any] = {}
        try:
            with open(os.path.join(os.fspath(path), _SIDECAR)) as file:
                note = json.load(file)
        except FileNotFoundError:
            pass
        except ValueError as error:
            raise DataError("is damaged", place=os.path.join(os.fspath(path), _SIDECAR)) from error
        known = {
            name: value for name, value in (note.get("params") or {}).items()
            if name in cls._names()
        }
        loaded = cls(**known)
        loaded._integer_ids = tuple(note.get("integerIds") or (False, False))
        shape = note.get("shape")
        if not known:
            loaded._take_settings(model.facts()["settings"])
        loaded._adopt(model, None if shape is None else (int(shape[0]), int(shape[1])))
        return loaded

    def _take_settings(self, settings: dict[str, str]) -> None:
        """Takes over what a model was trained with."""
        for name, text in settings.items():
            parameter = "factors" if name == "rank" else name.replace("-", "_")
            if parameter not in self._names():
                continue
            value: Any = {"yes": True, "no": False}.get(text, text)
            if isinstance(value, str):
                for kind in (int, float):
                    try:
                        value = kind(text)
                        break
                    except ValueError:
                        pass
            setattr(self, parameter, value)
        if "bias-regularization" in settings:
            self.biases = True
