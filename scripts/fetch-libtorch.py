#!/usr/bin/env python3
"""Find or fetch libtorch and print its folder (with include/ and lib/) on stdout; everything else goes to stderr.

    python3 scripts/fetch-libtorch.py [--cuda]     --cuda also keeps libtorch_cuda and its friends

Order: LONGATTN_LIBTORCH; an importable Python torch that is fit for C++; the cache; a download with pip, whose own
configuration decides from where. A wheel is 0.2 to 0.5 GB, so it is never fetched in a postinstall, only here. Exit code 4
when the environment has to change first.
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
from libtorch.installed import from_python, from_variable
from libtorch.unpack import is_complete, unpack
from libtorch.wheels import TORCH_VERSION, download_cuda_libraries, download_torch


def cached(cuda):
    """The folder in the cache, fetched first if it is not there. One process fetches, the others wait for it."""
    name = f"libtorch-{TORCH_VERSION}{'-cuda' if cuda else ''}-{platform.system().lower()}-{platform.machine()}"
    target = cache_folder() / name
    if is_complete(target):
        return target / "torch"
    target.parent.mkdir(parents=True, exist_ok=True)
    downloads = target.parent / "downloads"
    with open(target.parent / "libtorch.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another process is fetching libtorch; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_complete(target):
            unpack(
                target,
                get_wheel=lambda: download_torch(downloads),
                get_cuda_libraries=lambda version, parts: download_cuda_libraries(downloads, version, parts),
                cuda=cuda,
            )
            shutil.rmtree(downloads)
    return target / "torch"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuda", action="store_true", help="keep libtorch_cuda and its friends too")
    cuda = parser.parse_args().cuda
    try:
        print(from_variable(cuda) or from_python(cuda) or cached(cuda))
    except EnvironmentProblem as problem:
        say(f"error: {problem}")
        return 4
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        say(f"error: {problem}. Free some space (2 GB) or set LONGATTN_CACHE to a folder that can be written.")
        return 4
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
