// The corpus' own columns beside the rows of an export, by the document of each.
import type { Field } from 'apache-arrow';
import type { Row } from '../arrow/rows.js';
import type { Value } from '../arrow/values.js';
import { dataError, show } from '../base/errors.js';
import { documentOf } from '../base/window-id.js';
import type { ExportFormatRow } from './formats/format.js';

/** Columns of the documents of a run, asked for in their order. */
export interface KeptSource {
  readonly fields: readonly Field[];
  /** @param key of the document, as window ids begin with it */
  valuesOf(source: string, key: string): Promise<readonly Value[]>;
  close(): Promise<void>;
}

/** @throws LongattnError COLUMN_TYPE where the format has no place for a column */
export function requireKeepable({ refuses }: Pick<ExportFormatRow, 'refuses'>, kept: readonly Field[]): void {
  for (const field of kept) {
    const reason = refuses?.(field);
    if (reason !== undefined)
      throw dataError(
        'COLUMN_TYPE',
        `The column ${show(field.name)} of type ${String(field.type)} cannot be written: ${reason}, or leave it out of --keep-columns.`,
      );
  }
}

/** Rows that have the cells of these columns too, by name. */
export async function* withKeptCells(rows: AsyncIterable<Row>, kept: KeptSource): AsyncGenerator<Row, void, undefined> {
  for await (const row of rows) {
    const values = await kept.valuesOf(row['source'] as string, documentOf(row['window_id'] as string));
    yield { ...row, ...Object.fromEntries(kept.fields.map(({ name }, i) => [name, values[i]])) };
  }
}
