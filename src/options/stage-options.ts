// Which options decide the bytes of a stage: what run.json keeps and what the stages' hashes are made of.
//
// A run is resumed only where these are equal, so an option that is forgotten here would change a run in silence. That cannot be:
// every row of the table names its stage.
import type { Json, JsonObject } from '../io/canonical-json.js';
import type { Spec } from './spec.js';
import { isDefault, rowsOf, UNSCORED } from './stage-rows.js';
import type { RUN } from './table.js';

type StageOf<K extends keyof typeof RUN> = (typeof RUN)[K]['stage'];
type StoredName<K extends keyof typeof RUN> = (typeof RUN)[K] extends { storedAs: infer S extends string } ? S : K;

/** The options of a stage by the names that it knows. */
export type StageOptions<S> = {
  [K in keyof typeof RUN as StageOf<K> extends S ? StoredName<K> : never]: Spec[K];
};

/** All options of a stage, by the names that it knows. */
export function stageOptions<S extends 'selection' | 'export'>(stage: S, spec: Spec): StageOptions<S> {
  return Object.fromEntries(rowsOf(stage).map(([name, row]) => [row.storedAs ?? name, spec[name]])) as StageOptions<S>;
}

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
