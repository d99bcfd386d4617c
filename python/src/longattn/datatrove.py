"""Steps of datatrove: scores in the metadata of documents, for a filter or a writer behind it; and ranks as workers of one run.

A task scores the documents of its own rank, in a run of its own: so it needs no other rank, and any executor of datatrove may start it.
Hence `ds` and `du`, which depend on no other document; LDS compares with the documents of the same rank. `worker` is for what compares
the documents of a whole corpus.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, BinaryIO, TextIO

import pyarrow.parquet as pq
from datatrove.data import Document, DocumentsPipeline
from datatrove.pipeline.base import PipelineStep
from datatrove.utils.typeshelper import StatHints

from ._call import PathLike
from ._commands import annotate, select
from ._worker import work_to_the_end
from .errors import LongattnDataError
from .tables import documents

_TEXTS = "documents.jsonl"


class LongAttnScores(PipelineStep):
    """Each document gets `longattn_windows`, `longattn_reason` (why there is no window), `longattn_length` in tokens, and `_mean`, `_max`,
    `_min` over its windows of the scores: `longattn_ds_mean` is the first to filter by. Documents come out in their order, all of them.

    model, window, ...: options of `longattn.run`; `score` is what `longattn_kept` and `longattn_mean` are of
    scores: those that are added
    folder: where the documents and the run of a task lie while it works; without, where temporary files are. The memory does not grow with
    their number.

    A task raises LongattnError of `longattn.select` and `longattn.annotate`. Documents that are refused fail it only where
    `max_reject_rate` says so.
    """

    name = "LongAttn"
    type = "SCORES"

    def __init__(self, *, scores: Sequence[str] = ("ds", "du"), folder: PathLike | None = None, **options: Any) -> None:
        super().__init__()
        self.scores = list(scores)
        self.folder = folder
        self.options = {"max_reject_rate": 1, **options}

    def run(self, data: DocumentsPipeline, rank: int = 0, world_size: int = 1) -> DocumentsPipeline:
        if self.folder is not None:
            os.makedirs(self.folder, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f"longattn-{rank:05d}-", dir=self.folder) as folder:
            texts = os.path.join(folder, _TEXTS)
            with open(os.path.join(folder, "documents.pickle"), "w+b") as rest:
                with open(texts, "w", encoding="ascii") as file:
                    if _write(data, file, rest) == 0:
                        return
                with self.track_time("rank"):
                    rows = self._annotated(folder, texts)
                rest.seek(0)
                with open(texts, encoding="ascii") as file:
                    for line, row in zip(file, rows, strict=True):
                        document = dataclasses.replace(pickle.load(rest), text=json.loads(line)["text"])
                        document.metadata.update(row)
                        self.stat_update(StatHints.total)
                        self.stat_update("windows", value=row["longattn_windows"], unit="doc")
                        yield document

    def _annotated(self, folder: str, texts: str) -> Iterable[dict[str, Any]]:
        """A row a document, in their order."""
        run = os.path.join(folder, "run")
        try:
            select(run, input={"documents": texts}, progress=False, **self.options)
        except LongattnDataError as error:
            if error.code not in ("ALL_DOCUMENTS_TOO_SHORT", "NO_DOCUMENTS"):
                raise
            # Nothing to choose from, as in a small last rank, is no fault of the corpus.
            return self._without_windows(run)
        annotate(run, scores=self.scores, progress=False)
        return _rows(os.path.join(run, "annotation", f"{_TEXTS}.parquet"))

    def _without_windows(self, run: str) -> Iterator[dict[str, Any]]:
        scores = [self.options.get("score", "longattn"), *self.scores]
        nothing = {_key(f"{score}_{over}"): None for score in scores for over in ("mean", "max", "min")}
        for row in documents(run).select(["tokens", "reason"]).to_pylist():
            yield {"longattn_length": row["tokens"], "longattn_windows": 0, "longattn_kept": None, **nothing, "longattn_reason": row["reason"]}


def worker(run: PathLike, **options: Any) -> Callable[..., None]:
    """The one step of a pipeline whose ranks are workers of a planned run: `longattn.plan` before it, `longattn.finish` after it.

    run: folder that all ranks see
    options: of `longattn.work`

    A task raises LongattnError of `longattn.work`, and STOPPED: a rank that was stopped is not complete, and is started again.
    """
    folder = os.path.abspath(run)

    def longattn_worker(_data: DocumentsPipeline = None, rank: int = 0, world_size: int = 1) -> None:
        work_to_the_end(folder, rank, world_size, **options)

    return longattn_worker


def _write(data: DocumentsPipeline, texts: TextIO, rest: BinaryIO) -> int:
    """Texts for longattn, and documents without them. Numbers are ids, because those of documents need not differ."""
    number = 0
    for number, document in enumerate(data or (), 1):
        texts.write(json.dumps({"id": number, "text": document.text}) + "\n")
        pickle.dump(dataclasses.replace(document, text=""), rest)
    return number


def _rows(file: str) -> Iterator[dict[str, Any]]:
    with pq.ParquetFile(file) as table:
        names = [name for name in table.schema_arrow.names if name not in ("id", "source", "row")]
        for batch in table.iter_batches(columns=names):
            for row in batch.to_pylist():
                yield {_key(name): value for name, value in row.items()}


def _key(column: str) -> str:
    return column if column.startswith("longattn_") else f"longattn_{column}"
