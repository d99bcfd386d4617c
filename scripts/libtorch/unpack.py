"""Unpack what C++ needs of the wheels into a temporary folder, check every file's sha256, rename the folder into place.

Kept: the headers, the licences, libtorch_cpu, libc10 and what they NEED from the same wheel (libgomp, on some platforms more).
The CUDA build's libtorch_cpu also NEEDs libcudart and libcupti, which it looks for in ../../nvidia/cu13/lib: these two come from
NVIDIA's own wheels, in the version that the torch wheel's METADATA names.
"""

import base64
import csv
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
import zipfile

from .elf import needed
from .environment import EnvironmentProblem, say

MANIFEST = "manifest.json"
CPU_ROOTS = ("libtorch_cpu", "libc10")
CUDA_ROOTS = ("libtorch_cuda", "libtorch_cuda_linalg", "libc10_cuda", "libcaffe2_nvrtc", "libtorch")
CUDA_PARTS = {"libcudart": "cudart", "libcupti": "cupti"}
SPARE_BYTES = 1 << 26
CHUNK = 1 << 20


def is_complete(target):
    """Whether an earlier unpacking ended: the manifest is written last, and the libraries still have their sizes."""
    try:
        libraries = json.loads((target / MANIFEST).read_text())["libraries"]
        return all((target / name).stat().st_size == size for name, size in libraries.items())
    except (OSError, ValueError, KeyError):
        return False


def unpack(target, get_wheel, get_cuda_libraries, cuda):
    """Fill `target`. A wheel that turns out to be damaged is removed and downloaded once more."""
    try:
        _unpack(target, get_wheel(), get_cuda_libraries, cuda)
    except Damaged as damage:
        say(f"{damage}; downloading again")
        damage.wheel.unlink()
        try:
            _unpack(target, get_wheel(), get_cuda_libraries, cuda)
        except Damaged as again:
            again.wheel.unlink()
            raise EnvironmentProblem(f"{again}, twice. Check the package index that pip uses.")


class Damaged(Exception):
    def __init__(self, wheel, what):
        super().__init__(f"{wheel.name} is damaged: {what}")
        self.wheel = wheel


def _unpack(target, wheel, get_cuda_libraries, cuda):
    for stale in target.parent.glob(f"{target.name}.*.partial"):
        shutil.rmtree(stale, ignore_errors=True)
    partial = tempfile.mkdtemp(prefix=f"{target.name}.", suffix=".partial", dir=target.parent)
    try:
        with Wheel(wheel, partial) as torch:
            say(f"unpacking {wheel.name}")
            torch.extract(n for n in torch.names if n.startswith("torch/include/") or "/licenses/" in n)
            outside = torch.extract_libraries(CPU_ROOTS + (CUDA_ROOTS if cuda else ()))
            version = torch.cuda_toolkit_version()
        wheels = [wheel]
        parts = sorted({CUDA_PARTS[stem] for stem in (_stem(name) for name in outside) if stem in CUDA_PARTS})
        if parts and version is None:
            raise EnvironmentProblem(
                f"{wheel.name} needs {' and '.join(sorted(outside))}, and its METADATA does not say which. Use another torch."
            )
        for nvidia in get_cuda_libraries(version, parts) if parts else []:
            wheels.append(nvidia)
            with Wheel(nvidia, partial) as part:
                part.extract(n for n in part.names if os.path.basename(n) in outside)
        # mkdtemp makes a private folder; the cache may be shared.
        os.chmod(partial, 0o755)
        libraries = {os.path.relpath(p, partial): os.path.getsize(p) for p in _libraries(partial)}
        with open(os.path.join(partial, MANIFEST), "w") as file:
            json.dump({"wheels": [w.name for w in wheels], "libraries": libraries}, file, indent=1, sort_keys=True)
        shutil.rmtree(target, ignore_errors=True)
        os.rename(partial, target)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def _libraries(folder):
    for base, _, names in os.walk(folder):
        if os.path.basename(base) == "lib":
            yield from (os.path.join(base, name) for name in names)


def _stem(library):
    return library.split(".", 1)[0]


class Wheel:
    """One wheel being unpacked: names, sizes and hashes from RECORD, extraction that checks them."""

    def __init__(self, path, folder):
        self.path, self.folder = path, folder

    def __enter__(self):
        try:
            self.zip = zipfile.ZipFile(self.path)
            self.names = [n for n in self.zip.namelist() if not n.endswith("/")]
            record = next(n for n in self.names if re.fullmatch(r"[^/]+\.dist-info/RECORD", n))
            rows = csv.reader(io.TextIOWrapper(self.zip.open(record), encoding="utf-8"))
            self.hashes = {row[0]: row[1] for row in rows if len(row) == 3 and row[1]}
        except (zipfile.BadZipFile, StopIteration) as error:
            raise Damaged(self.path, error or "it has no RECORD")
        return self

    def __exit__(self, *_):
        self.zip.close()

    def extract(self, names):
        names = list(names)
        size = sum(self.zip.getinfo(n).file_size for n in names)
        free = shutil.disk_usage(self.folder).free
        if free < size + SPARE_BYTES:
            raise EnvironmentProblem(
                f"unpacking {self.path.name} takes {size >> 20} MB, and {self.folder} has {free >> 20} MB free. Free some space, or "
                "set LONGATTN_CACHE to a folder on a larger device."
            )
        for name in names:
            self._extract_one(name)

    def _extract_one(self, name):
        if name.startswith("/") or ".." in name.split("/"):
            raise Damaged(self.path, f"{name} would leave the folder")
        to = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        digest = hashlib.sha256()
        try:
            with self.zip.open(name) as source, open(to, "wb") as out:
                for chunk in iter(lambda: source.read(CHUNK), b""):
                    digest.update(chunk)
                    out.write(chunk)
        except (zipfile.BadZipFile, EOFError) as error:
            raise Damaged(self.path, error)
        found = "sha256=" + base64.urlsafe_b64encode(digest.digest()).rstrip(b"=").decode()
        if found != self.hashes.get(name):
            raise Damaged(self.path, f"{name} has {found}, RECORD says {self.hashes.get(name, 'nothing')}")

    def extract_libraries(self, roots):
        """Extract the libraries `roots` and all that they NEED from this wheel. Returns the NEEDED names found nowhere in it."""
        here = {os.path.basename(n): n for n in self.names if re.match(r"torch(\.libs|/lib)/[^/]+$", n)}
        wanted = [name for name in here if _stem(name) in roots]
        if not any(_stem(name) == "libtorch_cpu" for name in wanted):
            raise Damaged(self.path, "it has no libtorch_cpu")
        # Mach-O is not read; there the OpenMP runtime is the one other library.
        wanted += [name for name in here if _stem(name) in ("libomp", "libiomp5")]
        done, outside = set(), set()
        while wanted:
            name = wanted.pop()
            if name in done:
                continue
            done.add(name)
            self.extract([here[name]])
            for other in needed(os.path.join(self.folder, here[name])):
                (wanted.append if other in here else outside.add)(other)
        return outside

    def cuda_toolkit_version(self):
        metadata = self.zip.read(next(n for n in self.names if n.endswith(".dist-info/METADATA"))).decode()
        found = re.search(r"^Requires-Dist: cuda-toolkit\[[^\]]*\]\s*\(?==\s*([0-9.]+)", metadata, re.MULTILINE)
        return found.group(1) if found else None
