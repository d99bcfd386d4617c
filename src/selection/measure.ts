// Stored statistics to numbers a window: DS, DU, and the components of the score that ranks. One pass over the parts.
import { dataError, LongattnError, show } from '../errors.js';
import {
  openScores,
  requireRows,
  type ScoreBatch,
  type ScoreColumn,
  type ScoresFile,
} from '../formats/arrow-reader.js';
import { scoreColumns } from '../formats/arrow-schema.js';
import { partName, type Ledger, type LedgerCheck, type LedgerRecord } from '../run/ledger.js';
import { longattn, longattnMinmax } from '../scores/attention/longattn.js';
import { LayerView, type LayerStatistics } from '../scores/layer-view.js';
import type { AttentionScore } from '../scores/score.js';
import { WindowTable } from './window-table.js';

export interface MeasureOptions {
  scores: Ledger;
  /** All parts of the run: a domain is standardised over all its windows. */
  parts: number;
  score: AttentionScore;
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
  /** One array a component of the score. */
  components: Float64Array[];
  layer: number;
  /** As used; undefined when there is no window. */
  k: number | undefined;
  /** Of the scores files: model, kernel, ... */
  metadata: Record<string, string>;
}

/**
 * @throws LongattnError PARTS_MISSING, PART_CHANGED, LAYER_NOT_SCORED, TOKENS_NOT_STORED, INVALID_OPTION for heads, K_NOT_STORED
 */
export async function measure(options: MeasureOptions): Promise<Measured> {
  const { scores, parts, score, signal } = options;
  const records = await requireParts(scores, parts, options.check);
  const capacity = records.reduce((sum, record) => sum + record.counts['windows']!, 0);
  let measured: Measured | undefined;
  for (const [part, { rows }] of records.entries()) {
    signal?.throwIfAborted();
    await using file = await openScores(scores.file(partName(part)), scores.fs);
    if (score.needsTokens && !file.tokens) {
      throw dataError(
        'TOKENS_NOT_STORED',
        `The score ${score.name} needs the far mass of each token. Score with --tokens.`,
      );
    }
    measured ??= begin(file, capacity, options);
    requireRows(file.path, await measureFile(file, measured, options), rows);
  }
  if (!measured) throw dataError('NO_WINDOWS', `${scores.folder} has no parts. Score a corpus first.`);
  return measured;
}

async function requireParts(scores: Ledger, parts: number, check?: LedgerCheck): Promise<LedgerRecord[]> {
  const missing: number[] = [];
  for (let part = 0; part < parts; part++) {
    if ((await scores.inspect(partName(part), 'size')).status === 'missing') missing.push(part);
  }
  if (missing.length > 0) {
    throw dataError(
      'PARTS_MISSING',
      `${missing.length} of ${parts} parts are not scored (${missing.slice(0, 5).map(partName).join(', ')}${missing.length > 5 ? ', ...' : ''}). ` +
        'A window is ranked among all windows of its domain: score the other parts or shards first.',
    );
  }
  const records: LedgerRecord[] = [];
  for (let part = 0; part < parts; part++) records.push(await scores.require(partName(part), check));
  return records;
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
      'usage',
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

/** The default score's components are DS and DU themselves: no view of a window, no bins. */
const isLds = (score: AttentionScore): boolean => score === longattn || score === longattnMinmax;

/** Returns the number of rows. */
async function measureFile(file: ScoresFile, measured: Measured, options: MeasureOptions): Promise<number> {
  const { score, signal } = options;
  // Bins are 97 % of a row: they are read only for another k, or for another score.
  const whole = options.k !== undefined || !isLds(score);
  const names: ScoreColumn[] = whole
    ? (Object.keys(scoreColumns(file.heads, score.needsTokens ?? false)) as ScoreColumn[])
    : ['window_id', 'domain', 'layer', 'k', 'ds', 'variance'];
  let rows = 0;
  for await (const { columns, rows: count } of file.batches(names)) {
    signal?.throwIfAborted();
    for (let row = 0; row < count; row++) {
      if (columns.layer[row] !== measured.layer) continue;
      const at = measured.table.length;
      measured.table.push(columns.window_id, columns.domain, row);
      if (whole) measureView(viewOf(columns, row, options), at, measured, score);
      else measureScored(columns, row, at, measured, file.heads, options.heads);
    }
    rows += count;
  }
  return rows;
}

function measureScored(
  { ds, variance, k }: Pick<ScoreBatch['columns'], 'ds' | 'variance' | 'k'>,
  row: number,
  at: number,
  measured: Measured,
  count: number,
  heads: readonly number[] | 'all',
): void {
  let [strength, uniformity] = [0, 0];
  const chosen = heads === 'all' ? count : heads.length;
  for (let i = 0; i < chosen; i++) {
    const head = row * count + (heads === 'all' ? i : heads[i]!);
    strength += ds.values[head]!;
    uniformity -= variance.values[head]!;
  }
  measured.ds[at] = strength / chosen;
  measured.du[at] = uniformity / chosen;
  measured.k ??= k[row];
  if (at === 0) measured.components = [measured.ds, measured.du];
  requireFinite(at, measured);
}

function viewOf(columns: ScoreBatch['columns'], row: number, options: MeasureOptions): LayerView {
  const statistics: LayerStatistics = {
    length: columns.length[row]!,
    k: columns.k[row]!,
    ds: columns.ds.get(row),
    variance: columns.variance.get(row),
    entropy: columns.entropy.get(row),
    farPeak: columns.far_peak.get(row),
    massBins: columns.mass_bins.get(row),
    squareBins: columns.square_bins.get(row),
    sinkMassBins: columns.sink_mass_bins.get(row),
    sinkSquareBins: columns.sink_square_bins.get(row),
    ...(options.score.needsTokens ? { tokenDs: columns.token_ds.get(row) } : {}),
  };
  return new LayerView(statistics, options.heads, options.k ?? statistics.k);
}

function measureView(view: LayerView, at: number, measured: Measured, score: AttentionScore): void {
  measured.ds[at] = view.mean((head) => view.ds(head));
  measured.du[at] = -view.mean((head) => view.variance(head));
  measured.k ??= view.k;
  const values = score.components(view);
  if (at === 0) measured.components = values.map(() => new Float64Array(measured.ds.length));
  values.forEach((value, i) => (measured.components[i]![at] = value));
  requireFinite(at, measured);
}

function requireFinite(at: number, { ds, du, components, table }: Measured): void {
  if (Number.isFinite(ds[at]) && Number.isFinite(du[at]) && components.every((column) => Number.isFinite(column[at])))
    return;
  const found = components.map((column) => column[at]).join(', ');
  throw dataError(
    'SCORE_NOT_FINITE',
    `window ${show(table.ids.get(at))}: DS ${ds[at]}, DU ${du[at]}, score ${found} must be finite. Score it again.`,
  );
}
