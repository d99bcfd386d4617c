// Which options decide the bytes of a stage: what run.json keeps and what the stages' hashes are made of.
//
// A run is resumed only where these are equal, so an option that is forgotten here would change a run in silence. That cannot be:
// every row of the table names its stage.
import { canonicalJson, type Json, type JsonObject } from '../io/canonical-json.js';
import type { OptionRow, Parsed, Rows } from './row.js';
import type { Spec } from './spec.js';
import { RUN } from './table.js';

type StageOf<K extends keyof typeof RUN> = (typeof RUN)[K]['stage'];
type StoredName<K extends keyof typeof RUN> = (typeof RUN)[K] extends { storedAs: infer S extends string } ? S : K;

/** The options of a stage by the names that it knows. */
export type StageOptions<S> = {
  [K in keyof typeof RUN as StageOf<K> extends S ? StoredName<K> : never]: Spec[K];
};

const rowsOf = (stage: string): [keyof typeof RUN, OptionRow][] =>
  Object.entries(RUN as Rows).filter(([, row]) => row.stage === stage) as [keyof typeof RUN, OptionRow][];

/** All options of a stage, by the names that it knows. */
export function stageOptions<S extends 'selection' | 'export'>(stage: S, spec: Spec): StageOptions<S> {
  return Object.fromEntries(rowsOf(stage).map(([name, row]) => [row.storedAs ?? name, spec[name]])) as StageOptions<S>;
}

/** The options of scores that a run without a model has too. */
const UNSCORED: readonly (keyof typeof RUN)[] = ['tokenizer', 'k'];

/** What run.json keeps of a stage: without what is not given, and without later options at their default. */
export function storedOptions(stage: 'windows' | 'scores', spec: Spec): JsonObject {
  const stored: Record<string, Json> = {};
  for (const [name, row] of rowsOf(stage)) {
    if (stage === 'scores' && spec.model === undefined && !UNSCORED.includes(name)) continue;
    // The rule of k, not the number: so it stands in the first runs.
    const value = name === 'k' ? spec.kRule : spec[name];
    if (value === undefined) continue;
    if (!row.storedAtDefault && isDefault(row, value)) continue;
    stored[row.storedAs ?? name] = value;
  }
  return stored;
}

/** The options that are given (not at their default), and say something of a model alone. */
export function optionsOfModel(parsed: Parsed<typeof RUN>): string[] {
  return rowsOf('scores')
    .filter(([name]) => name !== 'model' && !UNSCORED.includes(name))
    .filter(([name, row]) => parsed[name] !== undefined && !isDefault(row, parsed[name] as Json))
    .map(([name]) => name);
}

function isDefault(row: OptionRow, value: Json): boolean {
  return row.default !== undefined && canonicalJson(row.type.parse(row.default) as Json) === canonicalJson(value);
}

/** The options that run.json keeps, by the names of this version. */
export function fromStored(stored: JsonObject): Record<string, Json | undefined> {
  const options: Record<string, Json | undefined> = {};
  for (const stage of ['windows', 'scores']) {
    for (const [name, row] of rowsOf(stage)) {
      const value = stored[row.storedAs ?? name];
      if (value !== undefined) options[name] = value;
    }
  }
  return options;
}
