// Which columns a table of kept windows has: the user's choice, the name of the column of ids, and what trainers want made from it.
import type { Row } from '../../arrow/rows.js';
import type { Field } from 'apache-arrow';
import { EXPORT_COLUMNS, type Columns, type TableColumns } from '../../arrow/schema.js';
import { invalid } from '../../base/errors.js';
import type { FormatSettings } from './format.js';

/** The column of ids as a row of ours names it. */
const IDS = 'token_ids';

/** Made of the ids, one entry a token: what trainers that pack for themselves ask for. */
const MADE: Record<string, (ids: Int32Array) => Int32Array> = {
  labels: (ids) => ids,
  attention_mask: (ids) => new Int32Array(ids.length).fill(1),
};

/**
 * @param usualIds name of the column of ids in this format
 * @throws LongattnError INVALID_OPTION for a column that is none
 */
export function tableColumns({ idsColumn, columns }: FormatSettings, usualIds: string): Columns {
  const ids = idsColumn ?? usualIds;
  const others = Object.keys(EXPORT_COLUMNS).filter((name) => name !== IDS);
  if (others.includes(ids) || Object.hasOwn(MADE, ids))
    throw invalid('idsColumn', ids, `a name that no other column has, such as ${usualIds}`);
  const all: Columns = Object.fromEntries(
    Object.entries(EXPORT_COLUMNS).map(([name, type]) => [name === IDS ? ids : name, type]),
  );
  if (!columns) return all;
  const known: Columns = {
    ...all,
    ...Object.fromEntries(Object.keys(MADE).map((name) => [name, 'list<int32>' as const])),
  };
  for (const name of columns) {
    if (!Object.hasOwn(known, name)) throw invalid('columns', name, `one of ${Object.keys(known).join(', ')}`);
  }
  return Object.fromEntries(columns.map((name) => [name, known[name]!]));
}

/** Rows with just these columns, named so. */
export async function* withColumns(
  rows: AsyncIterable<Row>,
  columns: TableColumns,
): AsyncGenerator<Row, void, undefined> {
  const names = Object.keys(columns);
  for await (const row of rows) {
    const ids = row[IDS] as Int32Array;
    const cell = (name: string): unknown =>
      Object.hasOwn(MADE, name) ? MADE[name]!(ids) : Object.hasOwn(row, name) ? row[name] : ids;
    yield Object.fromEntries(names.map((name) => [name, cell(name)]));
  }
}

/**
 * Columns with those of the corpus behind them.
 * @throws LongattnError INVALID_OPTION for one that is named as one of ours
 */
export function withKept(columns: Columns, kept: readonly Field[]): TableColumns {
  const ours = new Set([...Object.keys(EXPORT_COLUMNS), ...Object.keys(MADE), ...Object.keys(columns)]);
  const taken = kept.map(({ name }) => name).filter((name) => ours.has(name));
  if (taken.length > 0) {
    const others = kept.map(({ name }) => name).filter((name) => !ours.has(name));
    throw invalid(
      'keepColumns',
      taken.join(),
      `columns that no column of the export is named as${others.length > 0 ? `: ${others.join()}` : ''}`,
    );
  }
  return { ...columns, ...Object.fromEntries(kept.map((field) => [field.name, field])) };
}
