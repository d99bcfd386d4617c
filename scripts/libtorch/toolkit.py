"""nvcc without a system toolkit: NVIDIA's own wheels, unpacked whole into the cache and checked file by file.

The wheels hold a complete compiler (nvcc, ptxas, nvvm, headers, libcudart) under nvidia/cuNN; only the executable bits are lost
in a zip that Python reads, so they are set again.
"""

import json
import os
import pathlib
import shutil
import tempfile

from .environment import EnvironmentProblem, say
from .unpack import MANIFEST, Damaged, Wheel
from .wheels import download_cuda_libraries

TOOLKIT_VERSION = "13.0.3"  # the one that torch 2.13.0 names
TOOLKIT_PARTS = ["cccl", "cudart", "nvcc"]
EXECUTABLES = ("bin/", "nvvm/bin/")


def unpack_toolkit(target, downloads):
    """Fill `target` with nvidia/cuNN. A damaged wheel is removed and downloaded once more."""
    for last in (False, True):
        try:
            return _unpack(target, download_cuda_libraries(downloads, TOOLKIT_VERSION, TOOLKIT_PARTS))
        except Damaged as damage:
            damage.wheel.unlink()
            if last:
                raise EnvironmentProblem(f"{damage}, twice. Check the package index that pip uses.")
            say(f"{damage}; downloading again")


def toolkit_folder(target):
    """The folder with bin/nvcc."""
    return next(pathlib.Path(target).glob("nvidia/cu*/bin/nvcc")).parent.parent


def _unpack(target, wheels):
    for stale in target.parent.glob(f"{target.name}.*.partial"):
        shutil.rmtree(stale, ignore_errors=True)
    partial = tempfile.mkdtemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent)
    try:
        sizes = {}
        for path in wheels:
            with Wheel(path, partial) as wheel:
                names = [n for n in wheel.names if n.startswith("nvidia/") or "/licenses/" in n]
                wheel.extract(names)
                for name in names:
                    if name.split("/", 2)[-1].startswith(EXECUTABLES):
                        os.chmod(os.path.join(partial, name), 0o755)
                    if "/bin/" in name or "/lib/" in name:
                        sizes[name] = os.path.getsize(os.path.join(partial, name))
        if not any(name.endswith("/bin/nvcc") for name in sizes):
            raise EnvironmentProblem(f"the wheels {', '.join(w.name for w in wheels)} hold no bin/nvcc.")
        os.chmod(partial, 0o755)  # mkdtemp makes a private folder; the cache may be shared
        with open(os.path.join(partial, MANIFEST), "w") as file:
            json.dump({"wheels": [w.name for w in wheels], "libraries": sizes}, file, indent=1, sort_keys=True)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
