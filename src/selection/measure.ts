// Stored statistics to numbers a window: DS, DU, and the components of the scores that rank. One pass over the parts.
import type { CodeOf } from '../base/error-codes.js';
import { dataError, LongattnError, show } from '../base/errors.js';
import type { Extra } from '../base/statistics.js';
import { openScores, requireRows, type ScoreBatch, type ScoresFile } from '../arrow/reader.js';
import { partName, type Ledger, type LedgerCheck, type LedgerRecord } from '../run/ledger.js';
import { requireVerified } from '../run/verified-parts.js';
import { longattn, longattnMinmax } from '../scores/attention/longattn.js';
import { LayerView } from '../scores/layer-view.js';
import { extrasOf, type AttentionScore } from '../scores/score.js';
import { columnsForRanking, statisticsAt } from './score-columns.js';
import { WindowTable } from './window-table.js';

export interface AttentionTerm {
  score: AttentionScore;
  /** Default: the layer that DS and DU are of. */
  layer?: number;
}

export interface MeasureOptions {
  scores: Ledger;
  /** All parts of the run: a domain is standardised over all its windows. */
  parts: number;
  /** Scores whose components are wanted, each of `layer` or of one of its own; none for a ranking by token ids alone. */
  attention: readonly AttentionTerm[];
  /** Default: the lowest of the scored layers. */
  layer?: number | undefined;
  /** Minimum distance: a stored edge, or (default) the scored one. */
  k?: number | undefined;
  heads: readonly number[] | 'all';
  check?: LedgerCheck | undefined;
  signal?: AbortSignal | undefined;
}

export interface Measured {
  table: WindowTable;
  /** Mean over the chosen heads. */
  ds: Float64Array;
  du: Float64Array;
  /** For each score of `attention` one array a component. */
  components: Float64Array[][];
  /** Undefined where the run has no scores. */
  layer: number | undefined;
  /** As used; undefined when there is no window. */
  k: number | undefined;
  /** Of the scores files: model, kernel, ...; of the windows files where the run has no scores. */
  metadata: Record<string, string>;
}

/**
 * @throws LongattnError PARTS_MISSING, PART_CHANGED, LAYER_NOT_SCORED, TOKENS_NOT_STORED, LOSSES_NOT_STORED, INVALID_OPTION for heads, K_NOT_STORED
 */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { scores, signal } = options;
  const records = await requireParts(options);
  const capacity = records.reduce((sum, record, part) => sum + windowsOf(record, scores.file(partName(part))), 0);
  let measured: Measured | undefined;
  const ahead = new Map<number, number>();
  for (const [part, { rows }] of records.entries()) {
    signal?.throwIfAborted();
    await using file = await openScores(scores.file(partName(part)), scores.fs);
    requireStored(file, options.attention);
    measured ??= begin(file, capacity, options);
    requireRows(file.path, await measureFile(file, measured, ahead, options), rows);
    for (const count of ahead.values()) requireRows(file.path, count, measured.table.length);
  }
  if (!measured) throw dataError('NO_WINDOWS', `${scores.folder} has no parts. Score a corpus first.`);
  return measured;
}

async function requireParts({ scores, parts, check, signal }: MeasureOptions): Promise<LedgerRecord[]> {
  const names = Array.from({ length: parts }, (_, part) => partName(part));
  const missing: string[] = [];
  for (const name of names) if ((await scores.inspect(name, 'size')).status === 'missing') missing.push(name);
  if (missing.length > 0) {
    throw new LongattnError(
      'PARTS_MISSING',
      `${missing.length} of ${parts} parts are not scored (${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', ...' : ''}). ` +
        'A window is ranked among all windows of its domain: score the other parts or shards first.',
    );
  }
  return requireVerified(scores, names, check, signal);
}

const MISSING: Record<Extra, { code: CodeOf<'data'>; what: string }> = {
  tokens: { code: 'TOKENS_NOT_STORED', what: 'the far mass of each token' },
  losses: { code: 'LOSSES_NOT_STORED', what: 'the losses of each window' },
};

function requireStored({ extras }: ScoresFile, attention: readonly AttentionTerm[]): void {
  for (const { score } of attention) {
    for (const extra of extrasOf(score)) {
      if (extras[extra]) continue;
      const { code, what } = MISSING[extra];
      throw dataError(code, `The score ${score.name} needs ${what}. Score with --${extra}.`);
    }
  }
}

function begin(file: ScoresFile, capacity: number, { layer, heads, attention }: MeasureOptions): Measured {
  const layers = file.metadata.get('layers')!.split(',').map(Number);
  const asked = [layer, ...attention.map((term) => term.layer)];
  const unknown = asked.find((one) => one !== undefined && !layers.includes(one));
  if (unknown !== undefined) {
    throw dataError(
      'LAYER_NOT_SCORED',
      `layer must not be ${unknown}: this run has scores of ${layers.join(', ')}. Choose one of them, or score it in a new run.`,
    );
  }
  const wrong = heads === 'all' ? undefined : heads.find((head) => head >= file.heads);
  if (wrong !== undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      `heads must not hold ${wrong}. The layer has heads 0 to ${file.heads - 1}.`,
    );
  }
  return {
    table: new WindowTable(capacity, Number(file.metadata.get('window'))),
    ds: new Float64Array(capacity),
    du: new Float64Array(capacity),
    components: [],
    layer: layer ?? Math.min(...layers),
    k: undefined,
    metadata: Object.fromEntries(file.metadata),
  };
}

/** A part has a row a window and layer. What else its ledger entry says was changed there. */
function windowsOf({ rows, counts: { windows } }: LedgerRecord, file: string): number {
  if (Number.isInteger(windows) && windows! >= 0 && windows! <= rows) return windows!;
  throw dataError(
    'ROWS_MISSING',
    `${file} has ${rows} rows; its ledger entry names ${show(windows)} windows. Make it again.`,
  );
}

/** The components of LDS are DS and DU themselves: no view of a window, no bins. */
const isLds = ({ score, layer }: AttentionTerm): boolean =>
  layer === undefined && (score === longattn || score === longattnMinmax);

/** Returns the number of rows. */
async function measureFile(
  file: ScoresFile,
  measured: Measured,
  ahead: Map<number, number>,
  options: MeasureOptions,
): Promise<number> {
  const base = measured.layer!;
  const layerOf = (term: AttentionTerm): number => term.layer ?? base;
  const others = new Set(options.attention.map(layerOf).filter((layer) => layer !== base));
  const termsOf = (layer: number): number[] =>
    options.attention.flatMap((term, t) => (layerOf(term) === layer ? [t] : []));
  const plain = options.k === undefined && options.attention.every(isLds);
  let rows = 0;
  for await (const batch of file.batches(
    columnsForRanking(
      options.attention.map(({ score }) => score),
      options.k,
    ),
    { reuse: true },
  )) {
    options.signal?.throwIfAborted();
    const { columns } = batch;
    const chosen = rowsOfLayer(columns.layer, base);
    const from = measured.table.length;
    if (from + chosen.length > measured.ds.length) {
      throw tooManyWindows(file, measured);
    }
    measured.table.append(columns.window_id, columns.domain, chosen.length === batch.rows ? undefined : chosen);
    if (chosen.length > 0) measured.k ??= options.k ?? columns.k[chosen[0]!];
    if (plain) measureScored(columns, chosen, from, measured, file.heads, options);
    else measureViews(columns, chosen, from, measured, termsOf(base), options);
    for (const layer of others) {
      const rowsThere = rowsOfLayer(columns.layer, layer);
      const start = ahead.get(layer) ?? 0;
      ahead.set(layer, start + rowsThere.length);
      if (start + rowsThere.length > measured.ds.length) throw tooManyWindows(file, measured);
      rowsThere.forEach((row, i) => measureTerms(columns, row, start + i, measured, termsOf(layer), options));
    }
    rows += batch.rows;
  }
  return rows;
}

function tooManyWindows(file: ScoresFile, { ds }: Measured): Error {
  return dataError(
    'ROWS_MISSING',
    `${file.path} has windows beyond the ${ds.length} that the ledger names. Make it again.`,
  );
}

type Read = Parameters<typeof statisticsAt>[0];

function rowsOfLayer(layers: Int32Array, layer: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < layers.length; row++) if (layers[row] === layer) rows.push(row);
  return rows;
}

function measureScored(
  { ds, variance }: Pick<ScoreBatch['columns'], 'ds' | 'variance'>,
  rows: readonly number[],
  from: number,
  measured: Measured,
  count: number,
  { heads, attention }: MeasureOptions,
): void {
  const [strengths, variances] = [ds.values, variance.values];
  const chosen = heads === 'all' ? count : heads.length;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    let [strength, uniformity] = [0, 0];
    for (let h = 0; h < chosen; h++) {
      const at = row * count + (heads === 'all' ? h : heads[h]!);
      strength += strengths[at]!;
      uniformity -= variances[at]!;
    }
    measured.ds[from + i] = strength / chosen;
    measured.du[from + i] = uniformity / chosen;
    if (!Number.isFinite(strength - uniformity)) throw notFinite(from + i, measured);
  }
  if (measured.components.length === 0) measured.components = attention.map(() => [measured.ds, measured.du]);
}

function measureViews(
  columns: Read,
  rows: readonly number[],
  from: number,
  measured: Measured,
  terms: readonly number[],
  options: MeasureOptions,
): void {
  rows.forEach((row, i) => {
    const at = from + i;
    const view = measureTerms(columns, row, at, measured, terms, options);
    measured.ds[at] = view.mean((head) => view.ds(head));
    measured.du[at] = -view.mean((head) => view.variance(head));
    if (!Number.isFinite(measured.ds[at]) || !Number.isFinite(measured.du[at])) throw notFinite(at, measured);
  });
}

/**
 * Components of some scores from the row of their layer. Every layer has the windows in one order, so that the n-th row of a layer is of
 * window n, which may not be in the table yet.
 */
function measureTerms(
  columns: Read,
  row: number,
  at: number,
  measured: Measured,
  terms: readonly number[],
  { heads, k, attention }: MeasureOptions,
): LayerView {
  const statistics = statisticsAt(columns, row);
  const view = new LayerView(statistics, heads, k ?? statistics.k);
  for (const term of terms) {
    const values = attention[term]!.score.components(view);
    const into = (measured.components[term] ??= values.map(() => new Float64Array(measured.ds.length)));
    values.forEach((value, component) => (into[component]![at] = value));
    if (!values.every(Number.isFinite)) {
      throw dataError(
        'SCORE_NOT_FINITE',
        `window ${show(columns.window_id.get(row))}: score ${values.join(', ')} must be finite. Score it again.`,
      );
    }
  }
  return view;
}

function notFinite(at: number, { ds, du, components, table }: Measured): Error {
  const found = components.flatMap((columns) => columns.map((column) => column[at])).join(', ');
  return dataError(
    'SCORE_NOT_FINITE',
    `window ${show(table.ids.get(at))}: DS ${ds[at]}, DU ${du[at]}, score ${found || 'none'} must be finite. Score it again.`,
  );
}
