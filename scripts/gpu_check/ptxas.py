"""What `ptxas -v` says of our kernels: registers, spills, and the warnings that would halve them.

    python3 scripts/gpu_check/ptxas.py LOG      JSON: {"kernels": [...], "refused": [...]}

C7508 to C7515 say that setmaxnreg was ignored or that wgmma was serialised. They come as information, so that nvcc succeeds: whoever
builds has to read them.
"""

import json
import re
import sys

REFUSED = re.compile(r"\bC75(0[89]|1[0-5])\b")
ENTRY = re.compile(r"Compiling entry function '(\S+)' for '(\S+)'")
SPILLS = re.compile(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads")
REGISTERS = re.compile(r"Used (\d+) registers")
BLOCK = re.compile(r"(Mma|Wgmma)BlockILNS\d*_\w*?9FusedTypeE(\d)ELi(\d+)ELb([01])E")
PACK = re.compile(r"4packILNS\d*_\w*?9FusedTypeE(\d)ELi(\d+)ELi(\d+)E")
TYPES = ("fp16", "bf16")


def kernel_name(mangled):
    """A name that people can read: "wgmma fp16 128", "mma bf16 64 mapped", "pack fp16 128 rows 64"."""
    block = BLOCK.search(mangled)
    if block:
        product, kind, dim, mapped = block.groups()
        return f"{product.lower()} {TYPES[int(kind)]} {dim}{' mapped' if mapped == '1' else ''}"
    pack = PACK.search(mangled)
    if pack:
        return f"pack {TYPES[int(pack.group(1))]} {pack.group(3)} rows {pack.group(2)}"
    return "sum" if "3sum" in mangled else mangled


def read(log):
    """The kernels in the order of the log, and the lines that must not be there."""
    kernels, refused = [], []
    for line in log.splitlines():
        entry = ENTRY.search(line)
        spills = SPILLS.search(line)
        registers = REGISTERS.search(line)
        if REFUSED.search(line):
            refused.append(line.strip())
        if entry:
            kernels.append({"kernel": kernel_name(entry.group(1)), "architecture": entry.group(2)})
        elif spills and kernels and "stack" not in kernels[-1]:
            kernels[-1].update(zip(("stack", "spill_stores", "spill_loads"), map(int, spills.groups())))
        elif registers and kernels:
            kernels[-1]["registers"] = int(registers.group(1))
    # A wgmma kernel for another architecture is empty: its instructions exist on 9.0 alone.
    return {"kernels": [k for k in kernels if not (k["kernel"].startswith("wgmma") and k["architecture"] != "sm_90a")], "refused": refused}


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        print(json.dumps(read(file.read())))
