// The rows of a stage, and which of them say something of a model alone. Beside stage-options.ts, so that a spec can be checked by it.
import { canonicalJson, type Json } from '../io/canonical-json.js';
import type { OptionRow, Parsed, Rows } from './row.js';
import { RUN } from './table.js';

export const rowsOf = (stage: string): [keyof typeof RUN, OptionRow][] =>
  Object.entries(RUN as Rows).filter(([, row]) => row.stage === stage) as [keyof typeof RUN, OptionRow][];

/** The options of scores that a run without a model has too. */
export const UNSCORED: readonly (keyof typeof RUN)[] = ['tokenizer', 'k'];

/** The options that are given (not at their default), and say something of a model alone. */
export function optionsOfModel(parsed: Parsed<typeof RUN>): string[] {
  return rowsOf('scores')
    .filter(([name]) => name !== 'model' && !UNSCORED.includes(name))
    .filter(([name, row]) => parsed[name] !== undefined && !isDefault(row, parsed[name] as Json))
    .map(([name]) => name);
}

export function isDefault(row: OptionRow, value: Json): boolean {
  return row.default !== undefined && canonicalJson(row.type.parse(row.default) as Json) === canonicalJson(value);
}
