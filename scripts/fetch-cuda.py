#!/usr/bin/env python3
"""Fetch NVIDIA's compiler (nvcc, its headers, libcudart) and print its folder (with bin/nvcc) on stdout; all else to stderr.

    python3 scripts/fetch-cuda.py

100 MB from the package index that pip is set to, once, into the cache that scripts/fetch-libtorch.py uses. Needs no GPU and no
driver. Exit code 4 when the environment has to change first.
"""

import argparse
import pathlib
import platform
import sys

sys.dont_write_bytecode = True  # no __pycache__ in the source tree
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from libtorch.environment import EnvironmentProblem
from libtorch.fetch import made_once, print_folder
from libtorch.toolkit import TOOLKIT_VERSION, toolkit_folder, unpack_toolkit


def cached():
    """The folder in the cache, fetched first if it is not there."""
    if platform.system() != "Linux":
        raise EnvironmentProblem(f"there is no CUDA for {platform.system()}.")
    name = f"cuda-toolkit-{TOOLKIT_VERSION}-{platform.machine()}"
    return toolkit_folder(made_once(name, "cuda-toolkit", unpack_toolkit))


def main():
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    return print_folder(cached, space="1 GB")


if __name__ == "__main__":
    sys.exit(main())
