#!/usr/bin/env python3
"""Plays the programs of a machine with a GPU for test/scripts/gpu-check.test.ts, by the name that it is called by.

PRETEND_GPU is JSON: "hang", "fault", "wrong" list cases, bench paths and test programs; "compile" the kernels that nvcc cannot compile;
"warn" says that ptxas ignored setmaxnreg; "refuse" that the machine refuses compute-sanitizer; "slow" seconds of each build.
"""

import json
import os
import pathlib
import shutil
import sys
import time

SCENARIO = json.loads(os.environ.get("PRETEND_GPU", "{}"))
NAME = pathlib.Path(sys.argv[0]).name
ARGUMENTS = sys.argv[1:]
CASES = ["pack", "mma-one-tile", "mma-one-tile-bf16", "mma-one-item", "wgmma-one-tile", "wgmma-five-tiles", "wgmma-two-items", "wgmma-window"]
KERNELS = ["mma_fp16", "mma_bf16", "wgmma_fp16", "wgmma_bf16"]


def said(kind, what):
    return what in SCENARIO.get(kind, [])


def misbehave(what):
    """Hangs or faults if the scenario says so."""
    if said("hang", what):
        print("working", flush=True)
        time.sleep(600)
    if said("fault", what):
        print("CUDA: an illegal memory access was encountered", flush=True)
        os.abort()


def after(flag):
    return ARGUMENTS[ARGUMENTS.index(flag) + 1]


def cmake():
    if "-S" in ARGUMENTS:
        folder = pathlib.Path(after("-B"))
        folder.mkdir(parents=True, exist_ok=True)
        options = dict(word[2:].split("=", 1) for word in ARGUMENTS if word.startswith("-D"))
        nvcc = pathlib.Path(__file__).resolve().parent / "nvcc"
        (folder / "CMakeCache.txt").write_text(f"CMAKE_CUDA_COMPILER:FILEPATH={nvcc}\n")
        (folder / "options.json").write_text(json.dumps(options))
        print("-- Configuring done", options["LONGATTN_CUDA_ARCHITECTURES"])
        return 0
    folder = pathlib.Path(after("--build"))
    time.sleep(SCENARIO.get("slow", 0))
    targets = [ARGUMENTS[i + 1] for i, word in enumerate(ARGUMENTS) if word == "--target"]
    left_out = json.loads((folder / "options.json").read_text())["LONGATTN_KERNELS_LEFT_OUT"].split(";")
    code = 0
    if not (folder / "liblongattn_kernels.a").exists():  # all targets link it
        for kernel in KERNELS:
            if kernel in left_out:
                continue
            if said("compile", kernel):
                print(f"FAILED: CMakeFiles/longattn_kernels.dir/native/core/device/fused/kernel_{kernel}.cu.o")
                code = 1
                continue
            product, kind = kernel.split("_")
            mangled = f"_Z12{product}_kernelINS0_11{product.title()}BlockILNS0_9FusedTypeE{int(kind == 'bf16')}ELi128ELb0EEEEEv"
            print(f"ptxas info    : Compiling entry function '{mangled}' for 'sm_90a'")
            if SCENARIO.get("warn") and product == "wgmma":
                print("ptxas info    : (C7508) Potential Performance Loss: 'setmaxnreg' ignored to maintain minimum register requirements.")
            print("    152 bytes stack frame, 236 bytes spill stores, 240 bytes spill loads")
            print("ptxas info    : Used 128 registers, used 2 barriers")
        if code != 0:
            return code
        (folder / "liblongattn_kernels.a").write_text("")
    for target in targets:
        if said("compile", target):
            print(f"FAILED: {target}.cpp.o")
            code = 1
        elif target != "longattn_kernels":
            place = folder / ("bench" if "bench" in target else "tests") / target
            place.parent.mkdir(exist_ok=True)
            shutil.copy(__file__, place)
            place.chmod(0o755)
    return code


def fused_smoke():
    case = ARGUMENTS[0]
    if case == "--list":
        print("\n".join(CASES))
        return 0
    misbehave(case)
    good = not said("wrong", case)
    print(json.dumps({"case": case, "device": "Pretended GPU", "passed": good, "off": {"ds": 1e-9 if good else 0.3}}))
    return 0 if good else 1


def longattn_cuda_bench():
    path, shape = after("--paths"), after("--shapes")
    print('{"device":"Pretended GPU"}', flush=True)
    misbehave(path)
    if path == "check":
        print('{"check":"relative difference from tiles","shape":"8B","length":8192}')
        return 0
    for length in map(int, after("--lengths").split(",")):
        row = {"bench": path, "shape": shape, "length": length, "ms": 9.5, "to_floor": 1.7, "tokens_a_second": 3449263, "peak_mb": 20.0}
        print(json.dumps(row))
    return 0


def longattn_device_decoder_bench():
    misbehave("decoder")
    length = int(after("--length"))
    print(json.dumps({"decoder": "decoder layers 0..16", "shape": "8B", "length": length, "ms": 700.5, "tokens_a_second": 46778}))
    print(json.dumps({"decoder": "losses, layers 0..16", "shape": "8B", "length": length, "error": "OUT_OF_MEMORY"}))
    return 0


def device_test():
    misbehave(NAME)
    if said("wrong", NAME):
        print("x.cpp:12: DS is not what it was")
        return 1
    if said("blind", NAME):
        print("skipped: no CUDA device (LONGATTN_TEST_DEVICE=cuda)")
    return 0 if os.environ["LONGATTN_TEST_DEVICE"] == "cuda:0" else 1


def compute_sanitizer():
    if SCENARIO.get("refuse"):
        print("========= Error: Target application terminated before first instrumented API call: insufficient permissions")
        return 255
    found = 2 if said("wrong", after("--tool")) else 0
    name = "RACECHECK" if after("--tool") == "racecheck" else "ERROR"
    print(f"========= {name} SUMMARY: {found} {'errors' if name == 'ERROR' else 'hazards displayed (0 errors, 0 warnings)'}")
    return 0


def cuobjdump():
    print("\t\tFunction : _Z12wgmma_kernelINS0_11WgmmaBlockILNS0_9FusedTypeE0ELi128ELb0EEEEEv")
    for word in ("HGMMA.64x128x16.F32 R24", "USETMAXREG.DEALLOC 0x18", "STL [R1], R2", "MUFU.EX2 R3, R4"):
        print(f"        /*0120*/                   {word} ;")
    return 0


def nvidia_smi():
    print("name, driver_version, memory.total [MiB]\nPretended GPU, 580.1, 81559 MiB")
    return 0


PROGRAMS = {
    "cmake": cmake,
    "compute-sanitizer": compute_sanitizer,
    "cuobjdump": cuobjdump,
    "fused_smoke": fused_smoke,
    "longattn_cuda_bench": longattn_cuda_bench,
    "longattn_device_decoder_bench": longattn_device_decoder_bench,
    "nvidia-smi": nvidia_smi,
    "g++": lambda: 0,
    "ninja": lambda: 0,
    "nvcc": lambda: 0,
}

if __name__ == "__main__":
    sys.stdout.flush()
    sys.exit(PROGRAMS.get(NAME, device_test)())
