#!/usr/bin/env python3
"""Fetch NVIDIA's compiler (nvcc, its headers, libcudart) and print its folder (with bin/nvcc) on stdout; all else to stderr.

    python3 scripts/fetch-cuda.py

100 MB from the package index that pip is set to, once, into the cache that scripts/fetch-libtorch.py uses. Needs no GPU and no
driver. Exit code 4 when the environment has to change first.
"""

import argparse
import errno
import fcntl
import pathlib
import platform
import shutil
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from libtorch.environment import EnvironmentProblem, cache_folder, say
from libtorch.toolkit import TOOLKIT_VERSION, toolkit_folder, unpack_toolkit
from libtorch.unpack import is_complete


def cached():
    """The folder in the cache, fetched first if it is not there. One process fetches, the others wait for it."""
    if platform.system() != "Linux":
        raise EnvironmentProblem(f"there is no CUDA for {platform.system()}.")
    target = cache_folder() / f"cuda-toolkit-{TOOLKIT_VERSION}-{platform.machine()}"
    if not is_complete(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with open(target.parent / "cuda-toolkit.lock", "w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("another process is fetching the CUDA toolkit; waiting for it")
                fcntl.flock(lock, fcntl.LOCK_EX)
            if not is_complete(target):
                downloads = target.parent / "downloads-cuda"
                unpack_toolkit(target, downloads)
                shutil.rmtree(downloads)
    return toolkit_folder(target)


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    try:
        print(cached())
    except EnvironmentProblem as problem:
        say(f"error: {problem}")
        return 4
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        say(f"error: {problem}. Free some space (1 GB) or set LONGATTN_CACHE to a folder that can be written.")
        return 4
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
