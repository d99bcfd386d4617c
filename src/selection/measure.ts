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

export interface MeasureOptions {
  scores: Ledger;
  /** All parts of the run: a domain is standardised over all its windows. */
  parts: number;
  /** Those whose components are wanted; none for a ranking by token ids alone. */
  attention: readonly AttentionScore[];
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
  for (const [part, { rows }] of records.entries()) {
    signal?.throwIfAborted();
    await using file = await openScores(scores.file(partName(part)), scores.fs);
    requireStored(file, options.attention);
    measured ??= begin(file, capacity, options);
    requireRows(file.path, await measureFile(file, measured, options), rows);
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

function requireStored({ extras }: ScoresFile, attention: readonly AttentionScore[]): void {
  for (const score of attention) {
    for (const extra of extrasOf(score)) {
      if (extras[extra]) continue;
      const { code, what } = MISSING[extra];
      throw dataError(code, `The score ${score.name} needs ${what}. Score with --${extra}.`);
    }
  }
}

function begin(file: ScoresFile, capacity: number, { layer, heads }: MeasureOptions): Measured {
  const layers = file.metadata.get('layers')!.split(',').map(Number);
  if (layer !== undefined && !layers.includes(layer)) {
    throw dataError(
      'LAYER_NOT_SCORED',
      `layer must not be ${layer}: this run has scores of ${layers.join(', ')}. Choose one of them, or score it in a new run.`,
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
const isLds = (score: AttentionScore): boolean => score === longattn || score === longattnMinmax;

/** Returns the number of rows. */
async function measureFile(file: ScoresFile, measured: Measured, options: MeasureOptions): Promise<number> {
  const plain = options.k === undefined && options.attention.every(isLds);
  let rows = 0;
  for await (const batch of file.batches(columnsForRanking(options.attention, options.k), { reuse: true })) {
    options.signal?.throwIfAborted();
    const { columns } = batch;
    const chosen = rowsOfLayer(columns.layer, measured.layer!);
    const from = measured.table.length;
    if (from + chosen.length > measured.ds.length) {
      throw dataError(
        'ROWS_MISSING',
        `${file.path} has windows beyond the ${measured.ds.length} that the ledger names. Make it again.`,
      );
    }
    measured.table.append(columns.window_id, columns.domain, chosen.length === batch.rows ? undefined : chosen);
    if (chosen.length > 0) measured.k ??= options.k ?? columns.k[chosen[0]!];
    if (plain) measureScored(columns, chosen, from, measured, file.heads, options);
    else measureViews(columns, chosen, from, measured, options);
    rows += batch.rows;
  }
  return rows;
}

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
  columns: Parameters<typeof statisticsAt>[0],
  rows: readonly number[],
  from: number,
  measured: Measured,
  { heads, k, attention }: MeasureOptions,
): void {
  rows.forEach((row, i) => {
    const at = from + i;
    const statistics = statisticsAt(columns, row);
    const view = new LayerView(statistics, heads, k ?? statistics.k);
    measured.ds[at] = view.mean((head) => view.ds(head));
    measured.du[at] = -view.mean((head) => view.variance(head));
    let finite = Number.isFinite(measured.ds[at]) && Number.isFinite(measured.du[at]);
    attention.forEach((score, s) => {
      const values = score.components(view);
      const into = (measured.components[s] ??= values.map(() => new Float64Array(measured.ds.length)));
      values.forEach((value, component) => {
        into[component]![at] = value;
        finite &&= Number.isFinite(value);
      });
    });
    if (!finite) throw notFinite(at, measured);
  });
}

function notFinite(at: number, { ds, du, components, table }: Measured): Error {
  const found = components.flatMap((columns) => columns.map((column) => column[at])).join(', ');
  return dataError(
    'SCORE_NOT_FINITE',
    `window ${show(table.ids.get(at))}: DS ${ds[at]}, DU ${du[at]}, score ${found || 'none'} must be finite. Score it again.`,
  );
}
