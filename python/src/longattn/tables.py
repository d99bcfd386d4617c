"""The tables of a run, as they lie in its folder.

Tables and no data sets, however many parts there are: a part is mapped and not read, so a table costs address space until its
columns are looked at.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyarrow as pa

from ._call import PathLike
from .errors import LongattnDataError


def windows(run: PathLike, *, partial: bool = False) -> pa.Table:
    """A row a window: window_id, doc_id, domain, source, char_start, char_end, token_start, token_ids.

    partial: give the parts that are done where others are not, instead of an error

    Raises LongattnDataError RUN_MISSING, PART_MISSING or PART_CHANGED.
    """
    return _parts(run, "windows", partial)


def scores(run: PathLike, *, partial: bool = False) -> pa.Table:
    """A row a window and layer: statistics of each head (docs/definitions.md). As `windows`."""
    return _parts(run, "scores", partial)


def documents(run: PathLike, *, partial: bool = False) -> pa.Table:
    """A row a document, those without a window and the refused ones too. As `windows`."""
    return _parts(run, "documents", partial)


def selection(run: PathLike, name: str = "selection") -> pa.Table:
    """A row a window: ds, du, lds, score, rank, selected, reason.

    name: of `select(run, name=...)`; without, the selection that is exported

    Raises LongattnDataError RUN_MISSING or SELECTION_MISSING.
    """
    folder = _folder(run)
    file = folder / "selection" / f"{name}.arrow"
    if not file.is_file():
        raise LongattnDataError("SELECTION_MISSING", f"{folder} has no selection {name}. Run longattn.select first.")
    return _table(file)


def _folder(run: PathLike) -> Path:
    folder = Path(os.fspath(run))
    if not (folder / "run.json").is_file():
        raise LongattnDataError("RUN_MISSING", f"{folder} is no run directory: it has no run.json.")
    return folder


def _parts(run: PathLike, stage: str, partial: bool) -> pa.Table:
    folder = _folder(run)
    planned = _planned(folder)
    # The ledger beside it says that a part is whole.
    done = sorted((folder / stage).glob("part-*.done.json"))
    if len(done) == 0 or (len(done) < planned and not partial):
        what = f"{folder} has {len(done)} of {planned} parts of {stage}. Make the others"
        raise LongattnDataError("PART_MISSING", f"{what}{'' if len(done) == 0 else ', or give partial=True'}.")
    return pa.concat_tables([_part(ledger) for ledger in done])


def _planned(folder: Path) -> int:
    return int(json.loads((folder / "run.json").read_text("utf8"))["parts"])


def _part(ledger: Path) -> pa.Table:
    file = ledger.with_name(ledger.name.replace(".done.json", ".arrow"))
    said = json.loads(ledger.read_text("utf8"))
    if not file.is_file() or file.stat().st_size != said["bytes"]:
        raise LongattnDataError("PART_CHANGED", f"{file} has not the {said['bytes']} bytes of its ledger. Make the part again.")
    return _table(file)


def _table(file: Path) -> pa.Table:
    with pa.memory_map(str(file)) as source:
        return pa.ipc.open_file(source).read_all()
