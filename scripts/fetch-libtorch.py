#!/usr/bin/env python3
"""Find or fetch libtorch and print its folder (with include/ and lib/) on stdout; everything else goes to stderr.

    python3 scripts/fetch-libtorch.py [--cuda] [--torch VERSION]     --cuda also keeps libtorch_cuda and its friends

Order: LONGATTN_LIBTORCH; an importable Python torch that is fit for C++; the cache; a download with pip, whose own
configuration decides from where. A wheel is 0.2 to 0.5 GB, so it is never fetched in a postinstall, only here. Exit code 4
when the environment has to change first. --torch asks for that version and no other: it is in the cache, or fetched.
"""

import argparse
import pathlib
import platform
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from libtorch.fetch import made_once, print_folder
from libtorch.installed import from_python, from_variable
from libtorch.unpack import unpack
from libtorch.wheels import TORCH_VERSION, download_cuda_libraries, download_torch


def cached(cuda, version):
    """The folder in the cache, fetched first if it is not there."""

    def make(target, downloads):
        unpack(
            target,
            get_wheel=lambda: download_torch(downloads, version),
            get_cuda_libraries=lambda version, parts: download_cuda_libraries(downloads, version, parts),
            cuda=cuda,
        )

    name = f"libtorch-{version}{'-cuda' if cuda else ''}-{platform.system().lower()}-{platform.machine()}"
    return made_once(name, "libtorch", make) / "torch"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cuda", action="store_true", help="keep libtorch_cuda and its friends too")
    parser.add_argument("--torch", metavar="VERSION", help=f"instead of what is found, or of {TORCH_VERSION}")
    args = parser.parse_args()
    cuda, version = args.cuda, args.torch
    return print_folder(
        lambda: cached(cuda, version) if version else from_variable(cuda) or from_python(cuda) or cached(cuda, TORCH_VERSION), space="2 GB"
    )


if __name__ == "__main__":
    sys.exit(main())
