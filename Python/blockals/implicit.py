"""The name, the settings and the defaults of the library implicit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._run import Iteration
from .als import ALS


class AlternatingLeastSquares(ALS):
    """implicit's model in its own convention, c = α r, but each row solved exactly.

    What concerns implicit's ways of computing (`use_native`, `use_cg`, `use_gpu`, `dtype`) is
    taken and has no effect.
    """

    def __init__(
        self, factors: int = 100, regularization: float = 0.01, alpha: float = 1.0,
        dtype: Any = None, use_native: bool = True, use_cg: bool = True, use_gpu: bool = False,
        iterations: int = 15, calculate_training_loss: bool = False, num_threads: int = 0,
        random_state: int | None = None,
    ):
        super().__init__(
            factors, regularization, feedback="implicit", confidence="implicit", alpha=alpha,
            iterations=iterations, seed=random_state or 0, workers=num_threads or None)
        self.dtype, self.use_native, self.use_cg, self.use_gpu = dtype, use_native, use_cg, use_gpu
        self.calculate_training_loss = calculate_training_loss
        self.num_threads, self.random_state = num_threads, random_state

    def _settings(self) -> dict[str, Any]:
        self.seed, self.workers = self.random_state or 0, self.num_threads or None
        values = ALS(**{name: getattr(self, name) for name in ALS._names()})._settings()
        return values

    def fit(  # type: ignore[override]
        self, user_items: Any, show_progress: bool = True,
        callback: Callable[[int, float, float], Any] | None = None, **options: Any,
    ) -> Any:
        """Trains; `callback(iteration, seconds, objective)`, iterations from 0."""

        def told(done: Iteration) -> None:
            if callback is not None:
                callback(done.iteration - 1, done.seconds, done.objective)

        return super().fit(
            user_items, callback=told, show_progress=show_progress, **options)
