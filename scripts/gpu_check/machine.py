"""The machine: torch and its folder, the GPU, the driver, tools. Torch is asked in a process of its own, which may hang."""

import json
import os
import pathlib
import shutil
import sys

from .watchdog import run

ASK_TORCH = """
import json, pathlib, torch
found = {"torch": torch.__version__, "cuda": torch.version.cuda, "torch_folder": str(pathlib.Path(torch.__file__).resolve().parent)}
if torch.version.cuda is not None and torch.cuda.is_available():
    major, minor = torch.cuda.get_device_capability(0)
    found.update(gpu=torch.cuda.get_device_name(0), gpus=torch.cuda.device_count(), major=major, minor=minor)
print("FOUND " + json.dumps(found))
"""
SMI = "name,driver_version,memory.total,ecc.errors.uncorrected.volatile.total,clocks.max.sm,power.limit"


class Lacking(Exception):
    """What the machine lacks, and what to do."""


def facts(limit):
    """A step. Raises Lacking."""
    asked = run([sys.executable, "-c", ASK_TORCH], limit)
    answer = next((line[6:] for line in asked.output.splitlines() if line.startswith("FOUND ")), None)
    if asked.hung:
        raise Lacking(f"importing torch and asking for its GPU took more than {limit:.0f} s.")
    if answer is None:
        raise Lacking("this Python has no torch that works. Use one with a CUDA build of torch 2.11 or newer.")
    found = json.loads(answer)
    if "gpu" not in found:
        raise Lacking(f"torch {found['torch']} sees no GPU (built for CUDA {found['cuda']}).")
    major, minor = found.pop("major"), found.pop("minor")
    if major < 8:
        raise Lacking(f"{found['gpu']} is of capability {major}.{minor}. It must be 8.0 (Ampere) or newer.")
    missing = [name for name in ("cmake", "g++") if shutil.which(name) is None]
    if missing:
        raise Lacking(f"missing: {', '.join(missing)}.")
    found["capability"] = f"{major}.{minor}"
    found["architecture"] = f"{major}{minor}{'a' if major >= 9 else ''}-real"
    found["cores"] = os.cpu_count()
    found["system"] = system()
    found["nvidia_smi"] = run(["nvidia-smi", f"--query-gpu={SMI}", "--format=csv"], 20).output.strip()[-2000:]
    return "passed", found


def system():
    release = pathlib.Path("/etc/os-release")
    names = [line for line in release.read_text().splitlines() if line.startswith("PRETTY_NAME=")] if release.is_file() else []
    return names[0].split("=", 1)[1].strip('"') if names else sys.platform


def tool(name, nvcc):
    """Path of a tool of the CUDA toolkit: on the PATH, beside nvcc, or in /usr/local/cuda. None if it is nowhere."""
    found = shutil.which(name)
    beside = [pathlib.Path(nvcc).parent] if nvcc else []
    for folder in beside + [pathlib.Path("/usr/local/cuda/bin"), pathlib.Path("/usr/local/cuda/compute-sanitizer")]:
        if found is None and (folder / name).is_file():
            found = str(folder / name)
    return found
