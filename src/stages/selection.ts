// The selection stage: stored statistics to rank and choice, in seconds and without the model. It is always made anew: a user's own
// score may have changed without a change of its name.
import path from 'node:path';
import { SELECTION_COLUMNS } from '../formats/arrow-schema.js';
import { LongattnError } from '../errors.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { canonicalJson, hashJson, type JsonObject } from '../run/canonical-json.js';
import type { Run } from '../run/directory.js';
import { Ledger, type LedgerCheck } from '../run/ledger.js';
import { findScore } from '../scores/registry.js';
import type { AttentionScore } from '../scores/score.js';
import type { Standard } from '../scores/standardize.js';
import { choose } from '../selection/choose.js';
import type { KeepSettings } from '../selection/budget.js';
import { gather } from '../selection/gather.js';
import { measure, type Measured } from '../selection/measure.js';
import { selectionBatches } from '../selection/selection-batches.js';
import { summarise, type DomainSummary } from '../selection/summary.js';

export const SELECTION = 'selection';

export interface SelectionSettings extends KeepSettings {
  /** Name in the registry. */
  score: string;
  alpha: number;
  std: Standard;
  layer?: number | undefined;
  k?: number | undefined;
  heads: readonly number[] | 'all';
}

export interface SelectionResult {
  domains: DomainSummary[];
  /** As used, defaults filled in: also in the metadata of the file. */
  settings: JsonObject;
  ledger: Ledger;
  path: string;
}

/**
 * Rank all windows of a run and choose. Rows of selection.arrow are in the order of the scores.
 *
 * @throws LongattnError PARTS_MISSING, LAYER_NOT_SCORED, K_NOT_STORED, INVALID_OPTION, SCORE_NOT_FINITE, and those of the disk
 */
export async function selectWindows(
  run: Run,
  settings: SelectionSettings,
  options: { check?: LedgerCheck; signal?: AbortSignal } = {},
): Promise<SelectionResult> {
  const score = findScore(settings.score);
  const { layer, k, heads } = settings;
  const measured = await measure({
    ...{ scores: run.scores, parts: run.manifest.parts },
    ...{ score, layer, k, heads },
    ...options,
  });
  const lds = combine(measured, score, settings);
  const choice = choose(measured.table, lds, settings);
  const used: JsonObject = {
    ...(settings as unknown as JsonObject),
    layer: measured.layer,
    k: measured.k,
    formula: score.formula,
  };
  const ledger = new Ledger(
    path.join(run.dir, SELECTION),
    hashJson({ upstream: run.scores.specHash, settings: used }),
    run.scores.fs,
  );
  const domains = summarise(measured, choice);
  const kept = domains.reduce((sum, domain) => sum + domain.kept, 0);
  await writeArrowPart(ledger, SELECTION, {
    columns: SELECTION_COLUMNS,
    metadata: { ...measured.metadata, selection: canonicalJson(used) },
    batches: selectionBatches(measured, lds, choice),
    entry: () => ({ counts: { windows: measured.table.length, kept } }),
  });
  return { domains, settings: used, ledger, path: ledger.file(SELECTION) };
}

/** The score of each window, domain by domain. */
function combine({ table, components }: Measured, score: AttentionScore, settings: SelectionSettings): Float64Array {
  const values = new Float64Array(table.length);
  table.byDomain().forEach((windows, domain) => {
    const columns = components.map((column) => gather(column, windows));
    const combined = score.combine(columns, settings);
    if (combined.length !== windows.length || !combined.every(Number.isFinite)) {
      throw new LongattnError(
        'SCORE_NOT_FINITE',
        'data',
        `The score ${score.name} must give one finite number a window; for domain ${JSON.stringify(table.domainNames[domain])} it does not.`,
      );
    }
    for (let i = 0; i < windows.length; i++) values[windows[i]!] = combined[i]!;
  });
  return values;
}
