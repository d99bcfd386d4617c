// Domains: a histogram of every score a domain, with what is kept.
import { binsOf, PAGE_BINS, type Bins } from '../../src/report/bins.js';
import { count, el, foreign, percent, short } from '../dom.js';
import { filterColumns, filters, setBrush } from '../filters.js';
import { histogram } from '../histogram.js';
import { columnOf, domainsOf, linkTo, passing, withWindows, type Page } from '../model.js';

/** More are drawn when they are asked for. */
const FIRST_DOMAINS = 24;

export async function domainsView(page: Page): Promise<Node> {
  const { meta, overview, state } = page;
  const chosen = meta.domains.map((_, i) => i).filter((i) => state.domain === undefined || i === state.domain);
  const content = el('div', {}, filters(page), legend(page));
  const columns = filterColumns(page);
  const { binsAt, passing: left } =
    state.brush.size === 0
      ? { binsAt: (domain: number, column: string) => overview.domains[domain]!.bins[column], passing: undefined }
      : await filtered(page);
  const draw = (domain: number): void => {
    const { windows, cut, kept } = overview.domains[domain]!;
    const pass = left && el('strong', {}, `${count(left[domain]!)} of all pass the filters. `);
    const last = cut === null ? '' : `; the last kept has score ${short(cut)}`;
    const grid = el('div', { class: 'grid' });
    for (const { column, label, null: uniform } of columns) {
      grid.append(
        histogram({
          ...{ title: label, bins: binsAt(domain, column), null: uniform },
          cut: column === 'score' && cut !== null ? cut : undefined,
          brush: state.brush.get(column),
          onBrush: (range) => setBrush(page, column, range),
        }),
      );
    }
    content.append(
      el(
        'section',
        { 'aria-labelledby': `domain-${domain}` },
        el('h2', { id: `domain-${domain}` }, foreign(meta.domains[domain]!)),
        el(
          'p',
          {},
          `${count(kept)} of ${count(windows)} windows kept (${percent(windows ? kept / windows : 0)}), ` +
            `${count(kept * meta.window)} tokens${last}. `,
          pass,
          el('a', { href: linkTo(page, { view: 'list', domain, kind: 'kept', page: 0 }) }, 'List the kept'),
          ', ',
          el('a', { href: linkTo(page, { view: 'list', domain, kind: 'border', page: 0 }) }, 'those at the cut'),
        ),
        grid,
      ),
    );
  };
  for (const domain of chosen.slice(0, FIRST_DOMAINS)) draw(domain);
  const rest = chosen.slice(FIRST_DOMAINS);
  if (rest.length > 0) {
    const more = el('button', { type: 'button' }, `Show ${rest.length} more domains`);
    more.addEventListener('click', () => {
      more.remove();
      rest.forEach(draw);
    });
    content.append(more);
  }
  return content;
}

interface Filtered {
  binsAt: (domain: number, column: string) => Bins | undefined;
  /** Windows of each domain that pass all filters. */
  passing: number[];
}

/** Counted from the columns: a histogram has what passes the filters of the others. */
async function filtered(page: Page): Promise<Filtered> {
  const model = await withWindows(page);
  const domains = domainsOf(model);
  const all = await passing(model);
  const counted = await Promise.all(
    filterColumns(page).map(async ({ column }) => {
      const [values, passes] = [await columnOf(model, column), await passing(model, column)];
      return [column, { values, passes, reason: model.reason }] as const;
    }),
  );
  const byColumn = new Map(counted);
  return {
    binsAt: (domain, column) => binsOf({ ...byColumn.get(column)!, rows: domains[domain]!.rows }, PAGE_BINS),
    passing: domains.map(({ rows }) => rows.reduce((sum, row) => sum + (all?.[row] ?? 1), 0)),
  };
}

function legend({ meta }: Page): HTMLElement {
  const key = (name: string, text: string): HTMLElement => el('span', { class: `key ${name}` }, text);
  const uniform = meta.columns.some((column) => column.null !== undefined);
  return el(
    'p',
    { class: 'legend' },
    ...[key('all', 'all windows'), key('kept', 'kept'), key('cut', 'score of the last kept')],
    uniform && key('null', `DS of uniform attention at k = ${count(meta.k!)}`),
    ' Drag over a histogram to filter by it; a click takes the filter away.',
  );
}
