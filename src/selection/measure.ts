// Stored statistics to numbers a window: DS, DU, and the components of the scores that rank. One pass over the parts.
import { dataError, LongattnError } from '../base/errors.js';
import { openScores, requireRows, type ScoresFile } from '../arrow/reader.js';
import { partName } from '../run/ledger.js';
import { longattn, longattnMinmax } from '../scores/attention/longattn.js';
import { measureScored, measureTerms, measureViews } from './measure-rows.js';
import type { AttentionTerm, Measured, MeasureOptions } from './measured.js';
import { requireParts, requireStored, windowsOf } from './require-scores.js';
import { columnsForRanking } from './score-columns.js';
import { WindowTable } from './window-table.js';

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

function rowsOfLayer(layers: Int32Array, layer: number): number[] {
  const rows: number[] = [];
  for (let row = 0; row < layers.length; row++) if (layers[row] === layer) rows.push(row);
  return rows;
}
