"""libtorch that the user already has: a folder named by LONGATTN_LIBTORCH, or an importable Python torch.

The Python package is judged by its files, without importing it: an import takes seconds and may print.
"""

import importlib.util
import os
import pathlib
import re

from .environment import EnvironmentProblem, say

MINIMUM = (2, 6)
VERSION_HEADERS = ("torch/headeronly/version.h", "torch/csrc/api/include/torch/version.h")


def from_variable(cuda):
    """The folder that LONGATTN_LIBTORCH names, or None. A wrong value is an error: the user meant that one."""
    value = os.environ.get("LONGATTN_LIBTORCH")
    if not value:
        return None
    folder = pathlib.Path(value).expanduser().resolve()
    fault = unfit(folder, cuda)
    if fault:
        raise EnvironmentProblem(
            f"LONGATTN_LIBTORCH={value} cannot be used: {fault}. It must be a folder with the include/ and lib/ of libtorch "
            f"{'.'.join(map(str, MINIMUM))} or newer. Unset it to let this script find or fetch one."
        )
    return folder


def from_python(cuda):
    """The folder of an importable torch, or None if there is none or it is not fit."""
    try:
        found = importlib.util.find_spec("torch")
    except (ImportError, ValueError):
        return None
    if found is None or not found.submodule_search_locations:
        return None
    folder = pathlib.Path(list(found.submodule_search_locations)[0]).resolve()
    fault = unfit(folder, cuda)
    if fault:
        say(f"the Python package in {folder} is left alone: {fault}")
        return None
    return folder


def unfit(folder, cuda):
    """Why C++ code cannot be built against this folder, or None if it can."""
    if not (folder / "include" / "ATen" / "ATen.h").is_file():
        return "it has no include/ATen/ATen.h"
    libraries = ["torch_cpu", "c10"] + (["torch_cuda", "c10_cuda"] if cuda else [])
    for name in libraries:
        if not any((folder / "lib" / f"lib{name}{end}").is_file() for end in (".so", ".dylib")):
            return f"it has no lib/lib{name}"
    version = _version(folder)
    if version is None:
        return "its version cannot be read from its headers"
    if version < MINIMUM:
        return f"its version is {'.'.join(map(str, version))}"
    c10 = folder / "lib" / "libc10.so"
    if c10.is_file() and b"__cxx11" not in c10.read_bytes():
        return "it was built with the old C++ ABI of GCC 4 (_GLIBCXX_USE_CXX11_ABI=0)"
    return None


def _version(folder):
    for name in VERSION_HEADERS:
        header = folder / "include" / name
        if header.is_file():
            parts = dict(re.findall(r"#define TORCH_VERSION_(MAJOR|MINOR)\s+(\d+)", header.read_text()))
            if len(parts) == 2:
                return int(parts["MAJOR"]), int(parts["MINOR"])
    return None
