// The numbers of a window beside those of all windows of its domain, and those of each head.
import type { PageHeads } from '../../src/report/page-data.js';
import { el, percent, short, table } from '../dom.js';
import { filterColumns } from '../filters.js';
import { columnOf, domainsOf, type Model } from '../model.js';
import { headsByDifference } from '../why.js';

export async function numbers(model: Model, row: number, domain: number): Promise<HTMLElement> {
  const { rows } = domainsOf(model)[domain]!;
  const lines = await Promise.all(
    filterColumns(model).map(async ({ column, label, null: uniform }) => {
      const values = await columnOf(model, column);
      const own = values[row]!;
      const order = new Float64Array(rows.length);
      let below = 0;
      for (let i = 0; i < rows.length; i++) {
        order[i] = values[rows[i]!]!;
        if (order[i]! < own) below++;
      }
      order.sort();
      const at = (share: number): string => short(order[Math.min(order.length - 1, Math.floor(share * order.length))]!);
      const mark = below / Math.max(1, rows.length);
      const bar = el('span', { class: 'place', 'aria-hidden': 'true' }, el('span'));
      (bar.firstChild as HTMLElement).style.left = `${100 * mark}%`;
      return [
        label,
        short(own),
        bar,
        percent(mark),
        at(0.1),
        at(0.5),
        at(0.9),
        uniform === undefined ? '' : short(uniform),
      ];
    }),
  );
  const head = ['number', 'this window', 'place', 'windows below it', '10 %', 'median', '90 %', 'uniform attention'];
  return table('Its numbers in its domain', head, lines);
}

export function headsOf(heads: readonly number[], of: PageHeads): HTMLElement {
  const lines = headsByDifference(heads, of).map(({ head, value, mean, above }) => [
    ...[String(head), short(value), short(mean), short(value - mean)],
    above.toFixed(1),
  ]);
  return el(
    'details',
    {},
    el('summary', {}, 'DS of each head'),
    table(
      'DS of each head of this window, and its mean over all windows of the domain',
      ['head', 'DS', 'mean', 'difference', 'in standard deviations'],
      lines,
    ),
  );
}
