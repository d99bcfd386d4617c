"""Configures and builds. One file that does not compile must not hide the rest: builds go on after an error, and a kernel that failed
is left out of the next try, so that the others can be measured."""

import os
import re
import shutil

from . import ptxas
from .watchdog import run

KERNELS = ("mma_fp16", "mma_bf16", "wgmma_fp16", "wgmma_bf16")


class Build:
    def __init__(self, root, folder, machine):
        self.root, self.folder, self.machine = root, folder, machine
        self.left_out = []
        self.ninja = shutil.which("ninja") is not None

    def configure(self, limit):
        """A step."""
        options = {
            "CMAKE_BUILD_TYPE": "Release",
            "LONGATTN_CUDA": "ON",
            "LONGATTN_TESTS": "ON",
            "LONGATTN_BENCHES": "ON",
            "LONGATTN_PTXAS": "ON",
            "LONGATTN_LIBTORCH": self.machine["torch_folder"],
            "LONGATTN_CUDA_ARCHITECTURES": self.machine["architecture"],
            "LONGATTN_KERNELS_LEFT_OUT": ";".join(self.left_out),
        }
        generator = ["-G", "Ninja"] if self.ninja else []
        defines = [f"-D{name}={value}" for name, value in options.items()]
        ended = run(["cmake", "-S", self.root, "-B", self.folder, *generator, *defines], limit)
        return status(ended), {"left_out": list(self.left_out), "nvcc": self.nvcc(), **ended.record()}

    def command(self, targets):
        chosen = [word for target in targets for word in ("--target", target)]
        go_on = ["-k", "0"] if self.ninja else ["-k"]
        return ["cmake", "--build", self.folder, "--parallel", len(os.sched_getaffinity(0)), *chosen, "--", *go_on]

    def targets(self, targets, limit):
        """A step: what can be built of them, without the kernels that this nvcc cannot compile."""
        ended = run(self.command(targets), limit)
        output = ended.output
        refused = [name for name in KERNELS if re.search(rf"(FAILED: \S*|\*\*\* \[.*)kernel_{name}\.cu", output)]
        left = limit - ended.seconds
        if refused and left > 0:
            self.left_out += refused
            self.configure(left)
            ended = run(self.command(targets), left)
            output += ended.output
        said = ptxas.read(output)
        good = ended.exit == 0 and not self.left_out and not said["refused"]
        return "passed" if good else "hung" if ended.hung else "failed", {"left_out": list(self.left_out), **said, **ended.record()}

    def program(self, path):
        """A built program, or None."""
        return self.folder / path if (self.folder / path).is_file() else None

    def nvcc(self):
        cache = self.folder / "CMakeCache.txt"
        found = re.search(r"^CMAKE_CUDA_COMPILER:\w+=(.+)$", cache.read_text(), re.MULTILINE) if cache.is_file() else None
        return found.group(1) if found else shutil.which("nvcc")


def status(ended):
    return "hung" if ended.hung else "passed" if ended.exit == 0 else "failed"
