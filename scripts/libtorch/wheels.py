"""Download wheels with pip, which knows the user's index, proxy and certificates.

The interpreter that runs this does not matter: the wheel of CPython 3.12 is asked for on every one, since only the C++
libraries and headers in it are used. A finished download stays in the folder until it is unpacked.
"""

import importlib.util
import os
import platform
import re
import subprocess
import sys
import zipfile

from .environment import EnvironmentProblem, say

TORCH_VERSION = "2.13.0"
PYTHON_TAGS = ["--python-version", "3.12", "--implementation", "cp", "--abi", "cp312", "--abi", "none"]


def download_torch(folder, version=TORCH_VERSION):
    """Path of the torch wheel in `folder`, downloaded unless a whole one is already there."""
    present = _whole_wheels(folder, f"torch-{version}-*.whl", f"torch-{version}+*.whl")
    if not present:
        say(f"downloading torch {version} with pip (0.2 to 0.5 GB)")
        _pip_download(folder, ["--no-deps", f"torch=={version}"])
        present = _whole_wheels(folder, f"torch-{version}-*.whl", f"torch-{version}+*.whl")
    if not present:
        raise EnvironmentProblem(f"pip left no torch {version} wheel in {folder}. Remove that folder and try again.")
    return present[0]


def download_cuda_libraries(folder, version, parts):
    """Paths of the NVIDIA wheels that hold `parts` (cudart, cupti, ...) of the CUDA toolkit `version`."""
    folder = folder / f"cuda-toolkit-{version}-{'-'.join(parts)}"
    say(f"downloading {' and '.join(parts)} {version} of the CUDA toolkit")
    _pip_download(folder, [f"cuda-toolkit[{','.join(parts)}]=={version}"])
    return _whole_wheels(folder, "nvidia_*.whl")


def _pip_download(folder, what):
    if importlib.util.find_spec("pip") is None:
        raise EnvironmentProblem(
            f"{sys.executable} has no pip. Install it (Debian: apt install python3-pip; elsewhere: python3 -m ensurepip --user), "
            "or set LONGATTN_LIBTORCH to the folder of a libtorch that you have."
        )
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--disable-pip-version-check", "--no-input", "--only-binary=:all:", "--dest", str(folder)]
    command = [sys.executable, "-m", "pip", "download", *options, *PYTHON_TAGS, *what]
    # pip's progress goes to the terminal at once; its errors are read too, to say what to do about them. Its temporary files
    # lie beside the result: /tmp may be small.
    environment = {**os.environ, "TMPDIR": str(folder)}
    process = subprocess.Popen(command, stdout=sys.stderr, stderr=subprocess.PIPE, env=environment, universal_newlines=True)
    errors = []
    for line in process.stderr:
        sys.stderr.write(line)
        errors.append(line)
    if process.wait() != 0:
        raise EnvironmentProblem(f"pip could not download {what[-1]}: {_advice(''.join(errors))}")


def _advice(errors):
    if "No space left" in errors:
        return "no space left on the device. Free 2 GB, or set LONGATTN_CACHE to a folder on a larger one."
    if re.search("connection|timed out|resolve|SSL|proxy", errors, re.IGNORECASE):
        return (
            "the package index cannot be reached. Check the network and pip's configuration (pip config list). Without a network, "
            "point pip at wheels on disk (PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER), or set LONGATTN_LIBTORCH to the folder of a libtorch "
            "that you have."
        )
    return (
        "the lines above say why: no network, or no such wheel for this platform "
        f"({platform.system()} {platform.machine()}), or a pip too old to see it (python3 -m pip install --upgrade pip). "
        "Or set LONGATTN_LIBTORCH to the folder of a libtorch that you have."
    )


def _whole_wheels(folder, *patterns):
    """Wheels in `folder` whose central directory can be read; the others are removed."""
    wheels = []
    for path in sorted(p for pattern in patterns for p in folder.glob(pattern)):
        if zipfile.is_zipfile(path):
            wheels.append(path)
        else:
            say(f"{path.name} is not whole; removing it")
            path.unlink()
    return wheels
