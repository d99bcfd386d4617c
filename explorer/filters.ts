// The filters in fields, above the domains and the list: what brushing does, by keyboard.
import { visible } from '../src/base/visible.js';
import { el, short } from './dom.js';
import { go, type Page } from './model.js';

/** Columns that can be filtered by, with their names. */
export const filterColumns = ({ meta }: Page): { column: string; label: string; null?: number }[] => [
  { column: 'score', label: `score: ${meta.scores[0]!.name}` },
  ...meta.columns,
];

export function filters(page: Page): HTMLElement {
  const { meta, state } = page;
  const domain = el('select', {
    id: 'filter-domain',
    onchange: () => go(page, { domain: domain.value === '' ? undefined : Number(domain.value), page: 0 }),
  });
  domain.append(el('option', { value: '' }, 'all domains'));
  meta.domains.forEach((name, i) => domain.append(el('option', { value: i, selected: state.domain === i }, name)));
  const ranges = filterColumns(page).map(({ column, label }) => {
    const [from, to] = state.brush.get(column) ?? [-Infinity, Infinity];
    const field = (name: string, value: number, at: 0 | 1): HTMLElement =>
      el('input', {
        type: 'number',
        step: 'any',
        'aria-label': `${label}: ${name}`,
        placeholder: name,
        value: Number.isFinite(value) ? value : '',
        onchange: (event: Event) => {
          const text = (event.target as HTMLInputElement).value;
          const range: [number, number] = [from, to];
          range[at] = text === '' ? (at === 0 ? -Infinity : Infinity) : Number(text);
          setBrush(page, column, range.some(Number.isFinite) ? range : undefined);
        },
      });
    return el('span', { class: 'range' }, el('span', {}, label), field('from', from, 0), field('to', to, 1));
  });
  const query = state.view === 'list' ? state.query : '';
  const active = [
    ...(state.domain === undefined ? [] : [`domain ${meta.domains[state.domain]!}`]),
    ...(query === '' ? [] : [`id or source has "${query}"`]),
    ...[...state.brush].map(([column, [from, to]]) => `${column} ${short(from)} to ${short(to)}`),
  ];
  return el(
    'details',
    { class: 'filters', open: active.length > 0 },
    el('summary', {}, active.length > 0 ? visible(`Filters: ${active.join(', ')}`) : 'Filters'),
    el(
      'div',
      { class: 'fields' },
      el('label', { for: 'filter-domain' }, 'domain '),
      domain,
      ...ranges,
      el(
        'button',
        { type: 'button', onclick: () => go(page, { brush: new Map(), domain: undefined, query: '', page: 0 }) },
        'Clear',
      ),
    ),
  );
}

export function setBrush(page: Page, column: string, range: readonly [number, number] | undefined): void {
  const brush = new Map(page.state.brush);
  if (range) brush.set(column, range);
  else brush.delete(column);
  go(page, { brush, page: 0 });
}
