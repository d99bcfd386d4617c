"""Open the files of a run with the libraries that users have, and print the rows that each of them sees.

Usage: read_files.py JOB.json, a list of {"how": name of a reader below, "paths": [...]}. Prints one JSON line a job:
{"columns": {name: type}, "rows": [...]}. A reader that fails ends the script with its own traceback.
"""

import csv
import glob
import gzip
import json
import os
import shutil
import struct
import subprocess
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
import zstandard


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
    files = os.path.join(folder, "*.jsonl*")
    return of_dataset(datasets.load_dataset("json", data_files=files, split="train"))


def hf_folder(folder):
    """As the head of the card says."""
    return of_dataset(datasets.load_dataset(folder, split="train"))


def card(folder):
    """The lines of the card, one by one as a reader would paste them: a row for each line that names data anew, with its number of rows."""
    with open(os.path.join(folder, "README.md"), encoding="utf-8") as file:
        lines = file.read().split("```python\n")[1].split("\n```")[0].replace("PATH", folder).splitlines()
    names, rows = {}, []
    for line in lines:
        exec(line, names)
        if line.startswith("data ="):
            rows.append({"line": line, "rows": len(names["data"])})
    return {"columns": {}, "rows": rows}


def expression(folder, code):
    """A data set by a line of the documents, run where the run lies."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        names = {"load_dataset": datasets.load_dataset, "load_from_disk": datasets.load_from_disk}
        return of_dataset(eval(code, names))
    finally:
        os.chdir(before)


def zstd_lines(folder):
    """The lines of zstd files by python-zstandard, which the program zstd must unpack to the same bytes."""
    rows = []
    for file in data_files(folder, "jsonl.zst"):
        with zstandard.open(file, "rb") as packed:
            text = packed.read()
        if shutil.which("zstd"):
            assert subprocess.run(["zstd", "-dc", file], stdout=subprocess.PIPE, check=True).stdout == text
        rows += [json.loads(line) for line in text.splitlines()]
    return {"columns": {name: "" for name in rows[0]}, "rows": rows}


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


def parquet_statistics(*files):
    """Whether each column of each row group has a least and a largest value."""
    rows = []
    for file in files:
        found = pyarrow.parquet.ParquetFile(file).metadata
        for group in range(found.num_row_groups):
            columns = [found.row_group(group).column(i) for i in range(found.num_columns)]
            has = lambda column: column.statistics is not None and column.statistics.has_min_max
            rows.append({column.path_in_schema.split(".")[0]: has(column) for column in columns})
    return {"columns": {}, "rows": rows}


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


def duckdb_kept(source, annotation):
    """Of each row: whether the columns that went through are those of the source."""
    same = ", ".join(f"corpus.{name} IS NOT DISTINCT FROM a.{name} AS {name}" for name in ["url", "meta"])
    tables = f"'{source}' AS corpus POSITIONAL JOIN '{annotation}' AS a"
    return of_table(duckdb.sql(f"SELECT corpus.id, a.row, {same} FROM {tables}").fetch_arrow_table())


def polars_kept(source, annotation):
    read = polars.read_ndjson if source.endswith(".jsonl") else polars.read_parquet
    other = polars.read_parquet(annotation).rename(lambda name: f"a_{name}")
    joined = polars.concat([read(source), other], how="horizontal")
    same = [polars.col(name).eq_missing(polars.col(f"a_{name}")) for name in ["url", "meta"]]
    return of_polars(joined.select("id", polars.col("a_row").alias("row"), *same))


TYPED = {
    "dictionary": pa.array(["x", "y", None, "x"]).dictionary_encode(),
    "stamp": pa.array([1704164645000006, None, -1, 0], pa.timestamp("us", "Europe/Paris")),
    "nanos": pa.array([2**62, -(2**62), None, 1], pa.timestamp("ns")),
    "price": pa.array(["1.10", None, "-999999999999999999.99", "0"]).cast(pa.decimal128(20, 2)),
    "wide": pa.array(["1.10", None, "-9", "0"]).cast(pa.decimal256(50, 2)),
    "notes": pa.array(
        [[{"a": 1, "b": "x"}, None], None, [], [{"a": None, "b": "long " * 9}]],
        pa.list_(pa.struct([("a", pa.int64()), ("b", pa.string())])),
    ),
    "nothing": pa.nulls(4),
    "huge": pa.array([2**63 - 1, -(2**63), None, 0]),
    "small": pa.array([1, 2, 255, None], pa.uint8()),
    "single": pa.array([0.1, None, -0.0, float("inf")], pa.float32()),
    "half": pa.array([1.5, None, 2.0, 0.25]).cast(pa.float16()),
    "bytes": pa.array([b"\xff\x00", b"", None, b"x"]),
    "pair": pa.array([b"ab", b"cd", None, b"ef"], pa.binary(2)),
    "day": pa.array([19000, None, -1, 0], pa.date32()),
    "time": pa.array([1, None, 3, 86399999999], pa.time64("us")),
    "span": pa.array([1, None, 3, -4], pa.duration("ms")),
    "pairs": pa.array([[("k", 1)], None, [], [("a", None), ("b", 2)]], pa.map_(pa.string(), pa.int32())),
    # No null: pyarrow cannot read back its own Parquet file of it.
    "point": pa.array([[1.0, 2.0], [-1.0, 0.5], [3.0, None], [0.0, 0.0]], pa.list_(pa.float32(), 2)),
    "tags": pa.array([["q", None], None, [], ["q"]], pa.list_(pa.dictionary(pa.int32(), pa.string()))),
    "url": pa.array(["http://a", None, "", "\u00fc\U0001f40b"], pa.large_string()),
    "flag": pa.array([True, None, False, True]),
    "deep": pa.array(
        [{"x": {"y": 1.5}}, None, {"x": None}, {"x": {"y": None}}],
        pa.struct([("x", pa.struct([("y", pa.float64())]))]),
    ),
}


def write_typed(parquet, arrow):
    """A corpus with a column of each type: four documents, of which the second is too short."""
    lengths = [100, 9, 40, 16]
    ids = [[(i * i + length) % 100 for i in range(length)] for length in lengths]
    table = pa.table({"id": ["d0", "d1", "d2", "d3"], "ids": ids, **TYPED})
    pa.parquet.write_table(table, parquet, row_group_size=2)
    with pa.ipc.new_file(arrow, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)
    return {"columns": {}, "rows": []}


def plain(kind):
    """A dictionary is an encoding: what is kept are its values."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_list(kind) and not pa.types.is_struct(kind.value_type):
        return pa.list_(plain(kind.value_type))
    return kind


def read_any(file):
    if file.endswith(".parquet"):
        return pa.parquet.read_table(file)
    try:
        return pa.ipc.open_file(file).read_all()
    except pa.ArrowInvalid:
        return pa.ipc.open_stream(file).read_all()


def kept_like_source(source, key, *files):
    """For each column of the source: is it the same in the rows of these files, joined by the id of the document?"""
    source = read_any(source)
    table = pa.concat_tables([read_any(file) for file in files])
    table.validate(full=True)
    rows = [source["id"].to_pylist().index(name) for name in table[key].to_pylist()]
    seen = []
    for field in source.schema:
        if field.name not in TYPED or field.name not in table.schema.names:
            continue
        expected = source[field.name].take(pa.array(rows, pa.int64())).combine_chunks()
        found = table[field.name].combine_chunks()
        same_type = found.type == plain(field.type)
        same = expected.to_pylist() == found.to_pylist()
        if pa.types.is_timestamp(field.type) or pa.types.is_duration(field.type):
            same = expected.cast(pa.int64()).to_pylist() == found.cast(pa.int64()).to_pylist()
        seen.append({"name": field.name, "type": str(found.type), "same": same, "sameType": same_type, "rows": len(found)})
    return {"columns": {}, "rows": seen}


def types_of(*files):
    schema = pa.concat_tables([read_any(file) for file in files]).schema
    return {"columns": {field.name: str(field.type).replace("element", "item") for field in schema}, "rows": []}


def hf_columns(folder, source):
    """Every kept column as datasets gives it, beside that of the source."""
    data, source = datasets.load_from_disk(folder), read_any(source)
    rows = [source["id"].to_pylist().index(name) for name in data["doc_id"]]
    names = [name for name in TYPED if name in data.column_names]
    table = data.with_format("arrow")[:]
    expected = source.take(pa.array(rows, pa.int64()))
    whole = lambda column: column.cast(pa.int64()) if str(column.type).startswith(("timestamp", "duration")) else column
    same = lambda name: whole(table[name]).to_pylist() == whole(expected[name]).to_pylist()
    return {"columns": {}, "rows": [{"name": name, "same": same(name), "type": str(table[name].type)} for name in names]}


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
