// The formats of an export: one row each.
import { arrow, hf } from './arrow-tables.js';
import type { ExportFormatRow } from './format.js';
import { jsonl, jsonlZst } from './json-lines.js';
import { mds } from './mds.js';
import type { ExportFormat } from '../../options/export-formats.js';
import { parquet } from './parquet.js';
import { tokens } from './tokens/index.js';

export const EXPORT_FORMATS: Record<ExportFormat, ExportFormatRow> = {
  hf,
  arrow,
  parquet,
  jsonl,
  'jsonl.zst': jsonlZst,
  tokens,
  mds,
};
