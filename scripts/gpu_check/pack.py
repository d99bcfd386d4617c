"""A tree that can travel to a machine with a GPU: what the check needs, and nothing else of the repository."""

import os
import pathlib
import subprocess
import tarfile
import tempfile

PARTS = ("CMakeLists.txt", "LICENSE", "cmake", "native", "package.json", "scripts")
MOST_BYTES = 20 << 20
COMMIT_FILE = "COMMIT"


def commit_of(root):
    """LONGATTN_COMMIT, else what pack() wrote beside the tree, else git's; None where nobody knows."""
    if os.environ.get("LONGATTN_COMMIT"):
        return os.environ["LONGATTN_COMMIT"]
    written = root / COMMIT_FILE
    if written.is_file():
        return written.read_text().strip()
    try:
        asked = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        changed = subprocess.run(["git", "status", "--porcelain"], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    except OSError:  # no git
        return None
    if asked.returncode != 0:
        return None
    return asked.stdout.strip() + ("+changes" if changed.stdout.strip() else "")


def files_of(root):
    for part in PARTS:
        for path in [root / part] if (root / part).is_file() else sorted((root / part).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def pack(root, file):
    """Writes a .tar.gz. Returns (files, bytes unpacked). Raises ValueError above MOST_BYTES."""
    paths = list(files_of(root))
    size = sum(path.stat().st_size for path in paths)
    if size > MOST_BYTES:
        raise ValueError(f"the tree has {size / 2**20:.1f} MiB, and may have {MOST_BYTES >> 20}. Move what is large out of {', '.join(PARTS)}.")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(file, "w:gz") as archive:
        for path in paths:
            archive.add(path, path.relative_to(root))
        written = pathlib.Path(folder) / COMMIT_FILE
        written.write_text(f"{commit_of(root)}\n")
        archive.add(written, COMMIT_FILE)
    return len(paths), size
