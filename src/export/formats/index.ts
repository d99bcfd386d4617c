// The formats of an export: one row each.
import { arrow, hf } from './arrow-tables.js';
import type { ExportFormatRow } from './format.js';
import { jsonl, jsonlZst } from './json-lines.js';
import { mds } from './mds.js';
import { parquet } from './parquet.js';
import { tokens } from './tokens/index.js';

export const EXPORT_FORMATS = { hf, arrow, parquet, jsonl, 'jsonl.zst': jsonlZst, tokens, mds } satisfies Record<
  string,
  ExportFormatRow
>;
export type ExportFormat = keyof typeof EXPORT_FORMATS;
export const EXPORT_FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as [ExportFormat, ...ExportFormat[]];
