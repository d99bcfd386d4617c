"""Where the cache is, how to speak to the user, and the one error that means "change your environment"."""

import os
import pathlib
import sys


class EnvironmentProblem(Exception):
    """What was wrong, and what the user can do about it."""


def say(message):
    print(f"libtorch: {message}", file=sys.stderr, flush=True)


def cache_folder():
    """LONGATTN_CACHE, else $XDG_CACHE_HOME/longattn, else ~/.cache/longattn."""
    own = os.environ.get("LONGATTN_CACHE")
    if own:
        return pathlib.Path(own).expanduser().resolve()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (pathlib.Path(shared) if shared else pathlib.Path.home() / ".cache") / "longattn"
