"""Long calls: interruptible, observed, without the interpreter's lock."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from . import _library

log = logging.getLogger("blockals")


class Iteration(NamedTuple):
    """What an iteration came to.

    Attributes:
        iteration: Its number, from 1.
        objective: The whole objective, exact.
        rmse: Root mean squared error over the training ratings; None for implicit feedback.
        holdout_rmse: The same over ratings that are held out; None where there are none.
        seconds: Wall time.
    """

    iteration: int
    objective: float
    rmse: float | None
    holdout_rmse: float | None
    seconds: float


def interruptible(work: Callable[[_library.Stop], Any]) -> Any:
    """Runs work that heeds a wish to stop; KeyboardInterrupt makes it end, and is raised then.

    Python hears of signals in the main thread alone, and only between two instructions of it: so
    there the work goes to another thread, which has ended when this returns.
    """
    stop = _library.Stop()
    if threading.current_thread() is not threading.main_thread():
        return work(stop)
    outcome: list[Any] = []
    failure: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            outcome.append(work(stop))
        except BaseException as error:
            failure.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=run, name="blockals")
    interrupt: BaseException | None = None
    thread.start()
    while not done.is_set():
        try:
            # Not join(): in some versions of Python an interrupt makes it forget the thread. And
            # not for ever: the system may have given the signal to another thread.
            done.wait(0.1)
        except BaseException as error:
            # What a signal's handler raises, KeyboardInterrupt as a rule.
            interrupt = interrupt or error
            stop.set()
    thread.join()
    if interrupt is not None:
        raise interrupt
    if failure:
        raise failure[0]
    return outcome[0]


class Observer:
    """Passes what the library tells on to the log, a progress bar and a callback."""

    def __init__(
        self, stop: _library.Stop, callback: Callable[[Iteration], Any] | None, bar: Any = None
    ):
        self.stop = stop
        self.callback = callback
        self.bar = bar
        self.failure: BaseException | None = None
        self.function = _library.OBSERVER(self._told)

    def _told(self, _context: int, event: bytes) -> None:
        # An exception would be lost in C: it is kept, and training is asked to stop.
        try:
            self._show(json.loads(event))
        except BaseException as error:
            self.failure = self.failure or error
            self.stop.set()

    def _show(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "started":
            log.debug(
                "%d ratings, %d users, %d items; %d workers, %s", event["ratings"],
                event["users"], event["items"], event["workers"], event["instructionSet"])
            if self.bar is not None:
                self.bar.update(event["completedIterations"])
        elif kind == "iteration":
            done = Iteration(
                event["iteration"], event["objective"], event["rmse"], event["holdoutRmse"],
                event["seconds"])
            log.info(
                "iteration %d: objective %.5g%s, %.3g s", done.iteration, done.objective,
                "" if done.rmse is None else f", rmse {done.rmse:.4f}", done.seconds)
            if self.bar is not None:
                self.bar.update(1)
            if self.callback is not None:
                self.callback(done)
        elif kind == "committed":
            log.debug("iteration %d is on the disk", event["generation"])


def train(
    ratings: _library.Ratings, path: str | os.PathLike[str] | None, settings: bytes,
    callback: Callable[[Iteration], Any] | None, bar: Any, stop: _library.Stop,
) -> _library.Model:
    """Trains, and raises what the callback raised."""
    observer = Observer(stop, callback, bar)
    try:
        address = _library.call(
            _library.train, ratings.address, None if path is None else _library.path_bytes(path),
            settings, stop.address, observer.function, None)
    except Exception:
        if observer.failure is not None:
            raise observer.failure from None
        raise
    model = _library.Model(address)
    if observer.failure is not None:
        raise observer.failure
    return model


def progress_bar(shown: bool, total: int) -> Any:
    """A bar of tqdm's where it is wanted and there."""
    if not shown:
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return None
    return tqdm(total=total, unit="iteration")


def usable_workers() -> int:
    """The cores that this process may use, its control groups' quota included."""
    cores = len(os.sched_getaffinity(0))
    try:
        with open("/proc/self/cgroup") as file:
            group = next(line[3:].strip() for line in file if line.startswith("0::/"))
        while True:
            limit = f"/sys/fs/cgroup{group.rstrip('/')}/cpu.max"
            if os.path.exists(limit):
                with open(limit) as file:
                    quota, period = file.read().split()
                if quota != "max":
                    cores = min(cores, max(1, -(-int(quota) // int(period))))
            if group in ("", "/"):
                break
            group = os.path.dirname(group)
    except (OSError, StopIteration, ValueError):
        pass
    return max(1, cores)


__all__ = ["Iteration", "interruptible", "progress_bar", "train", "usable_workers"]
