"""Sparse matrices and ids as the library takes them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from . import _library
from .errors import DataError

NOWHERE = np.uint32(0xFFFFFFFF)


class Sparse(NamedTuple):
    """A CSR matrix whose arrays go together; what is stored is a rating."""

    shape: tuple[int, int]
    indptr: np.ndarray
    indices: np.ndarray
    data: np.ndarray


def sparse(matrix: Any, name: str = "user_items") -> Sparse:
    """Takes a SciPy sparse matrix or array, copying only what the library cannot read as it is."""
    if not hasattr(matrix, "tocsr") or len(getattr(matrix, "shape", ())) != 2:
        raise TypeError(
            f"{name} is no sparse matrix of SciPy but {type(matrix).__name__}: "
            "make it one by scipy.sparse.csr_matrix"
        )
    matrix = matrix.tocsr()
    rows, columns = (int(size) for size in matrix.shape)
    indptr = np.ascontiguousarray(matrix.indptr, np.int64)
    if indptr.ndim != 1 or len(indptr) != rows + 1:
        raise DataError(f"has {indptr.size} entries for {rows} rows", place=f"{name}.indptr")
    indices = np.asarray(matrix.indices)
    if indices.size and indices.dtype.kind not in "iu":
        raise DataError(f"is of the type {indices.dtype}", place=f"{name}.indices")
    if indices.dtype not in (np.int32, np.int64) or not indices.dtype.isnative:
        indices = indices.astype(np.int64)
    data = np.asarray(matrix.data)
    if data.size and data.dtype.kind not in "fiub":
        raise DataError(f"is of the type {data.dtype}: ratings are numbers", place=f"{name}.data")
    if data.dtype not in (np.float32, np.float64) or not data.dtype.isnative:
        data = data.astype(np.float32)
    count = int(indptr[-1])
    if indices.ndim != 1 or data.ndim != 1 or not 0 <= count <= min(len(indices), len(data)):
        raise DataError(
            f"says that there are {count} ratings; there are {indices.size} indices and "
            f"{data.size} values", place=f"{name}.indptr")
    return Sparse(
        (rows, columns), indptr, np.ascontiguousarray(indices), np.ascontiguousarray(data))


def ratings_of(matrix: Sparse, settings: bytes, stop: _library.Stop) -> _library.Ratings:
    """Takes a matrix over as ratings in memory."""
    return _library.Ratings(
        _library.call(
            _library.ratings_csr, *matrix.shape, _library.pointer(matrix.indptr),
            _library.pointer(matrix.indices), 1 if matrix.indices.dtype == np.int32 else 2,
            _library.pointer(matrix.data), 3 if matrix.data.dtype == np.float32 else 4,
            settings, stop.address))


def rows_by_index(
    matrix: Sparse, places: np.ndarray | None, name: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matrix with a model's indices in place of its columns, as (indptr, indices, values).

    Columns that the model has nothing of are left out.
    """
    count = int(matrix.indptr[-1])
    columns = matrix.indices[:count]
    lengths = np.diff(matrix.indptr)
    if matrix.indptr[0] != 0 or (lengths < 0).any():
        raise DataError("does not begin with 0 and ascend", place=f"{name}.indptr")
    if count and (int(columns.min()) < 0 or int(columns.max()) >= matrix.shape[1]):
        raise DataError(f"has a column outside of 0…{matrix.shape[1] - 1}", place=f"{name}.indices")
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(matrix.data[:count], np.float32)
    if not np.isfinite(values).all():
        raise DataError("has a value that is no finite number", place=f"{name}.data")
    if places is None:
        return matrix.indptr, np.ascontiguousarray(columns, np.uint32), values
    indices = places[columns]
    known = indices != NOWHERE
    if known.all():
        return matrix.indptr, np.ascontiguousarray(indices), values
    before = np.concatenate([[0], np.cumsum(known)]).astype(np.int64)
    return before[matrix.indptr], indices[known], values[known]


def id_bytes(model: _library.Model, side: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The ids of a model's side: all bytes, and where each begins."""
    data = np.empty(max(1, _library.model_id_bytes(model.address, side)), np.uint8)
    offsets = np.empty(count + 1, np.int64)
    _library.call(
        _library.model_ids, model.address, side, _library.pointer(data), len(data),
        _library.pointer(offsets), len(offsets))
    return data, offsets


def decimal_ids(data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """Ids that are decimal numbers, as numbers."""
    lengths = np.diff(offsets)
    numbers = np.zeros(len(lengths), np.int64)
    for digit in range(int(lengths.max(initial=0))):
        has = lengths > digit
        numbers[has] = numbers[has] * 10 + data[offsets[:-1][has] + digit] - 48
    return numbers


def texts(data: np.ndarray, offsets: np.ndarray) -> list[bytes]:
    """Ids as bytes."""
    whole = data.tobytes()
    bounds = offsets.tolist()
    return [whole[start:end] for start, end in zip(bounds, bounds[1:])]
