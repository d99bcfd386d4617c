"""Counts of the instructions that say whether a kernel became what it was written for."""

import re

from .ptxas import kernel_name
from .watchdog import run

# Hopper's products; its exchange of registers; values that left the registers; exponentials.
COUNTED = ("HGMMA", "HMMA", "USETMAXREG", "LDL", "STL", "MUFU.EX2")


def counts(text):
    """By kernel, of the output of cuobjdump -sass."""
    found = {}
    kernel = None
    for line in text.splitlines():
        function = re.search(r"Function : (\S+)", line)
        if function:
            kernel = found.setdefault(kernel_name(function.group(1)), dict.fromkeys(COUNTED, 0))
        elif kernel is not None and "/*" in line:
            for name in COUNTED:
                kernel[name] += bool(re.search(rf"\b{re.escape(name)}\b", line))
    return found


def step(cuobjdump, library, limit):
    if cuobjdump is None:
        return "skipped", {"reason": "there is no cuobjdump"}
    if library is None:
        return "failed", {"error": "the kernels were not built"}
    ended = run([cuobjdump, "-sass", library], limit, quiet=True)  # megabytes
    found = counts(ended.output)
    return ("hung" if ended.hung else "passed" if ended.exit == 0 and found else "failed"), {"kernels": found}

