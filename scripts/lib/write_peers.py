"""Write the token ids of a run's windows as others do, for scripts/bench-export.mjs.

Usage: write_peers.py pyarrow|datatrove RUN OUT. Prints a line of JSON: wall and cpu in seconds, peak in bytes.
Reads a batch at a time, as the export does. pyarrow: zstd, row groups of 64 MB, a file of all. datatrove: the file of its tokeniser step,
without the tokeniser.
"""

import glob
import json
import os
import resource
import sys
import time

import pyarrow as pa


def batches(run):
    for file in sorted(glob.glob(os.path.join(run, "windows", "part-*.arrow"))):
        with pa.OSFile(file) as source:
            reader = pa.ipc.open_file(source)
            for i in range(reader.num_record_batches):
                yield reader.get_batch(i)


def write_pyarrow(run, out):
    import pyarrow.parquet as parquet

    columns = ["window_id", "doc_id", "domain", "source", "token_start", "token_ids"]
    writer, group, size = None, [], 0
    for batch in batches(run):
        group.append(batch.select(columns))
        size += batch.nbytes
        if writer is None:
            writer = parquet.ParquetWriter(os.path.join(out, "ids.parquet"), group[0].schema, compression="zstd")
        if size >= 64 << 20:
            writer.write_table(pa.Table.from_batches(group))
            group, size = [], 0
    if group:
        writer.write_table(pa.Table.from_batches(group))
    writer.close()


def write_datatrove(run, out):
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile

    file = TokenizedFile(out, "ids.ds", token_size=4, save_final_metadata=True)
    for batch in batches(run):
        for ids in batch.column("token_ids"):
            file.write(ids.values.to_numpy().tolist(), None)
    file.close()


def main(which, run, out):
    os.makedirs(out)
    if which == "datatrove":
        import datatrove.pipeline.tokens.tokenizer  # noqa: F401  its import is no part of the time
    start, cpu = time.perf_counter(), time.process_time()
    (write_pyarrow if which == "pyarrow" else write_datatrove)(run, out)
    took = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}
    print(json.dumps({**took, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))


main(*sys.argv[1:])
