// `longattn validate` without its surroundings: windows in, an evidence folder and a report out.
//
// Three kinds of work, each resumed where it was killed: cases (sample, controls, counts), attention statistics of
// the cases, losses. The report is made anew from them every time: it takes seconds.
import path from 'node:path';
import { dataError, invalid } from '../base/errors.js';
import type { Window } from '../base/records.js';
import { binEdges } from '../base/statistics.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import type { JsonObject } from '../io/canonical-json.js';
import { listCountScores } from '../scores/registry.js';
import { version } from '../base/version.js';
import { advise } from './advice.js';
import { certify, type Certificate } from './certificate.js';
import { Analysis } from './analyse.js';
import { makeCases } from './cases.js';
import { readCases, writeCases, type StoredCases } from './case-parts.js';
import type { CaseTable } from './case-table.js';
import { choiceFile } from './choice-file.js';
import { findControls } from './controls/registry.js';
import { frontierPicture } from './frontier-picture.js';
import { heatMap } from './heat-map.js';
import { layersOf } from './layers-of.js';
import { measure, type Measured } from './measure.js';
import type { EvidenceReport } from './report.js';
import { writeReportTable } from './report-table.js';
import { openStore, type EvidenceStore } from './store.js';
import { sampleWindows } from './sample.js';
import { countColumns, CountValues } from './count-values.js';
import type { ValidateOptions } from './validate-options.js';

/** Fewer real windows cannot be cut into two halves that say anything. */
const FEWEST_WINDOWS = 4;

export interface ValidateResult {
  report: EvidenceReport;
  files: {
    report: string;
    table: string;
    picture: string;
    frontier?: string;
    choice: string;
    certificate: string;
    page: string;
  };
  certificate: Certificate;
}

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
  const pairs = Math.max(0, ...table.controls.map(({ name }) => pairCount(table, name)));
  if (Math.min(real, pairs) >= FEWEST_WINDOWS) return;
  throw dataError(
    'TOO_FEW_WINDOWS',
    `The corpus gives ${real} real windows and at most ${pairs} pairs a control; at least ${FEWEST_WINDOWS} are needed. Give more text, or a shorter --window.`,
  );
}

function pairCount(table: CaseTable, control: string): number {
  return table.pairs(control).reduce((sum, { real }) => sum + real.length, 0);
}

async function writeReport(
  store: EvidenceStore,
  all: CaseTable,
  measured: Measured,
  options: ValidateOptions,
): Promise<ValidateResult> {
  const { onProgress, signal, ks, tokens, settings, seed, model } = options;
  // A control that almost no window has says nothing; the report still lists it with its notes.
  const table = all.withControls(all.controls.filter(({ name }) => pairCount(all, name) >= FEWEST_WINDOWS));
  const { layers, gains } = measured;
  const gainsOfControls = options.loss === 'all';
  const analysis = new Analysis({
    table,
    layers,
    ks,
    tokens,
    settings,
    seed,
    gainsOfControls,
    window: options.window,
    keep: options.keep,
    peers: measured.peers,
    fit: options.fit ?? 'none',
    ...(gains && { gains }),
  });
  const files = {
    report: path.join(store.dir, 'report.json'),
    table: path.join(store.dir, 'report.arrow'),
    picture: path.join(store.dir, 'auc.svg'),
    choice: path.join(store.dir, 'choice.json'),
    certificate: path.join(store.dir, 'certificate.json'),
    page: path.join(store.dir, 'certificate.md'),
  };
  const metadata = {
    architecture: model.architecture,
    revision: model.revision,
    window: `${options.window}`,
    seed: `${seed}`,
  };
  const rows = await writeReportTable(files.table, analysis.rows(onProgress, signal), metadata);
  const report = reportOf(all, analysis, measured, options);
  await writeTextAtomically(files.report, `${JSON.stringify(report, null, 1)}\n`);
  await writeTextAtomically(files.picture, heatMap(report));
  const frontier = frontierPicture(report);
  if (frontier !== undefined) await writeTextAtomically(path.join(store.dir, 'frontier.svg'), frontier);
  const certificate = certify(report, version);
  const { sha256, facts, page } = certificate;
  await writeTextAtomically(files.certificate, `${JSON.stringify({ sha256, ...facts }, null, 2)}\n`);
  await writeTextAtomically(files.page, page);
  const layersRead = layersOf(report.choice);
  const origin = {
    rule: 'quarter' as const,
    revision: layersRead.length === 0 ? model.revision : await options.revisionOf(layersRead),
    ropeTheta: options.ropeTheta,
    configOverride: options.configOverride,
    dtype: options.dtype,
  };
  await writeTextAtomically(files.choice, `${JSON.stringify(choiceFile(report, origin, certificate), null, 2)}\n`);
  onProgress?.({ type: 'stage-done', stage: 'evidence', counts: { rows } });
  const drawn = frontier === undefined ? {} : { frontier: path.join(store.dir, 'frontier.svg') };
  return { report, files: { ...files, ...drawn }, certificate };
}

function reportOf(table: CaseTable, analysis: Analysis, measured: Measured, options: ValidateOptions): EvidenceReport {
  const { model, window, ks, seed, input } = options;
  const findings = analysis.findings();
  const { paper, choice, fit, lifts, frontier } = findings;
  for (const one of [
    paper,
    choice,
    ...(fit?.finding ? [fit.finding] : []),
    ...findings.findings,
    ...lifts,
    ...frontier,
  ]) {
    one.seconds = measured.cost(one);
  }
  const report = {
    format: 2 as const,
    model: {
      path: model.path,
      architecture: model.architecture,
      revision: model.revision,
      layers: [...model.layers],
      heads: model.heads,
      maxPositions: model.maxPositions ?? null,
    },
    corpus: {
      input,
      window,
      k: [...ks],
      seed,
      domains: table.domains.map((domain) => ({
        domain,
        windows: table.reals(domain).length,
        documents: table.documents(domain),
      })),
    },
    controls: table.controls.map((control) => ({
      ...control,
      pairs: Object.fromEntries(table.pairs(control.name).map(({ domain, real }) => [domain, real.length])),
    })),
    ...findings,
    yardstickSeconds: measured.yardstickSeconds,
  };
  return { ...report, advice: advise(report) };
}
