"""What can go wrong, by the kinds that the command has exit statuses for."""

from __future__ import annotations


class BlockalsError(Exception):
    """Something could not be done.

    Attributes:
        kind: The exit status that the command would end with.
        place: Where: a row, a setting, a file; empty where there is none.
        message: What is wrong.
        hint: What to do next; empty where nothing can be advised.
    """

    kind = 70

    def __init__(self, message: str, *, place: str = "", hint: str = "", kind: int | None = None):
        self.place = place
        self.message = message
        self.hint = hint
        if kind is not None:
            self.kind = kind
        text = f"{place}: {message}" if place else message
        super().__init__(f"{text}\nhint: {hint}" if hint else text)

    def __reduce__(self):
        return (_restored, (type(self), self.message, self.place, self.hint, self.kind))


def _restored(kind_of_error, message, place, hint, kind):
    return kind_of_error(message, place=place, hint=hint, kind=kind)


class SettingError(BlockalsError, ValueError):
    """A setting is wrong, or two do not go together."""

    kind = 64


class DataError(BlockalsError, ValueError):
    """Ratings, or a file, break the rules of their format."""

    kind = 65


class NotThereError(BlockalsError, FileNotFoundError):
    """The input is not there."""

    kind = 66


class BugError(BlockalsError, RuntimeError):
    """A bug of this library."""

    kind = 70


class NoMemoryError(BlockalsError, MemoryError):
    """The work does not fit into the memory that it may use."""

    kind = 71


class OutputExistsError(BlockalsError, FileExistsError):
    """The output exists already, or another process holds it."""

    kind = 73


class InputOutputError(BlockalsError, OSError):
    """The operating system could not read or write."""

    kind = 74


class StoppedError(BlockalsError, RuntimeError):
    """Stopped on request; with a model's path the last iterations are saved."""

    kind = 75


class DivergedError(BlockalsError, ArithmeticError):
    """Training has left the finite numbers."""

    kind = 76


class NoPermissionError(BlockalsError, PermissionError):
    """The operating system does not permit it."""

    kind = 77


class MismatchError(BlockalsError, ValueError):
    """The settings are not those that the model was begun with."""

    kind = 78


class ForkedError(BlockalsError, RuntimeError):
    """This process was forked while a call was under way in another thread."""

    kind = 70


class NotFittedError(BlockalsError, ValueError, AttributeError):
    """The model has not been fitted yet."""

    kind = 64


_KINDS: dict[int, type[BlockalsError]] = {
    kind.kind: kind
    for kind in (
        SettingError, DataError, NotThereError, BugError, NoMemoryError, OutputExistsError,
        InputOutputError, StoppedError, DivergedError, NoPermissionError, MismatchError,
    )
}


def error_of_kind(kind: int, message: str, place: str = "", hint: str = "") -> BlockalsError:
    """The exception for an exit status of the command."""
    return _KINDS.get(kind, BugError)(message, place=place, hint=hint, kind=kind)
