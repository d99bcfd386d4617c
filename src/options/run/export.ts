// Options of the export: its format, its columns, and where it goes.
import { z } from 'zod';
import { EXPORT_FORMAT_NAMES, TOKEN_READERS } from '../export-formats.js';
import type { Rows } from '../row.js';
import * as type from '../types.js';

export const EXPORT = {
  format: {
    stage: 'export',
    group: 'export',
    type: z.enum(EXPORT_FORMAT_NAMES),
    default: 'hf',
    allowed: `one of ${EXPORT_FORMAT_NAMES.join(', ')}`,
    help: 'hf (datasets folder), arrow, parquet, jsonl, jsonl.zst, tokens (Megatron, OLMo, TorchTitan, datatrove) or mds',
  },
  idsColumn: {
    stage: 'export',
    group: 'export',
    type: type.text,
    absent: 'input_ids of hf and parquet, else token_ids',
    allowed: 'a name that no other column has',
    help: 'name of the column of token ids in a table',
  },
  columns: {
    stage: 'export',
    group: 'export',
    type: type.words,
    absent: 'all but labels and attention_mask',
    allowed: 'a list of columns such as input_ids,labels,attention_mask',
    help: 'columns of a table, in this order (docs/export.md lists them)',
  },
  keepColumns: {
    stage: 'export',
    group: 'export',
    type: type.words,
    absent: 'none',
    allowed: 'all, or a list of columns of the corpus such as url,license,meta',
    help: "the corpus' own columns to write beside each row, with their types: url,license,meta, or all",
  },
  for: {
    stage: 'export',
    group: 'export',
    type: type.readers,
    absent: 'all',
    allowed: `a list of ${TOKEN_READERS.join(', ')}`,
    help: `whose files lie beside the ids of tokens: ${TOKEN_READERS.join(', ')}`,
    variable: false,
  },
  idsType: {
    stage: 'export',
    group: 'export',
    type: z.enum(['uint32', 'uint16']),
    default: 'uint32',
    allowed: 'uint32 or uint16',
    help: 'of tokens: size of an id; uint16 for vocabularies below 65500',
  },
  eos: {
    stage: 'export',
    group: 'export',
    type: type.whole(0),
    absent: 'none',
    allowed: 'a token id from 0',
    help: 'of tokens and mds: an id to write behind each window',
  },
  to: {
    stage: 'none',
    group: 'export',
    type: type.text,
    absent: 'nowhere: it stays in RUN/export',
    allowed: 'an address such as s3://bucket/prefix or hf://datasets/org/name',
    help: 'send the export there too: s3://bucket/prefix, gs://bucket/prefix, hf://datasets/org/name (docs/export.md)',
    variable: false,
  },
} as const satisfies Rows;
