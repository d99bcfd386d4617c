"""`longattn.datatrove` in pipelines of the real LocalPipelineExecutor: documents come out whole and in order, with the scores that one run of
longattn gives. Started by scripts/check-python.mjs with --engines, in a folder with models/ and moby.txt."""

import json
import sys
import time
from pathlib import Path

import longattn
import pyarrow as pa
import pyarrow.parquet as pq
from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from longattn.datatrove import LongAttnScores, worker

OPTIONS = dict(model="models/smollm2-135m-layer0", window=64, threads=1)


def write_corpus():
    """Three files, one of which has nothing that is long enough."""
    Path("corpus").mkdir()
    book = Path("moby.txt").read_text()
    texts = [[book[at : at + 900 + 300 * (at % 7)] for at in range(part, 16_000, 2_000)] for part in (0, 777)]
    texts[0][2:2] = ["too short"]
    texts.append(["also short", "é"])
    for number, some in enumerate(texts):
        rows = [{"id": "same id", "text": text, "metadata": {"at": [number, at]}} for at, text in enumerate(some)]
        Path(f"corpus/{number}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return [text for some in texts for text in some]


def written(folder):
    rows = [json.loads(line) for file in sorted(Path(folder).glob("*.jsonl")) for line in file.read_text().splitlines()]
    return rows


def pipeline(name, *steps, tasks=3):
    stats = LocalPipelineExecutor(
        pipeline=[JsonlReader("corpus"), *steps, JsonlWriter(f"{name}/out", compression=None)],
        tasks=tasks,
        workers=2,
        logging_dir=f"{name}/logs",
    ).run()
    return written(f"{name}/out"), stats


def expected():
    """Of one run over all files: `ds` and `du` are the same whatever stands beside a document."""
    longattn.select("RUN", input={"all": "corpus"}, max_reject_rate=1, **OPTIONS)
    longattn.annotate("RUN", scores=["ds", "du"])
    files = sorted(Path("RUN/annotation").rglob("*.jsonl.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files]).to_pylist()


def check_scores():
    rows, stats = pipeline("scored", LongAttnScores(folder="scratch", **OPTIONS))
    assert [row["text"] for row in rows] == TEXTS
    assert [row["metadata"]["at"][1] for row in rows[:3]] == [0, 1, 2]
    wanted = expected()
    assert len(wanted) == len(rows) == sum(step.stats["total"].total for step in stats.stats if "LongAttn" in step.name)
    for row, want in zip(rows, wanted, strict=True):
        for name in ("windows", "reason", *(f"{score}_{over}" for score in ("ds", "du") for over in ("mean", "max", "min"))):
            assert row["metadata"][f"longattn_{name}"] == want[name], (name, row, want)
    reasons = [row["metadata"]["longattn_reason"] for row in rows if row["metadata"]["longattn_reason"]]
    assert reasons == ["shorter than a window"] * 3, reasons
    keys = {frozenset(row["metadata"]) for row in rows}
    assert len(keys) == 1, keys
    assert list(Path("scratch").iterdir()) == []


def check_filter():
    """As its user has it, and with fewer tasks than files."""
    scores = LongAttnScores(scores=["ds", "gzip"], **OPTIONS)
    keep = LambdaFilter(lambda document: (document.metadata["longattn_ds_mean"] or 0) > 0.3)
    rows, _ = pipeline("filtered", scores, keep, tasks=2)
    kept = [want for want in expected() if (want["ds_mean"] or 0) > 0.3]
    assert 0 < len(kept) < len(TEXTS) and sorted(row["metadata"]["longattn_ds_mean"] for row in rows) == sorted(row["ds_mean"] for row in kept)
    assert all(row["metadata"]["longattn_gzip_mean"] is not None for row in rows)


def check_ranks_as_workers():
    longattn.plan("RANKS", input={"all": "corpus"}, max_reject_rate=1, model=OPTIONS["model"], window=OPTIONS["window"])
    LocalPipelineExecutor(pipeline=[worker("RANKS", threads=1)], tasks=2, workers=2, logging_dir="ranks-logs").run()
    longattn.finish("RANKS", then="select")
    for table in (longattn.scores, longattn.windows, longattn.documents, longattn.selection):
        assert table("RANKS").equals(table("RUN")), table.__name__


def check_empty_rank():
    assert list(LongAttnScores(**OPTIONS).run(iter(()), rank=7, world_size=8)) == []


def check_whole():
    """What JSON or longattn could not hold comes through."""
    given = [Document(text=text, id="1", metadata={"set": {1, 2}}) for text in ("half \ud800 a pair", "line\u2028end\r\n" * 40)]
    refused, scored = LongAttnScores(**OPTIONS).run(iter(given))
    assert [refused.text, scored.text] == [one.text for one in given] and refused.metadata["set"] == {1, 2}
    assert "surrogate" in refused.metadata["longattn_reason"] and scored.metadata["longattn_windows"] > 0


def check_error():
    try:
        list(LongAttnScores(**{**OPTIONS, "model": "./nowhere"}).run(iter([Document(text="x", id="1")])))
    except longattn.LongattnDataError as error:
        assert error.code.startswith("MODEL_"), error
    else:
        raise AssertionError("no error")


# The executor's processes import this file.
if __name__ == "__main__":
    TEXTS = write_corpus()
    for check in [one for name, one in list(globals().items()) if name.startswith("check_")]:
        start = time.monotonic()
        check()
        print(f"{check.__name__}: passed ({time.monotonic() - start:.1f} s)", file=sys.stderr)
