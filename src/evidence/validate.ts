// `longattn validate` without its surroundings: windows in, an evidence folder and a report out.
//
// Three kinds of work, each resumed where it was killed: cases (sample, controls, counts), attention statistics of
// the cases, losses. The report is made anew from them every time: it takes seconds.
import { dataError, invalid } from '../base/errors.js';
import type { Window } from '../base/records.js';
import { binEdges } from '../base/statistics.js';
import type { JsonObject } from '../io/canonical-json.js';
import { listCountScores } from '../scores/registry.js';
import { makeCases } from './cases.js';
import { readCases, writeCases, type StoredCases } from './case-parts.js';
import { FEWEST_PAIRS, type CaseTable } from './case-table.js';
import { findControls } from './controls/registry.js';
import { measure } from './measure.js';
import { openStore, type EvidenceStore } from './store.js';
import { sampleWindows } from './sample.js';
import { countColumns, CountValues } from './count-values.js';
import type { ValidateOptions } from './validate-options.js';
import { writeReport, type ValidateResult } from './write-report.js';

/**
 * @throws LongattnError INVALID_OPTION, SPEC_CHANGED, TOO_FEW_WINDOWS; those of the scorer and the disk; the signal's reason
 */
export async function validate(options: ValidateOptions): Promise<ValidateResult> {
  checkDistances(options.ks, options.window);
  const store = await openStore(options.dir, specOf(options));
  const cases = (await readCases(store.cases)) ?? (await prepareCases(store, options));
  requireEnough(cases.table);
  const measured = await measure(store, cases, options);
  return writeReport(store, cases.table, measured, options);
}

/** Everything that decides a value. Scores are named, because a registered one of the user's may come or go. */
function specOf({
  model,
  window,
  ks,
  tokens,
  perDomain,
  controls,
  loss,
  seed,
  windowsHash,
}: ValidateOptions): JsonObject {
  return {
    windowsHash,
    window,
    k: [...ks],
    tokens,
    perDomain,
    controls: findControls(controls).map(({ name }) => name),
    loss,
    seed,
    revision: model.revision,
    layers: [...model.layers],
    textScores: listCountScores().map(({ name }) => name),
  };
}

function checkDistances(ks: readonly number[], window: number): void {
  const edges = binEdges(window);
  const wrong = ks.find((k) => k === 0 || !edges.includes(k));
  if (wrong === undefined && ks.length > 0) return;
  const some = [...new Set([1, 2, 4, 8, 16, 24].map((bin) => edges[bin]!))].filter((edge) => edge > 0);
  throw invalid('k', wrong ?? [], `bin edges floor(j*W/32), for W = ${window} such as ${some.join(', ')}`);
}

async function prepareCases(store: EvidenceStore, options: ValidateOptions): Promise<StoredCases> {
  const { ks, seed, window, onProgress, signal } = options;
  onProgress?.({ type: 'stage-start', stage: 'controls', parts: 1, done: 0 });
  const scores = listCountScores();
  const counts = new CountValues(scores, { seed });
  const watched = (): AsyncIterable<Window> => stopping(options.windows(), signal);
  const sample = await sampleWindows(watched(), options.perDomain, seed, (one) => counts.observe(one));
  const made = await makeCases(sample, watched(), {
    window,
    seed,
    controls: findControls(options.controls),
    count: (domain, score, tokenIds) => counts.value(domain, score, { windowId: '', tokenIds }, ks[0]!),
  });
  const columns = countColumns(scores, ks);
  await writeCases(store.cases, made, columns, ({ window: one }) =>
    columns.map(({ score, k }) => counts.value(one.domain, score.name, one, k ?? ks[0]!)),
  );
  onProgress?.({ type: 'stage-done', stage: 'controls', counts: { windows: made.cases.length } });
  return (await readCases(store.cases))!;
}

async function* stopping(windows: AsyncIterable<Window>, signal?: AbortSignal): AsyncGenerator<Window> {
  for await (const window of windows) {
    signal?.throwIfAborted();
    yield window;
  }
}

function requireEnough(table: CaseTable): void {
  const real = table.domains.reduce((sum, domain) => sum + table.reals(domain).length, 0);
  const pairs = Math.max(0, ...table.controls.map(({ name }) => table.pairCount(name)));
  if (Math.min(real, pairs) >= FEWEST_PAIRS) return;
  throw dataError(
    'TOO_FEW_WINDOWS',
    `The corpus gives ${real} real windows and at most ${pairs} pairs a control; at least ${FEWEST_PAIRS} are needed. Give more text, or a shorter --window.`,
  );
}
