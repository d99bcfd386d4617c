// What needs the model: attention statistics of all cases, losses of some, and what a window costs.
import { readScores, readWindows } from '../arrow/reader.js';
import type { LayerStatistics } from '../scores/layer-view.js';
import type { Window } from '../base/records.js';
import { partName } from '../run/ledger.js';
import { scoreParts } from '../scoring/score-parts.js';
import type { BatchSettings, ScoreWindows } from '../scoring/score-batch.js';
import type { LayerRows } from './candidate.js';
import type { StoredCases } from './case-parts.js';
import type { CaseTable } from './case-table.js';
import { REAL } from './cases.js';
import { NLL_GAIN } from './cells.js';
import { blendCost } from './cost.js';
import { readCosts } from './cost-file.js';
import { takingKnown } from './known-statistics.js';
import { measureGains, type WindowLosses } from './losses.js';
import { measurePeer, type PeerColumn, type WindowMaps } from './peers/peers.js';
import type { Finding } from './report.js';
import type { EvidenceStore } from './store.js';
import type { ValidateOptions } from './validate-options.js';

const COST_WINDOWS = 4;
/** Controls of a kind whose loss is measured: fewer cannot show a direction beyond chance, more cost minutes. */
const YARDSTICK_PAIRS = 8;

/** A score of others by row of the case table, NaN where it was not measured: of all real windows at least. */
export interface MeasuredPeer extends Omit<PeerColumn, 'values'> {
  values: Float64Array;
}

export interface Measured {
  /** By layer, ascending; rows as in the case table. */
  layers: Map<number, LayerRows>;
  /** nll-gain by row, NaN where it was not asked for; undefined without losses. */
  gains: Float64Array | undefined;
  /** CPU seconds a window. */
  yardstickSeconds: number | null;
  peers: MeasuredPeer[];
  cost(finding: Pick<Finding, 'score' | 'layer'>): number | null;
}

export async function measure(store: EvidenceStore, cases: StoredCases, options: ValidateOptions): Promise<Measured> {
  const { table, parts } = cases;
  const { model, ks, signal, onProgress } = options;
  const hooks = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  let scorer: Promise<ScoreWindows> | undefined;
  const openScorer = (): Promise<ScoreWindows> => (scorer ??= options.openScorer());
  const score: ScoreWindows = async (...call) => (await openScorer())(...call);
  const settings: BatchSettings = {
    ...{ window: options.window, layers: model.layers, k: ks[0]!, tokens: options.tokens },
    ...{ heads: model.heads, vocabSize: model.vocabSize },
  };
  const wanted = options.loss === 'none' ? [] : await lossWindows(store, cases, options.loss);
  const { losses: ledger, statistics } = store;
  const found =
    wanted.length > 0
      ? await measureGains({ ledger, statistics, settings, windows: wanted, score, ...hooks })
      : undefined;
  const gains = found && Float64Array.from(table.cases, ({ caseId }) => found.get(caseId) ?? NaN);
  await scoreParts({
    ...settings,
    parts,
    workers: 1,
    windows: store.cases,
    scores: store.scores,
    kRule: ks[0]!,
    batch: options.batch,
    metadata: { architecture: model.architecture, revision: model.revision },
    openScorer: () => takingKnown(statistics, wanted, score),
    ...hooks,
  });
  const layers = await readLayers(store, cases);
  const reals = (await casesWindows(store, cases, REAL)).slice(0, COST_WINDOWS);
  const costs = await readCosts(store, reals, options, score, wanted.length > 0);
  const peers = await peersByRow(store, cases, options);
  const cost = ({ score, layer }: Pick<Finding, 'score' | 'layer'>): number | null => {
    if (score === NLL_GAIN) return costs.yardstick;
    const peer = peers.find((one) => one.score === score && (one.layer ?? null) === layer);
    if (peer) return peer.seconds;
    if (layer !== null) return costs.layers[layer] ?? null;
    return score.startsWith('blend:') ? blendCost(score, costs) : (costs.text[score] ?? null);
  };
  return { layers, gains, yardstickSeconds: costs.yardstick, peers, cost };
}

async function readLayers(store: EvidenceStore, { table, parts }: StoredCases): Promise<Map<number, LayerRows>> {
  const rowOf = new Map(table.cases.map(({ caseId }, row) => [caseId, row]));
  const layers = new Map<number, LayerStatistics[]>();
  for (const part of parts) {
    const { rows } = await store.scores.require(partName(part), 'size');
    for await (const score of readScores(store.scores.file(partName(part)), { rows })) {
      const list = layers.get(score.layer) ?? [];
      list[rowOf.get(score.windowId)!] = score;
      layers.set(score.layer, list);
    }
  }
  return new Map([...layers].sort(([a], [b]) => a - b));
}

/** The windows of one kind of case (or all), in the order of the table. */
async function casesWindows(store: EvidenceStore, { table, parts }: StoredCases, control?: string): Promise<Window[]> {
  const wanted = new Set(
    table.cases.filter((one) => control === undefined || one.control === control).map(({ caseId }) => caseId),
  );
  const found: Window[] = [];
  for (const part of parts) {
    for await (const window of readWindows(store.cases.file(partName(part)))) {
      if (wanted.has(window.windowId)) found.push(window);
    }
  }
  return found;
}

/** The real windows first, so that their parts stay what they are; then of each control the pairs that decide whether it counts. */
async function lossWindows(store: EvidenceStore, cases: StoredCases, loss: 'real' | 'all'): Promise<Window[]> {
  if (loss === 'all') return casesWindows(store, cases);
  const { table } = cases;
  const chosen = new Set(table.controls.flatMap(({ name }) => yardstickPairs(table, name)));
  const windows = await casesWindows(store, cases);
  const ofControls = windows.filter(({ windowId }) => chosen.has(windowId));
  return [...(await casesWindows(store, cases, REAL)), ...ofControls];
}

/** Ids of the first controls of each domain in turn. */
function yardstickPairs(table: CaseTable, control: string): string[] {
  const queues = table.pairs(control).map(({ control: rows }) => [...rows]);
  const chosen: string[] = [];
  while (chosen.length < YARDSTICK_PAIRS && queues.some((queue) => queue.length > 0)) {
    for (const queue of queues) {
      const row = queue.shift();
      if (row !== undefined && chosen.length < YARDSTICK_PAIRS) chosen.push(table.cases[row]!.caseId);
    }
  }
  return chosen;
}

/** LADM costs what a layer's statistics cost, and is of all cases. ProLong costs many times the yardstick: it is of the same windows. */
async function peersByRow(
  store: EvidenceStore,
  cases: StoredCases,
  { peers = [], loss, model, openMaps, openLosses, signal, onProgress }: ValidateOptions,
): Promise<MeasuredPeer[]> {
  let opened: Promise<WindowMaps> | undefined;
  let losses: Promise<WindowLosses> | undefined;
  const found: MeasuredPeer[] = [];
  for (const name of peers) {
    const windows = await casesWindows(store, cases, name === 'ladm' || loss === 'all' ? undefined : REAL);
    const columns = await measurePeer(name, windows, {
      ledger: store.peers,
      layers: model.layers,
      maps: async (...call) => (await (opened ??= openMaps!()))(...call),
      losses: async (...call) => (await (losses ??= openLosses!()))(...call),
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
    for (const { values, ...column } of columns) {
      found.push({
        ...column,
        values: Float64Array.from(cases.table.cases, ({ caseId }) => values.get(caseId) ?? NaN),
      });
    }
  }
  return found;
}
