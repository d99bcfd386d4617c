#!/usr/bin/env python3
"""Makes the files in test/wild/files: what pyarrow writes by default, which no writer in Node does. Needs pyarrow==26.0.1.

    python3 test/wild/make.py
"""
import os
import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq

folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
os.makedirs(folder, exist_ok=True)
rows = range(20)
ids = [[(i * 7 + row) % 300 for i in range(80)] for row in rows]

# Columns of 8-byte values: buffers that a codec must hand out aligned.
table = pa.table({
    "id": [f"d{row}" for row in rows],
    "input_ids": pa.array(ids, pa.list_(pa.int64())),
    "n": pa.array([row * 10**10 for row in rows], pa.int64()),
    "score": pa.array([row % 3 for row in rows], pa.int8()),
    "f": pa.array([row / 2 for row in rows], pa.float64()),
})
for codec, name in [("zstd", "eight-bytes.zstd.arrow"), ("lz4", "eight-bytes.lz4.feather")]:
    with ipc.new_file(os.path.join(folder, name), table.schema, options=ipc.IpcWriteOptions(compression=codec)) as file:
        file.write_table(table)
pq.write_table(table, os.path.join(folder, "int8-score.parquet"))

# Pages of a document as a list of strings: none, one, several, and one that is null.
pages = [["Erste Seite", "Zweite — Seite"], ["allein"], [], None, ["a", None]]
listed = pa.table({"id": [str(i) for i in range(len(pages))], "text": pa.array(pages, pa.list_(pa.string()))})
pq.write_table(listed, os.path.join(folder, "pages.parquet"))
with ipc.new_file(os.path.join(folder, "pages.arrow"), listed.schema) as file:
    file.write_table(listed)

# A text that LZ4 packs in several blocks, each of which goes on from the one before.
long = pa.table({"id": ["a", "b"], "text": ["the whale and the sea " * 9000, "".join(chr(0x4E00 + i % 997) for i in range(60000))]})
with ipc.new_file(os.path.join(folder, "blocks.lz4.arrow"), long.schema, options=ipc.IpcWriteOptions(compression="lz4")) as file:
    file.write_table(long)
