"""The subcommands for those who work with files: names, options and defaults are the command's."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

from .als import ALS
from .errors import error_of_kind

_COMMAND = os.environ.get("BLOCKALS_COMMAND") or os.path.join(
    os.path.dirname(__file__), "blockals-command"
)

Path = str | os.PathLike[str]


def main() -> None:
    """The command itself, which takes this process over."""
    os.execv(_COMMAND, ["blockals", *sys.argv[1:]])


def run(subcommand: str, *arguments: Path, json_result: bool = True, **options: Any) -> Any:
    """Runs a subcommand; an option ``user_blocks=4`` is ``--user-blocks 4``, True a flag.

    Returns:
        The result of ``--json``, or the text where `json_result` is false.

    Raises:
        blockals.BlockalsError: Of the kind of the command's exit status.
        KeyboardInterrupt: The command has been asked to stop, and has ended.
    """
    line = [_COMMAND, subcommand, *map(os.fspath, arguments)]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        values = value if isinstance(value, (list, tuple)) else [value]
        for one in values:
            if one is True:
                line.append(option)
            elif one is not None and one is not False:
                # In one piece: what begins with a hyphen is no option then.
                line.append(f"{option}={os.fspath(one) if isinstance(one, os.PathLike) else one}")
    if json_result:
        line.append("--json")
    with subprocess.Popen(
        line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            output, messages = process.communicate()
        except BaseException:
            # The command saves what it has, as after any interruption.
            process.terminate()
            process.wait()
            raise
    if process.returncode != 0:
        raise _error(process.returncode, messages.decode("utf-8", "replace"))
    return json.loads(output) if json_result else output.decode("utf-8", "surrogateescape")


def _error(status: int, messages: str) -> Exception:
    lines = [line for line in messages.splitlines() if line.strip()]
    hint = ""
    if lines and lines[-1].startswith("hint: "):
        hint = lines.pop()[len("hint: "):]
    message = lines[-1] if lines else f"ended with the status {status}"
    for before in ("error: ", "Error: ", "blockals: "):
        message = message.removeprefix(before)
    return error_of_kind(status, message, hint=hint)


def partition(inputs: Path | Iterable[Path], output: Path, **options: Any) -> Path:
    """``blockals partition``: makes ratings in text into a partition; returns its path."""
    files = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    run("partition", *files, output=output, **options)
    return output


def train(ratings: Path, output: Path, **options: Any) -> ALS:
    """``blockals train``: trains on a partition, or goes on, and opens the model."""
    run("train", ratings, output=output, **options)
    return ALS.load(output)


def evaluate(model: Path, **options: Any) -> dict[str, Any]:
    """``blockals evaluate``: with ``holdout=`` or ``ratings=``, ``top=20`` for rankings."""
    return run("evaluate", model, **options)


def tune(ratings: Path, **options: Any) -> dict[str, Any]:
    """``blockals tune``: compares models by cross-validation; ``train=`` trains the best."""
    return run("tune", ratings, **options)


def inspect(directory: Path, **options: Any) -> dict[str, Any]:
    """``blockals inspect``: the facts of a partition or a model."""
    return run("inspect", directory, **options)


def export(model: Path, output: Path, **options: Any) -> None:
    """``blockals export``: factors with ids, as ``format="npy"``, "csv", "safetensors", "libmf"."""
    run("export", model, output=output, json_result=False, **options)
