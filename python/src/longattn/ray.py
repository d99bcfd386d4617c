"""A run on a Ray cluster: N tasks, each of which is a worker (`longattn work`), started again by Ray where one is lost.

Tasks and not a data set of Ray: the run directory is the queue, so no text goes through the object store, and which node makes a part
changes none of its bytes. Every node needs this package, and sees the run, the corpus and the model by the same paths.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping
from typing import Any

import ray

from ._call import PathLike
from ._commands import finish, plan, work
from ._worker import work_to_the_end
from .errors import LongattnEnvironmentError, LongattnError, LongattnFault, LongattnPartialError

# Another try, on another node perhaps, may go well. What the options or the data are wrong with comes again.
_RETRIED = [LongattnFault, LongattnPartialError, LongattnEnvironmentError]


def run(
    run: PathLike,
    *,
    tasks: int,
    num_cpus: float = 1,
    num_gpus: float = 0,
    max_retries: int = 3,
    ray_options: Mapping[str, Any] | None = None,
    **options: Any,
) -> Any:
    """Plan a run, work on it by tasks of Ray, then select and export. The same call again goes on from what is done.

    run: folder that all nodes see
    tasks: workers that are started; far fewer than parts
    num_cpus, num_gpus: of each task; it runs so many threads, unless `threads` says otherwise
    max_retries: how often Ray starts a task again that was killed, stopped or failed by its machine; -1 is without end
    ray_options: others of `ray.remote(...).options`, such as resources or scheduling_strategy
    options: of `longattn.plan`, `longattn.work` and `longattn.finish`

    Gives what `longattn finish --json` prints. Raises LongattnError of those three; PARTS_MISSING, from the first task that failed, where a
    part is missing at the end.
    """
    folder = os.path.abspath(run)
    planned, worked, finished = _split(options)
    worked.setdefault("threads", max(1, int(num_cpus)))
    plan(folder, **planned)
    task = ray.remote(work_to_the_end).options(
        name="longattn work",
        num_cpus=num_cpus,
        num_gpus=num_gpus,
        max_retries=max_retries,
        retry_exceptions=_RETRIED,
        **(ray_options or {}),
    )
    failed = _errors([task.remote(folder, number, tasks, **worked) for number in range(tasks)])
    if len(failed) == tasks:
        raise failed[0]
    # Some workers may be lost and all parts there: the ledger knows.
    try:
        return finish(folder, **finished)
    except LongattnPartialError as error:
        raise error from next(iter(failed), None)


def _split(options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Each to the command that has it. What is planned is not told to workers: it stands in the run."""
    taken: set[str] = set()
    shares = []
    for command in (plan, work, finish):
        names = [name for name, one in inspect.signature(command).parameters.items() if one.kind is one.KEYWORD_ONLY]
        shares.append({name: options[name] for name in names if name in options and name not in taken})
        taken.update(names)
    unknown = sorted(set(options) - taken)
    if unknown:
        raise TypeError(f"{', '.join(unknown)}: no option of longattn.plan, longattn.work or longattn.finish")
    return shares[0], shares[1], shares[2]


def _errors(tasks: list[Any]) -> list[Exception]:
    """Waits for all: what others make is wanted whatever became of one."""
    found: list[Exception] = []
    try:
        for task in tasks:
            try:
                ray.get(task)
            except ray.exceptions.RayTaskError as error:
                found.append(error.cause if isinstance(error.cause, LongattnError) else error)
            except ray.exceptions.RayError as error:
                found.append(error)
    except KeyboardInterrupt:
        for task in tasks:
            ray.cancel(task)
        raise
    return found
