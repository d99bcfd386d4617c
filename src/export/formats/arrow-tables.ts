// Arrow: a Hugging Face data set as `Dataset.save_to_disk` writes it, and plain Arrow files for everything else.
import path from 'node:path';
import { ArrowWriter, type ArrowFormat } from '../../arrow/writer.js';
import { writeTextAtomically } from '../../io/atomic-file.js';
import type { ExportFile, ExportFormatRow } from './format.js';
import { hfFiles, hfMetadata } from './hf-files.js';
import { featureOf } from './hf-features.js';
import { SHARD_BYTES, writeShards } from './shards.js';
import { withColumns } from './table-columns.js';

const arrowShards =
  (format: ArrowFormat): ExportFormatRow['write'] =>
  (rows, context) => {
    const { columns } = context;
    const metadata = { ...context.metadata, ...hfMetadata(columns) };
    const open: Parameters<typeof writeShards>[3] = (sink) =>
      new ArrowWriter(sink, columns, { metadata, format, nullable: true });
    return writeShards(withColumns(rows, columns), context, 'arrow', open);
  };

export const hf: ExportFormatRow = {
  idsColumn: 'input_ids',
  rows: 'data-*.arrow',
  shardBytes: SHARD_BYTES,
  refuses: (field) =>
    featureOf(field) === undefined ? 'datasets has no feature of this type: use parquet or arrow' : undefined,
  open: `from datasets import load_from_disk
data = load_from_disk("PATH")                                                   # memory-mapped

from datasets import load_dataset
data = load_dataset("arrow", data_files="PATH/data-*.arrow", split="train")`,
  async write(rows, context): Promise<ExportFile[]> {
    const shards = await arrowShards('stream')(rows, context);
    const beside = hfFiles(context.columns, shards, context.fingerprint);
    for (const [name, text] of Object.entries(beside)) {
      const written = await writeTextAtomically(path.join(context.folder, name), text, context.fs);
      shards.push({ name, rows: 0, ...written });
    }
    return shards;
  },
};

export const arrow: ExportFormatRow = {
  idsColumn: 'token_ids',
  rows: 'data-*.arrow',
  shardBytes: SHARD_BYTES,
  open: `import polars as pl
data = pl.read_ipc("PATH/*.arrow")

import pyarrow.dataset as ds
data = ds.dataset("PATH", format="arrow", exclude_invalid_files=True).to_table()`,
  write: arrowShards('file'),
};
