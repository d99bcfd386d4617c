// What a validation leaves behind: made anew from what was measured every time, because it takes seconds.
import path from 'node:path';
import { writeTextAtomically } from '../io/atomic-file.js';
import { version } from '../base/version.js';
import { advise } from './advice.js';
import { certify, type Certificate } from './certificate.js';
import { FEWEST_PAIRS, type CaseTable } from './case-table.js';
import { choiceFile } from './choice-file.js';
import { findingsOf } from './findings.js';
import { frontierPicture } from './frontier-picture.js';
import { heatMap } from './heat-map.js';
import { layersOf } from './layers-of.js';
import type { Measured } from './measure.js';
import { prepareAnalysis, type Analysis } from './prepare-analysis.js';
import type { EvidenceReport } from './report.js';
import { writeReportTable } from './report-table.js';
import type { EvidenceStore } from './store.js';
import { tabulate } from './tabulate.js';
import type { ValidateOptions } from './validate-options.js';

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

/** The report, its tables and pictures, the choice and its certificate, in the folder of the evidence. */
export async function writeReport(
  store: EvidenceStore,
  all: CaseTable,
  measured: Measured,
  options: ValidateOptions,
): Promise<ValidateResult> {
  const { onProgress, signal, ks, tokens, settings, seed, model } = options;
  // A control that almost no window has says nothing; the report still lists it with its notes.
  const table = all.withControls(all.controls.filter(({ name }) => all.pairCount(name) >= FEWEST_PAIRS));
  const { layers, gains } = measured;
  const gainsOfControls = options.loss === 'all';
  const analysis = prepareAnalysis({
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
  const rows = await writeReportTable(files.table, tabulate(analysis, onProgress, signal), metadata);
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
  const findings = findingsOf(analysis);
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
