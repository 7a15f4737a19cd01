"""The C library, as include/blockals.h describes it."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Callable, Mapping
from ctypes import POINTER, c_char_p, c_float, c_int32, c_int64, c_uint8, c_uint32, c_void_p
from typing import Any

import numpy as np

from .errors import ForkedError, error_of_kind

_NAME = os.environ.get("BLOCKALS_LIBRARY") or os.path.join(
    os.path.dirname(__file__), "libblockals.so"
)
_library = ctypes.CDLL(_NAME)

OBSERVER = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)
_FAILURE = POINTER(c_void_p)


def _declare(name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(_library, "blockals_" + name)
    function.restype = result
    function.argtypes = list(arguments)
    return function


_interface = _declare("interface", c_int32)
_failure_kind = _declare("failure_kind", c_int32, c_void_p)
_failure_place = _declare("failure_place", c_char_p, c_void_p)
_failure_message = _declare("failure_message", c_char_p, c_void_p)
_failure_hint = _declare("failure_hint", c_char_p, c_void_p)
_failure_free = _declare("failure_free", None, c_void_p)
_stop_new = _declare("stop_new", c_void_p)
_stop_set = _declare("stop_set", None, c_void_p)
_stop_free = _declare("stop_free", None, c_void_p)
_ids_new = _declare("ids_new", c_void_p)
_ids_free = _declare("ids_free", None, c_void_p)
_text_free = _declare("text_free", None, c_void_p)
_ratings_free = _declare("ratings_free", None, c_void_p)
_model_free = _declare("model_free", None, c_void_p)

ids_add = _declare("ids_add", c_int32, c_void_p, c_void_p, c_void_p, c_int64, c_void_p, _FAILURE)
ratings_csr = _declare(
    "ratings_csr", c_void_p, c_int64, c_int64, c_void_p, c_void_p, c_int32, c_void_p, c_int32,
    c_char_p, c_void_p, _FAILURE,
)
ratings_pairs = _declare(
    "ratings_pairs", c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_int64,
    c_char_p, c_void_p, _FAILURE,
)
ratings_open = _declare("ratings_open", c_void_p, c_char_p, _FAILURE)
_ratings_facts = _declare("ratings_facts", None, c_void_p, c_void_p, c_char_p)
train = _declare(
    "train", c_void_p, c_void_p, c_char_p, c_char_p, c_void_p, OBSERVER, c_void_p, _FAILURE
)
model_open = _declare("model_open", c_void_p, c_char_p, _FAILURE)
model_save = _declare("model_save", c_int32, c_void_p, c_char_p, _FAILURE)
model_facts = _declare("model_facts", c_void_p, c_void_p, _FAILURE)
model_factors = _declare(
    "model_factors", c_int32, c_void_p, c_int32, c_void_p, c_int64, _FAILURE
)
model_id_bytes = _declare("model_id_bytes", c_int64, c_void_p, c_int32)
model_ids = _declare(
    "model_ids", c_int32, c_void_p, c_int32, c_void_p, c_int64, c_void_p, c_int64, _FAILURE
)
recommend = _declare(
    "recommend", c_int32, c_void_p, c_void_p, c_int64, c_int64, c_void_p, c_int64, c_void_p,
    c_void_p, c_int32, c_void_p, c_void_p, _FAILURE,
)
similar = _declare(
    "similar", c_int32, c_void_p, c_int32, c_void_p, c_int64, c_void_p, c_int64, c_int32,
    c_void_p, c_void_p, _FAILURE,
)
fold_in = _declare(
    "fold_in", c_int32, c_void_p, c_int32, c_int64, c_void_p, c_void_p, c_void_p, c_int32,
    c_void_p, _FAILURE,
)
explain = _declare(
    "explain", c_void_p, c_void_p, c_void_p, c_void_p, c_int64, c_uint32, c_int32, _FAILURE
)

if _interface() != 1:
    raise ImportError(f"{_NAME} has another interface than this package")

# --- fork: no thread of the library outlives a call, so only a fork during a call is lost ---

_calls = 0
_calls_lock = threading.Lock()
_is_lost = False


def _before_fork() -> None:
    # Held until after the fork, so that the child gets a true count and a free lock.
    _calls_lock.acquire()


def _after_fork_in_parent() -> None:
    _calls_lock.release()


def _after_fork_in_child() -> None:
    global _calls, _is_lost
    _is_lost = _is_lost or _calls > 0
    _calls = 0
    _calls_lock.release()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=_after_fork_in_parent,
    after_in_child=_after_fork_in_child,
)


def call(function: Any, *arguments: Any) -> Any:
    """Calls a function that can fail, without the interpreter's lock, and raises its failure."""
    global _calls
    with _calls_lock:
        if _is_lost:
            raise ForkedError(
                "this process was forked while a call was under way in another thread of its "
                "parent, and has neither that call's threads nor its locks",
                hint='start workers by multiprocessing.get_context("spawn"), or fork between calls',
            )
        _calls += 1
    try:
        failure = c_void_p()
        result = function(*arguments, ctypes.byref(failure))
    finally:
        with _calls_lock:
            _calls -= 1
    if failure.value is None:
        return result
    try:
        texts = [
            (read(failure) or b"").decode("utf-8", "replace")
            for read in (_failure_message, _failure_place, _failure_hint)
        ]
        raise error_of_kind(_failure_kind(failure), *texts)
    finally:
        _failure_free(failure)


class _Handle:
    """What the library has made, given back with the last reference to it."""

    _free: Callable[[int], None]

    def __init__(self, address: int):
        self.address = address

    def __del__(self) -> None:
        address, self.address = getattr(self, "address", None), None
        # A process that lost a call's locks in a fork leaves everything as it is.
        if address and not _is_lost:
            type(self)._free(address)

    def __reduce__(self):
        raise TypeError("a handle of the library cannot be copied or sent to another process")


class Stop(_Handle):
    """A wish to stop, which any thread may set."""

    _free = _stop_free

    def __init__(self) -> None:
        super().__init__(_stop_new())

    def set(self) -> None:
        _stop_set(self.address)


class Ids(_Handle):
    """Ids of one side, numbered in the order in which they come."""

    _free = _ids_free

    def __init__(self) -> None:
        super().__init__(_ids_new())

    def add(self, data: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """The numbers of ids: bytes, and where each begins (one offset more than ids)."""
        count = len(offsets) - 1
        numbers = np.empty(count, np.uint32)
        call(ids_add, self.address, pointer(data), pointer(offsets), count, pointer(numbers))
        return numbers


class Ratings(_Handle):
    """Ratings as the trainer reads them: in memory, or a partition on the disk."""

    _free = _ratings_free

    def facts(self) -> tuple[int, int, int, str]:
        """Users, items, ratings, and the digest."""
        counts = np.zeros(3, np.int64)
        digest = ctypes.create_string_buffer(33)
        _ratings_facts(self.address, pointer(counts), digest)
        return int(counts[0]), int(counts[1]), int(counts[2]), digest.value.decode()


class Model(_Handle):
    """A trained model."""

    _free = _model_free

    def facts(self) -> dict[str, Any]:
        return json.loads(taken(call(model_facts, self.address)))


def taken(text: int) -> bytes:
    """A text that the library gives away, freed."""
    try:
        return ctypes.string_at(text)
    finally:
        _text_free(text)


def pointer(array: np.ndarray | None) -> int | None:
    """Where an array begins; it has to be contiguous, and live as long as the call."""
    if array is None:
        return None
    assert array.flags.c_contiguous
    return array.ctypes.data


def settings(values: Mapping[str, Any]) -> bytes:
    """Settings as lines; those that are None are left out."""
    lines = []
    for name, value in values.items():
        if value is None:
            continue
        text = _text(name, value)
        if "\n" in text or "\0" in text:
            raise error_of_kind(64, "has a line's end in it", name)
        lines.append(f"{name}={text}\n")
    return "".join(lines).encode()


def _text(name: str, value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return repr(float(value))
    if isinstance(value, str):
        return value
    raise error_of_kind(64, f"{value!r} is neither a number nor a word", name)


def path_bytes(path: str | os.PathLike[str]) -> bytes:
    """A path as the operating system has it."""
    encoded = os.fsencode(path)
    if b"\0" in encoded:
        raise ValueError("a path has no zero byte")
    return encoded


__all__ = [
    "OBSERVER", "Ids", "Model", "Ratings", "Stop", "call", "c_uint8", "c_float", "fold_in",
    "path_bytes", "pointer", "recommend", "settings", "similar", "taken", "train",
]
