"""One worker of a run as a task of another engine, which starts failed tasks again."""

from __future__ import annotations

from typing import Any

from ._call import PathLike
from ._commands import work
from .errors import LongattnPartialError


def work_to_the_end(run: PathLike, task: int, tasks: int, **options: Any) -> Any:
    """
    task: which of `tasks` this is, from 0: a starting place only
    options: of `longattn.work`

    Raises what `longattn.work` raises, and LongattnPartialError STOPPED where the worker was stopped before nothing was left to do: a
    task that ends well is not started again.
    """
    summary = work(run, start=f"{task + 1}/{tasks}", die_with_parent=True, progress=False, **options)
    if "stopped" in summary:
        raise LongattnPartialError("STOPPED", f"{run}: {summary['stopped']}. The same worker again goes on from there.")
    return summary
