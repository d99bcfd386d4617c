// Rows of a batch to numbers a window: DS and DU, and the components of the scores that rank.
import { dataError, show } from '../base/errors.js';
import type { ScoreBatch } from '../arrow/reader.js';
import { LayerView } from '../scores/layer-view.js';
import type { Measured, MeasureOptions } from './measured.js';
import { statisticsAt } from './score-columns.js';

type Read = Parameters<typeof statisticsAt>[0];

export function measureScored(
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

export function measureViews(
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
export function measureTerms(
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
