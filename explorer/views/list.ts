// List: windows in a table, sorted, filtered and searched by id and source.
import { loadColumn, loadIds, loadSources, textPlaces } from '../data.js';
import { count, el, foreign, short, table } from '../dom.js';
import { filterColumns, filters } from '../filters.js';
import { downloadText, marksFile, marksOf } from '../marks.js';
import { columnOf, domainsOf, go, idOf, isKept, linkTo, passing, type Model } from '../model.js';
import { KINDS, type Kind } from '../state.js';

const PAGE_ROWS = 100;
/** At the cut: so many above and below in each domain. */
const BORDER = 10;

const KIND_NAMES: Record<Kind, string> = {
  all: 'all',
  kept: 'kept',
  border: 'at the cut',
  dropped: 'dropped',
  text: 'with text in this folder',
};

export async function listView(model: Model): Promise<Node> {
  const { meta, state } = model;
  const rows = await sorted(model, await matching(model));
  const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
  const page = Math.min(state.page, pages - 1);
  const shown = rows.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS);
  const [sources, names] = [await loadColumn<Uint32Array>('source'), await loadSources()];
  const columns = await Promise.all(meta.columns.map(({ column }) => columnOf(model, column)));
  const texts = await textPlaces();
  const marks = marksOf(meta.run);
  const lines = await Promise.all(
    Array.from(shown, async (row) => [
      el('a', { href: linkTo(model, { view: 'window', row }) }, foreign(await idOf(model, row), 80)),
      count(model.rank[row]!),
      short(model.score[row]!),
      meta.reasons[model.reason[row]!]!,
      foreign(meta.domains[model.domains[row]!]!, 40),
      marks.get(await idOf(model, row)) ?? '',
      ...columns.map((values) => short(values[row]!)),
      count(meta.window),
      texts.has(row) || meta.served ? 'yes' : 'no',
      foreign(names[sources[row]!]!, 60),
    ]),
  );
  const head = [
    'window',
    'rank',
    'score',
    'kept or why not',
    'domain',
    'mark',
    ...meta.columns.map(({ label }) => label),
  ];
  const list = table(
    `${count(rows.length)} windows, page ${count(page + 1)} of ${count(pages)}`,
    [...head, 'tokens', 'text', 'source'],
    lines,
  );
  const turn = (to: number, name: string): HTMLElement =>
    el('button', { type: 'button', disabled: to < 0 || to >= pages, onclick: () => go(model, { page: to }) }, name);
  return el(
    'div',
    {},
    filters(model),
    controls(model),
    list,
    el('p', { class: 'turn' }, turn(page - 1, 'Page before'), ' ', turn(page + 1, 'Next page')),
    el(
      'p',
      {},
      el(
        'button',
        {
          ...{ type: 'button', id: 'marks', disabled: marks.size === 0 },
          onclick: () => downloadText('marks.jsonl', marksFile(meta.run)),
        },
        `Download the marks of ${count(marks.size)} windows`,
      ),
    ),
  );
}

function controls(model: Model): HTMLElement {
  const { state } = model;
  const search = el('input', { id: 'search', type: 'search', value: state.query });
  const kind = el('select', { id: 'kind', onchange: () => go(model, { kind: kind.value as Kind, page: 0 }) });
  for (const one of KINDS) kind.append(el('option', { value: one, selected: one === state.kind }, KIND_NAMES[one]));
  const sort = el('select', { id: 'sort', onchange: () => go(model, { sort: sort.value, page: 0 }) });
  const orders: [string, string][] = [
    ['rank', 'rank, best first'],
    ['-rank', 'rank, worst first'],
    ['id', 'place in the corpus'],
    ...filterColumns(model).flatMap(({ column, label }): [string, string][] => [
      [`-${column}`, `${label}, high first`],
      [column, `${label}, low first`],
    ]),
  ];
  for (const [value, name] of orders) sort.append(el('option', { value, selected: value === state.sort }, name));
  return el(
    'form',
    {
      class: 'fields',
      role: 'search',
      onsubmit: (event: Event) => {
        event.preventDefault();
        go(model, { query: search.value, page: 0 });
      },
    },
    ...[el('label', { for: 'kind' }, 'Which '), kind, el('label', { for: 'sort' }, ' order '), sort],
    ...[el('label', { for: 'search' }, ' id or source has '), search, el('button', {}, 'Search')],
  );
}

async function matching(model: Model): Promise<Uint32Array> {
  const { state, meta } = model;
  const passes = await passing(model);
  const texts = state.kind === 'text' ? await textPlaces() : undefined;
  const groups = domainsOf(model).filter((_, i) => state.domain === undefined || state.domain === i);
  const found: Uint32Array[] = [];
  for (const { rows, kept } of groups) {
    found.push(
      rows.filter((row) => {
        if (passes && passes[row] === 0) return false;
        if (state.kind === 'kept') return isKept(model, row);
        if (state.kind === 'dropped') return !isKept(model, row);
        if (state.kind === 'border') return Math.abs(model.rank[row]! - kept - 0.5) < BORDER;
        return texts ? texts.has(row) : true;
      }),
    );
  }
  const rows = new Uint32Array(found.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of found) {
    rows.set(one, at);
    at += one.length;
  }
  const query = state.query.toLowerCase();
  if (query === '') return rows;
  const [sources, names] = [await loadColumn<Uint32Array>('source'), await loadSources()];
  const hits = names.map((name) => name.toLowerCase().includes(query));
  const ids: string[][] = [];
  for (let file = 0; file * meta.idRows < meta.windows; file++) ids.push(await loadIds(file));
  return rows.filter(
    (row) =>
      hits[sources[row]!]! || ids[Math.floor(row / meta.idRows)]![row % meta.idRows]!.toLowerCase().includes(query),
  );
}

/** In place. Ties by the place in the corpus. */
async function sorted(model: Model, rows: Uint32Array): Promise<Uint32Array> {
  const { sort } = model.state;
  const down = sort.startsWith('-');
  const name = sort.replace(/^-/, '');
  if (name === 'id') return rows.sort();
  const known = name === 'score' || model.meta.columns.some(({ column }) => column === name);
  const values = known ? await columnOf(model, name) : model.rank;
  const turn = down ? -1 : 1;
  return rows.sort((a, b) => turn * (values[a]! - values[b]!) || a - b);
}
