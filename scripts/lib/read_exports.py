"""Open an export with the readers of trainers, and compare ids and boundaries with its Arrow form, bit for bit.

Usage: read_exports.py ARROW TOKENS MDS, three exports of the same selection. Prints a line a reader; exit code 1 where one differs.
"""

import glob
import os
import sys
import warnings

warnings.filterwarnings("ignore")
import numpy
import pyarrow as pa


def expected(folder):
    """Domain -> the ids of its windows, in order."""
    tables = [pa.ipc.open_file(file).read_all() for file in sorted(glob.glob(os.path.join(folder, "*.arrow")))]
    windows = {}
    for row in pa.concat_tables(tables).select(["domain", "window_id", "token_ids"]).to_pylist():
        windows.setdefault(row["domain"], []).append((row["window_id"], row["token_ids"]))
    return windows


def megatron(folder):
    from megatron.core.datasets.indexed_dataset import IndexedDataset

    data = IndexedDataset(os.path.join(folder, "tokens"))
    assert data.document_indices.tolist() == list(range(len(data) + 1))
    return [data[i].tolist() for i in range(len(data))]


def olmo(folder):
    from olmo_core.data import NumpyFSLDataset
    from olmo_core.data.utils import iter_document_indices

    file = os.path.join(folder, "tokens.npy")
    places = list(iter_document_indices(file, dtype=numpy.uint32))
    length = places[0][1] - places[0][0]
    assert places == [(i * length, (i + 1) * length) for i in range(len(places))]
    data = NumpyFSLDataset(
        file, sequence_length=length, pad_token_id=0, eos_token_id=0, vocab_size=1 << 30, dtype=numpy.uint32
    )
    data.prepare()
    return [data[i]["input_ids"].tolist() for i in range(len(data))]


def torchtitan(folder):
    ids = numpy.memmap(os.path.join(folder, "tokens.bin"), dtype=numpy.uint32, mode="r")
    offsets = numpy.load(os.path.join(folder, "document_offsets.npy"))
    return [ids[a:b].tolist() for a, b in zip(offsets[:-1], offsets[1:])]


def datatrove(folder):
    from datatrove.utils.dataset import DatatroveFileDataset

    ends = numpy.fromfile(os.path.join(folder, "tokens.ds.index"), dtype=numpy.uint64)
    file = os.path.join(folder, "tokens.ds")
    data = DatatroveFileDataset(file, seq_len=int(ends[0]) - 1, token_size=4, return_positions=True)
    rows = [data[i] for i in range(len(data))]
    assert all(row["positions"].tolist() == list(range(int(ends[0]))) for row in rows)
    return [row["input_ids"].tolist() for row in rows]


def mds(folder):
    from streaming import StreamingDataset

    data = StreamingDataset(local=folder, shuffle=False, batch_size=1, validate_hash="sha1")
    rows = [data[i] for i in range(len(data))]
    assert all(row["indices"].tolist() == [[0, row["length"]]] for row in rows)
    return [row["input_ids"].tolist() for row in rows]


def main():
    arrow, tokens, samples = sys.argv[1:]
    wanted = expected(arrow)
    wrong = 0
    readers = [("megatron-core", megatron, tokens), ("ai2-olmo-core", olmo, tokens), ("numpy, as TorchTitan", torchtitan, tokens)]
    readers += [("datatrove", datatrove, tokens), ("mosaicml-streaming", mds, samples)]
    for name, read, folder in readers:
        for domain, windows in wanted.items():
            try:
                same = read(os.path.join(folder, domain, "00000")) == [ids for _, ids in windows]
                verdict = "same ids and boundaries" if same else "DIFFERS"
            except Exception as error:  # a reader that fails is a result too
                same, verdict = False, f"FAILED: {type(error).__name__}: {error}"
            wrong += not same
            print(f"{name:22} {domain:10} {len(windows):5} windows  {verdict}", flush=True)
    sys.exit(1 if wrong else 0)


main()
