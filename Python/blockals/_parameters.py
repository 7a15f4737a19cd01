"""The settings of a model as scikit-learn's tools expect them."""

from __future__ import annotations

import inspect
from typing import Any

from .errors import SettingError


class Parameters:
    """Settings that are the constructor's arguments, kept as they were given."""

    @classmethod
    def _names(cls) -> list[str]:
        return [name for name in inspect.signature(cls.__init__).parameters if name != "self"]

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings by name."""
        return {name: getattr(self, name) for name in self._names()}

    def set_params(self, **params: Any) -> Any:
        """Changes settings by name; what was fitted stays until the next fit."""
        names = self._names()
        for name, value in params.items():
            if name not in names:
                raise SettingError(f"is no setting of {type(self).__name__}", place=name)
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        changed = ", ".join(
            f"{name}={value!r}" for name, value in self.get_params().items()
            if value is not defaults[name].default and value != defaults[name].default)
        return f"{type(self).__name__}({changed})"
