"""Open the files of a run with the libraries that users have, and print the rows that each of them sees.

Usage: read_files.py JOB.json, a list of {"how": name of a reader below, "paths": [...]}. Prints one JSON line a job:
{"columns": {name: type}, "rows": [...]}. A reader that fails ends the script with its own traceback.
"""

import csv
import glob
import gzip
import json
import os
import struct
import sys
import tempfile

os.environ.update(HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1")
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="longattn-hf-")

import datasets
import duckdb
import numpy
import polars
import pyarrow as pa
import pyarrow.dataset
import pyarrow.ipc
import pyarrow.parquet


def data_files(folder, ending):
    return sorted(glob.glob(os.path.join(folder, "data-*." + ending)))


def of_table(table):
    columns = {field.name: str(field.type) for field in table.schema}
    return {"columns": columns, "rows": table.to_pylist()}


def of_dataset(data):
    return {"columns": {name: str(feature) for name, feature in data.features.items()}, "rows": list(data)}


def of_polars(frame):
    return {"columns": {name: str(kind) for name, kind in frame.schema.items()}, "rows": frame.to_dicts()}


def hf_load_from_disk(folder):
    return of_dataset(datasets.load_from_disk(folder))


def hf_load_dataset(folder):
    files = os.path.join(folder, "*.arrow")
    return of_dataset(datasets.load_dataset("arrow", data_files=files, split="train"))


def hf_load_dataset_streaming(folder):
    files = os.path.join(folder, "*.arrow")
    data = datasets.load_dataset("arrow", data_files=files, split="train", streaming=True)
    return {"columns": {name: str(feature) for name, feature in data.features.items()}, "rows": list(data)}


def hf_from_file(folder):
    parts = [datasets.Dataset.from_file(file) for file in data_files(folder, "arrow")]
    return of_dataset(datasets.concatenate_datasets(parts))


def hf_transformed(folder):
    """What trainers do: map, filter, shuffle, write again."""
    data = datasets.load_from_disk(folder)
    data = data.map(lambda row: {"tokens": len(row["input_ids"])}).filter(lambda row: row["tokens"] > 0)
    with tempfile.TemporaryDirectory() as again:
        data.shuffle(seed=1).save_to_disk(again)
        data = datasets.load_from_disk(again).remove_columns("tokens")
        return of_dataset(data.sort("window_id"))


def hf_json(folder):
    files = os.path.join(folder, "*.jsonl")
    return of_dataset(datasets.load_dataset("json", data_files=files, split="train"))


def pyarrow_stream(folder):
    tables = []
    for file in data_files(folder, "arrow"):
        with pa.memory_map(file) as source, pa.ipc.open_stream(source) as reader:
            tables.append(reader.read_all())
            tables[-1].validate(full=True)
    return of_table(pa.concat_tables(tables))


def pyarrow_files(*files):
    tables = []
    for file in files:
        with pa.OSFile(file) as source, pa.ipc.open_file(source) as reader:
            tables.append(reader.read_all())
            tables[-1].validate(full=True)
    return of_table(pa.concat_tables(tables))


def pyarrow_folder(folder):
    return pyarrow_files(*data_files(folder, "arrow"))


def pyarrow_dataset(folder):
    data = pyarrow.dataset.dataset(folder, format="arrow", exclude_invalid_files=True)
    return of_table(data.to_table())


def polars_stream(folder):
    return of_polars(polars.concat([polars.read_ipc_stream(file) for file in data_files(folder, "arrow")]))


def polars_files(*files):
    return of_polars(polars.concat([polars.read_ipc(file, memory_map=False) for file in files]))


def polars_scan(folder):
    return of_polars(polars.scan_ipc(os.path.join(folder, "*.arrow")).collect())


def polars_json(folder):
    return of_polars(polars.concat([polars.read_ndjson(file) for file in data_files(folder, "jsonl")]))


def duckdb_arrow(folder):
    """DuckDB reads Arrow through pyarrow."""
    files = data_files(folder, "arrow")
    try:
        windows = pa.concat_tables([pa.ipc.open_stream(file).read_all() for file in files])
    except pa.ArrowInvalid:
        windows = pa.concat_tables([pa.ipc.open_file(file).read_all() for file in files])
    return of_table(duckdb.sql("SELECT * FROM windows WHERE rank >= 1 ORDER BY window_id").fetch_arrow_table())


def duckdb_json(folder):
    files = os.path.join(folder, "*.jsonl")
    return of_table(duckdb.sql(f"SELECT * FROM read_json('{files}') ORDER BY window_id").fetch_arrow_table())


def hf_parquet(folder):
    files = os.path.join(folder, "*.parquet")
    return of_dataset(datasets.load_dataset("parquet", data_files=files, split="train"))


def pyarrow_parquet(folder):
    tables = [pyarrow.parquet.read_table(file) for file in data_files(folder, "parquet")]
    for table in tables:
        table.validate(full=True)
    return of_table(pa.concat_tables(tables))


def polars_parquet(folder):
    return of_polars(polars.read_parquet(os.path.join(folder, "*.parquet")))


def duckdb_parquet(folder):
    files = os.path.join(folder, "*.parquet")
    return of_table(duckdb.sql(f"SELECT * FROM '{files}' ORDER BY window_id").fetch_arrow_table())


def token_files(folder):
    """A token file by what numpy, and the layouts that Megatron, datatrove and OLMo document, say of it."""
    ids = numpy.fromfile(os.path.join(folder, "tokens.bin"), dtype=numpy.uint32)
    offsets = numpy.load(os.path.join(folder, "document_offsets.npy"))
    with open(os.path.join(folder, "tokens.idx"), "rb") as file:
        magic, version, code, sequences, documents = struct.unpack("<9sQBQQ", file.read(34))
        lengths = numpy.frombuffer(file.read(4 * sequences), dtype=numpy.int32)
        pointers = numpy.frombuffer(file.read(8 * sequences), dtype=numpy.int64)
        firsts = numpy.frombuffer(file.read(8 * documents), dtype=numpy.int64)
        rest = file.read()
    ends = numpy.fromfile(os.path.join(folder, "tokens.ds.index"), dtype=numpy.uint64)
    with gzip.open(os.path.join(folder, "tokens.csv.gz"), "rt", encoding="utf-8", newline="") as file:
        places = [(int(start), int(end), name) for start, end, name, _, _ in csv.reader(file)]
    assert (magic, version, code, rest) == (b"MMIDIDX\0\0", 1, 4, b"")
    assert offsets.tolist() == [0, *numpy.cumsum(lengths).tolist()] and ends.tolist() == offsets[1:].tolist()
    assert (pointers == 4 * offsets[:-1]).all() and firsts.tolist() == list(range(sequences + 1))
    provenance = pa.ipc.open_file(os.path.join(folder, "provenance.arrow")).read_all().to_pylist()
    assert places == [(a, b, row["window_id"]) for a, b, row in zip(offsets[:-1], offsets[1:], provenance)]
    rows = [{**row, "ids": ids[a:b].tolist()} for row, a, b in zip(provenance, offsets[:-1], offsets[1:])]
    return {"columns": {}, "rows": rows}


def write_parquet(lines, file):
    """A Parquet file of a JSONL file, by DuckDB."""
    duckdb.sql(f"COPY (SELECT * FROM read_json('{lines}')) TO '{file}' (FORMAT parquet)")
    return {"columns": {}, "rows": []}


def duckdb_zip(source, annotation):
    columns = "corpus.*, annotation.* EXCLUDE (id)"
    tables = f"'{source}' AS corpus POSITIONAL JOIN '{annotation}' AS annotation"
    return of_table(duckdb.sql(f"SELECT {columns} FROM {tables}").fetch_arrow_table())


def polars_zip(source, annotation):
    read = polars.read_ndjson if source.endswith(".jsonl") else polars.read_parquet
    other = polars.read_parquet(annotation).rename({"id": "annotated_id"})
    return of_polars(polars.concat([read(source), other], how="horizontal"))


def pyarrow_tensors(file):
    """Every tensor column as numpy has it: type, shape, and the values in order."""
    table = pa.ipc.open_file(file).read_all()
    table.validate(full=True)
    arrays = {name: table[name].combine_chunks() for name in ("map", "rows")}
    assert all(isinstance(array.type, pa.FixedShapeTensorType) for array in arrays.values())
    tensors = {name: array.to_numpy_ndarray() for name, array in arrays.items()}
    rows = [
        {"name": name, "dtype": str(tensor.dtype), "shape": tensor.shape, "values": tensor.ravel().tolist()}
        for name, tensor in tensors.items()
    ]
    plain = table.drop_columns(list(tensors)).to_pylist()
    return {"columns": {field.name: str(field.type) for field in table.schema}, "rows": rows + plain}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        jobs = json.load(file)
    for job in jobs:
        result = globals()[job["how"]](*job["paths"])
        print(json.dumps(result), flush=True)


main()
