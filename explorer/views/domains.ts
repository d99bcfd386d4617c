// Domains: a histogram of every score a domain, with what is kept.
import { count, el, foreign, percent, short } from '../dom.js';
import { filterColumns, filters, setBrush } from '../filters.js';
import { histogram } from '../histogram.js';
import { columnOf, domainsOf, linkTo, passing, type Model } from '../model.js';

/** More are drawn when they are asked for. */
const FIRST_DOMAINS = 24;

export async function domainsView(model: Model): Promise<Node> {
  const { meta, state } = model;
  const chosen = meta.domains.map((_, i) => i).filter((i) => state.domain === undefined || i === state.domain);
  const page = el('div', {}, filters(model), legend(model));
  const columns = filterColumns(model);
  const passes = new Map<string, Uint8Array | undefined>();
  const draw = async (domain: number): Promise<void> => {
    const { rows, cut, kept } = domainsOf(model)[domain]!;
    const grid = el('div', { class: 'grid' });
    page.append(
      el(
        'section',
        { 'aria-labelledby': `domain-${domain}` },
        el('h2', { id: `domain-${domain}` }, foreign(meta.domains[domain]!)),
        el(
          'p',
          {},
          `${count(kept)} of ${count(rows.length)} windows kept (${percent(rows.length ? kept / rows.length : 0)}), ` +
            `${count(kept * meta.window)} tokens; the last kept has score ${short(cut)}. `,
          el('a', { href: linkTo(model, { view: 'list', domain, page: 0 }) }, 'List them'),
        ),
        grid,
      ),
    );
    for (const { column, label, null: uniform } of columns) {
      if (!passes.has(column)) passes.set(column, await passing(model, column));
      grid.append(
        histogram({
          ...{ title: label, values: await columnOf(model, column), rows, passes: passes.get(column) },
          ...{ reason: model.reason, cut: column === 'score' ? cut : undefined, null: uniform },
          brush: state.brush.get(column),
          onBrush: (range) => setBrush(model, column, range),
        }),
      );
    }
  };
  for (const domain of chosen.slice(0, FIRST_DOMAINS)) await draw(domain);
  const rest = chosen.slice(FIRST_DOMAINS);
  if (rest.length > 0) {
    const more = el('button', { type: 'button' }, `Show ${rest.length} more domains`);
    more.addEventListener('click', () => {
      more.remove();
      void rest.reduce((before, domain) => before.then(() => draw(domain)), Promise.resolve());
    });
    page.append(more);
  }
  return page;
}

function legend({ meta }: Model): HTMLElement {
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
