"""Runs a command of the command line and gives its JSON: options become flags, events become bars, an error becomes an exception.

Flags and not a file of options, because a flag comes before a LONGATTN_* variable: what a script says holds whatever is around it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Union

from ._node import command, environment
from ._progress import Progress
from .errors import LongattnError, LongattnFault, LongattnWarning, error_of

PathLike = Union[str, "os.PathLike[str]"]


def call(
    name: Sequence[str],
    arguments: Sequence[PathLike],
    options: Mapping[str, Any],
    lists: Sequence[str] = (),
    progress: bool | None = None,
) -> Any:
    """
    name: of the command, such as ("model", "inspect")
    options: by their flags, such as "keep-tokens"; None is not given
    lists: the flags that are repeated, one value each
    progress: bars; None is where stderr is a terminal

    Raises the LongattnError that the command told.
    """
    flags = [word for flag, value in options.items() for word in _flag(flag, value, flag in lists)]
    words = [*name, *(_argument(one) for one in arguments), *flags, "--json", "--log-format=json"]
    return _result(*_run([*command(), *words], progress))


def _argument(value: PathLike) -> str:
    """A folder may have a name that looks like a flag."""
    word = os.fspath(value)
    return f"./{word}" if word.startswith("-") else word


def _flag(flag: str, value: Any, repeated: bool) -> list[str]:
    if value is None:
        return []
    if not repeated:
        return [f"--{flag}={_text(value)}"]
    if isinstance(value, Mapping):
        pairs = [(key, one) for key, some in value.items() for one in _each(some if flag == "input" else [some])]
        return [f"--{flag}={key}={os.fspath(one) if flag == 'input' else json.dumps(one)}" for key, one in pairs]
    return [f"--{flag}={os.fspath(one)}" for one in _each(value)]


def _each(value: Any) -> list[Any]:
    return [value] if isinstance(value, (str, os.PathLike)) else list(value)


def _text(value: Any) -> str:
    """As a command line has it: 1.5, true, 0,7, {"book": 0.6}."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, Mapping):
        return json.dumps(value)
    # Also of arrays, whose numbers are no int of Python.
    return ",".join(_text(one) for one in value) if hasattr(value, "__iter__") else str(value)


def switch(value: Any) -> Any:
    """Of an option whose value may be left out: True is the flag alone, False is "none"."""
    return {True: "", False: "none"}[value] if isinstance(value, bool) else value


def _run(words: list[str], progress: bool | None) -> tuple[int, str, list[str], LongattnError | None]:
    # A session of its own: a Ctrl-C in the terminal comes to us alone, and is handed on once.
    child = subprocess.Popen(
        words, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    assert child.stdout is not None and child.stderr is not None
    out: list[bytes] = []
    reader = threading.Thread(target=lambda: out.append(child.stdout.read()), daemon=True)
    reader.start()
    said: list[str] = []
    error: LongattnError | None = None
    try:
        with Progress(progress) as bars:
            for line in child.stderr:
                event = _event(line)
                if event is None:
                    said.append(line.decode("utf8", "replace").rstrip())
                elif event["type"] == "error":
                    error = error_of(event["kind"], event["code"], event["message"])
                elif event["type"] == "warning":
                    warnings.warn(f"{event['message']} [{event['code']}]", LongattnWarning, stacklevel=5)
                else:
                    bars.on(event)
            status = child.wait()
    except BaseException as stopped:
        # What is being written is finished, and the same call goes on from there; a second Ctrl-C ends at once.
        _stop(child, signal.SIGINT if isinstance(stopped, KeyboardInterrupt) else signal.SIGTERM)
        raise
    finally:
        child.stderr.close()
    reader.join()
    child.stdout.close()
    return status, b"".join(out).decode("utf8"), said, error


def _stop(child: subprocess.Popen[bytes], by: signal.Signals) -> None:
    child.send_signal(by)
    drain = threading.Thread(target=lambda: [None for _ in child.stderr or ()], daemon=True)
    drain.start()
    try:
        child.wait()
    except BaseException:
        child.kill()
        child.wait()
    drain.join()


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and "type" in event else None


def _result(status: int, out: str, said: list[str], error: LongattnError | None) -> Any:
    if error is not None:
        raise error
    # `check` and `verify` end with 3 and their result where it is not well: that is an answer, and no error.
    try:
        return json.loads(out)
    except ValueError:
        why = "\n".join(said[-20:]) or f"longattn ended with {status} and said nothing"
        raise LongattnFault("CANCELLED" if status < 0 or status > 128 else "FAULT", why) from None
