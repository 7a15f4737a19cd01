"""Ratings out of anything with the Arrow C stream interface, without a library for Arrow.

The structures are those of https://arrow.apache.org/docs/format/CStreamInterface.html.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from typing import Any

import numpy as np

from . import _library
from .errors import DataError, SettingError


class _Schema(Structure):
    pass


class _Array(Structure):
    pass


class _Stream(Structure):
    pass


_Schema._fields_ = [
    ("format", c_char_p), ("name", c_char_p), ("metadata", c_void_p), ("flags", c_int64),
    ("n_children", c_int64), ("children", POINTER(POINTER(_Schema))),
    ("dictionary", POINTER(_Schema)), ("release", CFUNCTYPE(None, POINTER(_Schema))),
    ("private_data", c_void_p),
]
_Array._fields_ = [
    ("length", c_int64), ("null_count", c_int64), ("offset", c_int64), ("n_buffers", c_int64),
    ("n_children", c_int64), ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(_Array))), ("dictionary", POINTER(_Array)),
    ("release", CFUNCTYPE(None, POINTER(_Array))), ("private_data", c_void_p),
]
_Stream._fields_ = [
    ("get_schema", CFUNCTYPE(c_int, POINTER(_Stream), POINTER(_Schema))),
    ("get_next", CFUNCTYPE(c_int, POINTER(_Stream), POINTER(_Array))),
    ("get_last_error", CFUNCTYPE(c_char_p, POINTER(_Stream))),
    ("release", CFUNCTYPE(None, POINTER(_Stream))), ("private_data", c_void_p),
]

_pointer_of_capsule = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of_capsule.restype = c_void_p
_pointer_of_capsule.argtypes = [ctypes.py_object, c_char_p]

_NUMBERS = {
    b"c": np.int8, b"C": np.uint8, b"s": np.int16, b"S": np.uint16, b"i": np.int32,
    b"I": np.uint32, b"l": np.int64, b"L": np.uint64, b"e": np.float16, b"f": np.float32,
    b"g": np.float64,
}
_TEXTS = (b"u", b"z", b"U", b"Z", b"vu", b"vz")


def _view(address: int | None, count: int, kind: Any) -> np.ndarray:
    """Memory of a chunk, valid until the chunk is released."""
    size = np.dtype(kind).itemsize * count
    if size == 0 or not address:
        return np.empty(0, kind)
    return np.frombuffer((ctypes.c_uint8 * size).from_address(address), kind)


class Column:
    """A column of a chunk; `first` is the number of its first row in the table."""

    def __init__(self, name: str, schema: _Schema, array: _Array, first: int, start: int = 0):
        self.name = name
        self.format = bytes(schema.format)
        self.first = first
        # The rows of a struct may begin further on, and so may each of its columns.
        self.offset = int(array.offset) + start
        self.length = int(array.length) - start
        self.array = array
        self.schema = schema

    def _fail(self, row: int, what: str) -> DataError:
        return DataError(what, place=f"column {self.name!r}, row {self.first + row}")

    def _buffer(self, number: int, count: int, kind: Any) -> np.ndarray:
        if number >= self.array.n_buffers:
            raise DataError("has too few buffers", place=f"column {self.name!r}")
        return _view(self.array.buffers[number], count, kind)

    def require_values(self) -> None:
        """Refuses nulls, naming the first row that has one."""
        if self.array.null_count == 0 or self.length == 0:
            return
        if self.format == b"n":
            raise self._fail(0, "is null")
        if self.array.n_buffers == 0 or not self.array.buffers[0]:
            return
        end = self.offset + self.length
        bits = np.unpackbits(
            self._buffer(0, (end + 7) // 8, np.uint8), bitorder="little"
        )[self.offset:end]
        if not bits.all():
            raise self._fail(int(np.argmin(bits)), "is null")

    def numbers(self) -> np.ndarray:
        """The values of a column of numbers, in its own type."""
        self.require_values()
        if self.format == b"b":
            end = self.offset + self.length
            bits = self._buffer(1, (end + 7) // 8, np.uint8)
            return np.unpackbits(bits, bitorder="little")[self.offset:end]
        kind = _NUMBERS.get(self.format)
        if kind is None:
            raise SettingError(
                f"is of the Arrow type {self.format.decode()!r}, which holds no numbers",
                place=f"column {self.name!r}",
            )
        return self._buffer(1, self.offset + self.length, kind)[self.offset:]

    def values(self) -> np.ndarray:
        """Ratings: finite numbers of 32 bits."""
        numbers = self.numbers()
        with np.errstate(over="ignore"):
            values = np.ascontiguousarray(numbers, np.float32)
        bad = ~np.isfinite(values)
        if bad.any():
            row = int(np.argmax(bad))
            raise self._fail(row, f"{numbers[row]} is no finite number of 32 bits")
        return values

    @property
    def is_integer(self) -> bool:
        """Whether the ids are integers."""
        if self.schema.dictionary:
            return bytes(self.schema.dictionary.contents.format) in _NUMBERS
        return self.format in _NUMBERS

    def ids(self, ids: _library.Ids) -> np.ndarray:
        """The numbers of the column's ids among those that came before."""
        if self.length == 0:
            return np.empty(0, np.uint32)
        if self.schema.dictionary:
            return self._dictionary_ids(ids)
        if self.format in _TEXTS:
            self.require_values()
            data, offsets = self._texts()
            self._require_ids(data, offsets)
            return ids.add(data, offsets)
        if self.format in (b"e", b"f", b"g"):
            raise SettingError(
                "holds fractions, which are no ids: cast it to integers or to text",
                place=f"column {self.name!r}",
            )
        numbers = self.numbers()
        # Few different ones, as a rule: the others need not be written as text.
        different, places = np.unique(numbers, return_inverse=True)
        texts = [b"%d" % number for number in different.tolist()]
        # In the order in which they come, so that ids are numbered as a text file's are.
        return ids.add(*packed(texts))[places.reshape(-1)]

    def _dictionary_ids(self, ids: _library.Ids) -> np.ndarray:
        self.require_values()
        keys = self._buffer(1, self.offset + self.length, _NUMBERS[self.format])[self.offset:]
        dictionary = Column(
            self.name, self.schema.dictionary.contents, self.array.dictionary.contents, 0)
        if keys.size and (int(keys.min()) < 0 or int(keys.max()) >= dictionary.length):
            raise DataError("has a key outside of its dictionary", place=f"column {self.name!r}")
        used, places = np.unique(keys, return_inverse=True)
        if dictionary.format in _TEXTS:
            data, offsets = dictionary._texts()
            whole = data.tobytes()
            texts = [whole[offsets[key]:offsets[key + 1]] for key in used.tolist()]
        elif dictionary.format in _NUMBERS:
            numbers = dictionary.numbers()
            texts = [b"%d" % int(numbers[key]) for key in used.tolist()]
        else:
            raise SettingError("holds no ids", place=f"column {self.name!r}")
        data, offsets = packed(texts)
        self._require_ids(data, offsets)
        return ids.add(data, offsets)[places.reshape(-1)]

    def _texts(self) -> tuple[np.ndarray, np.ndarray]:
        """The bytes of texts, and where each begins."""
        end = self.offset + self.length
        if self.format in (b"vu", b"vz"):
            return self._text_views()
        kind = np.int64 if self.format in (b"U", b"Z") else np.int32
        offsets = self._buffer(1, end + 1, kind)[self.offset:].astype(np.int64)
        if offsets[0] < 0 or (np.diff(offsets) < 0).any():
            raise DataError("has offsets that descend", place=f"column {self.name!r}")
        return self._buffer(2, int(offsets[-1]), np.uint8), offsets

    def _text_views(self) -> tuple[np.ndarray, np.ndarray]:
        """Texts of up to 12 bytes in place, longer ones in other buffers."""
        views = self._buffer(1, 16 * (self.offset + self.length), np.uint8)
        views = views.reshape(-1, 16)[self.offset:]
        heads = views.view(np.int32)
        lengths = heads[:, 0]
        count = int(self.array.n_buffers) - 3
        sizes = _view(self.array.buffers[count + 2], count, np.int64)
        texts = []
        for row in range(self.length):
            length = int(lengths[row])
            if length <= 12:
                texts.append(views[row, 4:4 + length].tobytes())
                continue
            buffer, start = int(heads[row, 2]), int(heads[row, 3])
            if not 0 <= buffer < count or start < 0 or start + length > sizes[buffer]:
                raise self._fail(row, "lies outside of its buffer")
            texts.append(ctypes.string_at(self.array.buffers[buffer + 2] + start, length))
        return packed(texts)

    def _require_ids(self, data: np.ndarray, offsets: np.ndarray) -> None:
        empty = np.diff(offsets) == 0
        if empty.any():
            raise self._fail(int(np.argmax(empty)), "is an empty text, which is no id")
        zeros = np.flatnonzero(data[offsets[0]:offsets[-1]] == 0)
        if zeros.size:
            row = int(np.searchsorted(offsets, offsets[0] + zeros[0], side="right")) - 1
            raise self._fail(row, "has a zero byte, which no id has")


def packed(texts: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Texts as one array of bytes, and where each begins."""
    offsets = np.zeros(len(texts) + 1, np.int64)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    return np.frombuffer(b"".join(texts), np.uint8), offsets


def chunks(table: Any, names: list[str]) -> Iterator[list[Column]]:
    """The named columns of a table, chunk by chunk; valid until the next one is asked for."""
    export = getattr(table, "__arrow_c_stream__", None)
    if export is None:
        raise TypeError(
            f"{type(table).__name__} has no __arrow_c_stream__: give a table of pyarrow, polars, "
            "DuckDB, or pandas (from 2.2, with pyarrow)"
        )
    capsule = export()
    stream = ctypes.cast(
        _pointer_of_capsule(capsule, b"arrow_array_stream"), POINTER(_Stream))
    schema = _Schema()
    try:
        _check(stream, stream.contents.get_schema(stream, ctypes.byref(schema)))
        found = _places(schema, names)
        first = 0
        while True:
            array = _Array()
            _check(stream, stream.contents.get_next(stream, ctypes.byref(array)))
            if not array.release:
                return
            try:
                if array.null_count > 0:
                    raise DataError("the table has rows that are null")
                start, length = int(array.offset), int(array.length)
                columns = []
                for name, place in zip(names, found):
                    column = Column(
                        name, schema.children[place].contents, array.children[place].contents,
                        first, start)
                    column.length = length
                    columns.append(column)
                yield columns
                first += length
            finally:
                array.release(ctypes.byref(array))
    finally:
        if schema.release:
            schema.release(ctypes.byref(schema))
        if stream.contents.release:
            stream.contents.release(stream)
        del capsule


def _check(stream: Any, status: int) -> None:
    if status != 0:
        text = stream.contents.get_last_error(stream)
        raise DataError(
            f"the table cannot be read: {(text or b'no reason given').decode('utf-8', 'replace')}")


def _places(schema: _Schema, names: list[str]) -> list[int]:
    if bytes(schema.format) != b"+s":
        raise DataError("is a stream of something else than tables")
    columns = [
        (schema.children[place].contents.name or b"").decode("utf-8", "replace")
        for place in range(schema.n_children)
    ]
    for name in names:
        if columns.count(name) != 1:
            raise SettingError(
                f"the table has {'no' if name not in columns else 'more than one'} column "
                f"{name!r}", hint=f"its columns are {', '.join(columns)}")
    return [columns.index(name) for name in names]
