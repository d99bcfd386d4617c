#!/usr/bin/env python3
"""Wheels with the layout of torch's and NVIDIA's, a few kB each, for the tests of scripts/fetch-libtorch.py.

    make-fake-wheels.py FOLDER cpu|cuda [--wrong-hash]

Libraries are real ELF files with real NEEDED entries, made by the C++ compiler.
"""
import base64
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import zipfile

VERSION_HEADER = "#define TORCH_VERSION_MAJOR 2\n#define TORCH_VERSION_MINOR 13\n"


def library(folder, name, needs=(), text="__cxx11"):
    source = folder / "source.cpp"
    source.write_text(f'extern "C" const char* text_of_{name.split(".")[0]}() {{ return "{text}"; }}\n')
    links = [f"-l:{need}" for need in needs]
    command = ["c++", "-shared", "-fPIC", "-o", str(folder / name), str(source), f"-Wl,-soname,{name}", "-nostdlib"]
    subprocess.run([*command, "-Wl,--no-as-needed", f"-L{folder}", *links], check=True)
    return (folder / name).read_bytes()


def wheel(folder, name, version, files, metadata="", wrong_hash=None):
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{metadata}".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/licenses/LICENSE": b"a licence\n",
    }
    record = ""
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        record += f"{path},sha256={'A' * 43 if path == wrong_hash else digest},{len(content)}\n"
    files[f"{info}/RECORD"] = (record + f"{info}/RECORD,,\n").encode()
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as out:
        for path, content in files.items():
            out.writestr(path, content)


def main():
    out, kind = pathlib.Path(sys.argv[1]), sys.argv[2]
    wrong = "torch/lib/libc10.so" if "--wrong-hash" in sys.argv else None
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        made = pathlib.Path(temporary)
        libraries = {name: library(made, name) for name in ("libcudart.so.13", "libcupti.so.13", "libgomp.so.1", "libspare.so")}
        libraries["libc10.so"] = library(made, "libc10.so", ["libgomp.so.1"])
        nvidia = ["libcupti.so.13", "libcudart.so.13"] if kind == "cuda" else []
        libraries["libtorch_cpu.so"] = library(made, "libtorch_cpu.so", ["libc10.so", *nvidia])
        libraries["libtorch_cuda.so"] = library(made, "libtorch_cuda.so", ["libtorch_cpu.so"])
        libraries["libc10_cuda.so"] = library(made, "libc10_cuda.so")
    torch = {f"torch/lib/{n}": c for n, c in libraries.items() if not n.startswith("libcu")}
    torch["torch/include/ATen/ATen.h"] = b"#pragma once\n"
    torch["torch/include/torch/headeronly/version.h"] = VERSION_HEADER.encode()
    torch["torch/nn/spare.py"] = b""
    needs = 'Requires-Dist: cuda-toolkit[cublas,cudart,cupti]==13.0.3; platform_system == "Linux"\n' if kind == "cuda" else ""
    wheel(out, "torch", "2.13.0", torch, needs, wrong)
    parts = {"cudart": "nvidia_cuda_runtime", "cupti": "nvidia_cuda_cupti", "cublas": "nvidia_cublas"}
    extras = "".join(f'Provides-Extra: {e}\nRequires-Dist: {p}==13.0.9; extra == "{e}"\n' for e, p in parts.items())
    wheel(out, "cuda_toolkit", "13.0.3", {}, extras)
    for extra in ("cudart", "cupti"):
        lib = {f"nvidia/cu13/lib/lib{extra}.so.13": libraries[f"lib{extra}.so.13"], "nvidia/cu13/lib/libspare.so": b"spare"}
        wheel(out, parts[extra], "13.0.9", lib)


if __name__ == "__main__":
    main()
