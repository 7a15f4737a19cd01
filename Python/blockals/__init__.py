"""Exact, resumable matrix factorisation: the trainer of the command ``blockals``."""

from ._run import Iteration
from .als import ALS
from .command import evaluate, export, inspect, partition, train, tune
from .errors import (
    BlockalsError,
    BugError,
    DataError,
    DivergedError,
    ForkedError,
    InputOutputError,
    MismatchError,
    NoMemoryError,
    NoPermissionError,
    NotFittedError,
    NotThereError,
    OutputExistsError,
    SettingError,
    StoppedError,
)

__version__ = "0.1.0"

__all__ = [
    "ALS", "BlockalsError", "BugError", "DataError", "DivergedError", "ForkedError",
    "InputOutputError", "Iteration", "MismatchError", "NoMemoryError", "NoPermissionError",
    "NotFittedError", "NotThereError", "OutputExistsError", "SettingError", "StoppedError",
    "evaluate", "export", "inspect", "partition", "train", "tune",
]
