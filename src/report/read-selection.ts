// A selection as its file has it: the settings that it was made with, and the rank, score and reason of each window.
import path from 'node:path';
import { ArrowFile } from '../arrow/file.js';
import { SELECTION_COLUMNS } from '../arrow/schema.js';
import { resolveDistance, type DistanceRule } from '../base/distance.js';
import { dataError } from '../base/errors.js';
import type { Run } from '../run/directory.js';
import type { KeepSettings } from '../selection/budget.js';
import type { SelectionSettings } from '../selection/select-windows.js';
import type { WindowTable } from '../selection/window-table.js';

/** A selection as its file has it. */
export interface Chosen {
  settings: SelectionSettings;
  rank: Int32Array;
  kept: Uint8Array;
  /** Index into `reasons`; 0 is that of a kept window. */
  reason: Uint8Array;
  reasons: string[];
  score: Float64Array;
}

/** What the selection says of itself. @throws LongattnError SELECTION_MISSING, SELECTION_STALE */
export async function settingsOf({ dir, windows, manifest }: Run, file: string): Promise<SelectionSettings> {
  if (!(await windows.fs.stat(file).catch(() => undefined))) {
    const message = `${file} is not there: there is no selection to report on. Run \`longattn select ${path.basename(dir)}\` first.`;
    throw dataError('SELECTION_MISSING', message);
  }
  await using opened = await ArrowFile.open(file, SELECTION_COLUMNS, windows.fs);
  const text = opened.metadata.get('selection');
  if (text === undefined) throw stale(file);
  const stored = JSON.parse(text) as KeepSettings & Partial<SelectionSettings>;
  const { score = 'longattn', alpha = 0.5, std = 'zscore', heads = 'all', maxOverlap = 1 } = stored;
  // The k that was scored has columns of its own: the bins, most of a score file, are then left alone.
  const { k: rule, window } = manifest.spec;
  const scoredK = rule === undefined ? undefined : resolveDistance(rule as DistanceRule, Number(window));
  const { layer, k, keep, keepTokens, quota, maxPerDocument, maxRepeats, temperature, seed } = stored;
  const { unit, aggregate } = stored;
  return {
    ...{
      score,
      alpha,
      std,
      heads,
      maxOverlap,
      layer,
      k: k === scoredK ? undefined : k,
      keep,
      keepTokens,
      quota,
      maxPerDocument,
    },
    ...{ maxRepeats: maxRepeats ?? 1, temperature, seed, unit, aggregate },
  };
}

/** @throws LongattnError SELECTION_STALE where the file is of other windows */
export async function readChosen(
  { windows }: Run,
  file: string,
  table: WindowTable,
  settings: SelectionSettings,
): Promise<Chosen> {
  const { length } = table;
  const chosen: Chosen = {
    ...{ settings, rank: new Int32Array(length), kept: new Uint8Array(length), reason: new Uint8Array(length) },
    ...{ reasons: ['kept'], score: new Float64Array(length) },
  };
  await using opened = await ArrowFile.open(file, SELECTION_COLUMNS, windows.fs);
  let at = 0;
  for await (const { columns, rows } of opened.batches(['window_id', 'rank', 'selected', 'reason', 'score'])) {
    if (at + rows > length) throw stale(file);
    for (const row of rows === 0 ? [] : [0, rows - 1])
      if (columns.window_id.get(row) !== table.ids.get(at + row)) throw stale(file);
    chosen.rank.set(columns.rank, at);
    chosen.score.set(columns.score, at);
    const seen = new Map<string, number>();
    for (let row = 0; row < rows; row++) {
      chosen.kept[at + row] = columns.selected[row]!;
      const reason = columns.reason.get(row);
      let index = seen.get(reason);
      if (index === undefined) {
        index = chosen.reasons.indexOf(reason);
        if (index < 0) index = chosen.reasons.push(reason) - 1;
        seen.set(reason, index);
      }
      chosen.reason[at + row] = index;
    }
    at += rows;
  }
  if (at !== length) throw stale(file);
  return chosen;
}

export function stale(file: string): Error {
  return dataError('SELECTION_STALE', `${file} does not belong to the windows of this run. Select again.`);
}
