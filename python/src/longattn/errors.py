"""Errors of the command line as exceptions: a class a kind, the stable code in `code` (docs/errors.md lists all)."""

from __future__ import annotations


class LongattnError(Exception):
    """What was wrong (with the value), what is allowed, what to do.

    `code` is stable: scripts may match on it. `kind` is that of the class; `LongattnError` itself is never raised.
    """

    kind = ""

    def __init__(self, code: str, message: str) -> None:
        # Both are arguments of the exception, so that it survives pickling, as between the processes of Ray.
        super().__init__(code, message)
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"


class LongattnFault(LongattnError):
    """A mistake of longattn itself, or the command was stopped (CANCELLED)."""

    kind = "fault"


class LongattnUsageError(LongattnError):
    """An option is missing or has a value that it cannot have."""

    kind = "usage"


class LongattnDataError(LongattnError):
    """A corpus, a model or a file of a run is not what it must be."""

    kind = "data"


class LongattnEnvironmentError(LongattnError):
    """This machine lacks something: disk, memory, network, a program."""

    kind = "environment"


class LongattnPartialError(LongattnError):
    """Some parts failed or are missing; the others are done, and the same call goes on from there."""

    kind = "partial"


class LongattnWarning(UserWarning):
    """A warning of a command, which ends nothing. Its text ends with its code."""


_CLASSES = {
    one.kind: one
    for one in (LongattnFault, LongattnUsageError, LongattnDataError, LongattnEnvironmentError, LongattnPartialError)
}


def error_of(kind: str, code: str, message: str) -> LongattnError:
    """An error as the command told it."""
    return _CLASSES.get(kind, LongattnFault)(code, message)
