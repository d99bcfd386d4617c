// What the options of an export say by themselves: told before hours of work, not at the end of them.
import { LongattnError } from '../base/errors.js';
import { EXPORT_FORMAT_NAMES, type ExportFormat } from '../options/export-formats.js';
import type { Columns } from '../arrow/schema.js';
import type { FormatSettings } from './formats/format.js';
import { EXPORT_FORMATS } from './formats/index.js';
import { tableColumns } from './formats/table-columns.js';

/**
 * @returns the columns of a table, without those of the corpus
 * @throws LongattnError INVALID_OPTION for an option that the format has no use for, or a column that is none; ZSTD_UNAVAILABLE
 */
export function checkExport(format: ExportFormat, settings: FormatSettings): Columns {
  for (const name of Object.keys(settings) as (keyof FormatSettings)[]) {
    if (!isGiven(settings, name) || takes(format, name)) continue;
    const others = EXPORT_FORMAT_NAMES.filter((other) => takes(other, name)).join(', ');
    throw new LongattnError(
      'INVALID_OPTION',
      `${name} must not be given with the format ${format}, which has no use for it. It is of ${others}. Leave it out, or choose one of these.`,
    );
  }
  const row = EXPORT_FORMATS[format];
  const missing = row.unavailable?.();
  if (missing) throw missing;
  return tableColumns(settings, row.idsColumn ?? 'input_ids');
}

/** The size of an id has a default, which says nothing. */
function isGiven(settings: FormatSettings, name: keyof FormatSettings): boolean {
  return settings[name] !== undefined && !(name === 'idsType' && settings.idsType === 'uint32');
}

function takes(format: ExportFormat, name: keyof FormatSettings): boolean {
  if (name === 'keepColumns') return true;
  const { idsColumn, ofTokens = [] } = EXPORT_FORMATS[format];
  if (name === 'columns' || name === 'idsColumn') return idsColumn !== undefined;
  return ofTokens.includes(name);
}
