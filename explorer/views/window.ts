// Window: its text with the far mass of each token as heat, a strip of the whole to jump by, and its numbers beside those of its domain.
import type { PageText } from '../../src/report/page-data.js';
import { ask, loadText } from '../data.js';
import { count, el, foreign, short } from '../dom.js';
import { MARKS, marksOf, setMark } from '../marks.js';
import { columnOf, domainsOf, go, idOf, isKept, linkTo, rankWhatIf, type Model } from '../model.js';
import { isChanged } from '../state.js';
import { decisionText, headsByDifference, headText, ldsParts, scoreText } from '../why.js';
import { headsOf, numbers } from './window-numbers.js';
import { textParts } from './window-text.js';

export async function windowView(model: Model): Promise<Node> {
  const row = model.state.row ?? best(model);
  if (row === undefined) return el('p', {}, 'This run has no windows.');
  const id = await idOf(model, row);
  const domain = model.domains[row]!;
  const text = await textOf(model, row);
  const page = el('div', {});
  page.append(
    el('h2', {}, foreign(id, 160)),
    el(
      'ul',
      { id: 'why' },
      ...[...(await why(model, row)), ...whichHead(model, text, domain), ...whereTo(model)].map((line) =>
        el('li', {}, line),
      ),
    ),
    await underWhatIf(model, row),
    text ? place(text) : el('p', {}, 'Its source stands in the list.'),
    el('div', { class: 'fields' }, ...neighbours(model, row), ...markButtons(model, id), search(model)),
    await numbers(model, row, domain),
  );
  const heads = model.meta.heads?.[domain];
  if (text?.heads && heads) page.append(headsOf(text.heads, heads));
  page.append(...textParts(model, row, text));
  return page;
}

/** From the folder; what it lacks, from `longattn serve`. */
async function textOf({ meta }: Model, row: number): Promise<PageText | undefined> {
  const stored = await loadText(row);
  if (!meta.served || (stored && stored.text !== '' && stored.offsets !== undefined)) return stored;
  return ask<PageText>('window', { w: String(row) });
}

/** The list downloads the marks. */
function markButtons({ meta }: Model, id: string): HTMLElement[] {
  const buttons = MARKS.map((mark) =>
    el(
      'button',
      {
        ...{ type: 'button', 'aria-pressed': String(marksOf(meta.run).get(id) === mark) },
        onclick: () => {
          setMark(meta.run, id, marksOf(meta.run).get(id) === mark ? undefined : mark);
          const now = marksOf(meta.run).get(id);
          buttons.forEach((one, i) => one.setAttribute('aria-pressed', String(MARKS[i] === now)));
        },
      },
      `Mark ${mark}`,
    ),
  );
  return buttons;
}

/** The best of the first domain. */
function best(model: Model): number | undefined {
  return domainsOf(model)[0]?.rows.find((row) => model.rank[row] === 1);
}

/** What its score is made of, and what decided. */
async function why(model: Model, row: number): Promise<string[]> {
  const { meta } = model;
  const { rows, cut, kept } = domainsOf(model)[model.domains[row]!]!;
  const own = meta.scores[0]!;
  const [score, reason] = [model.score[row]!, meta.reasons[model.reason[row]!]!];
  const [repeats, columns] = await Promise.all([
    columnOf(model, 'repeats'),
    own.kind === 'lds' ? Promise.all(own.columns.map((name) => columnOf(model, name))) : undefined,
  ]);
  const parts = columns && ldsParts(columns, rows, row, { std: own.std, score });
  const decision = {
    ...{ reason, domain: meta.domains[model.domains[row]!]!, rank: model.rank[row]!, windows: rows.length },
    ...{ kept, score, cut, repeats: repeats[row]! },
  };
  return [decisionText(decision, meta.settings), scoreText(own, meta.settings, score, parts)];
}

function whichHead({ meta }: Model, text: PageText | undefined, domain: number): string[] {
  const of = meta.heads?.[domain];
  return text?.heads && of ? [headText(headsByDifference(text.heads, of), meta.domains[domain]!)] : [];
}

/** Said at once: nobody should look for it. */
function whereTo({ meta }: Model): string[] {
  if (meta.layer === undefined) return [];
  return [
    meta.served
      ? 'Where to: Attention, at the end, shows what each token looks back at.'
      : `Where to: what a token looks back at is not in this folder. Where the run is, longattn serve ${meta.run} shows it.`,
  ];
}

/** Where What if is set to something else than the run: what that makes of this window. */
async function underWhatIf(model: Model, row: number): Promise<HTMLElement | string> {
  if (!isChanged(model.state.whatIf, model.meta)) return '';
  const back = el('a', { href: linkTo(model, { view: 'whatif' }) }, 'What if');
  try {
    const { rank, reason, reasons, values, cuts } = await rankWhatIf(model);
    const [now, then] = [isKept(model, row), reason[row] === 0];
    const moves = now === then ? (now ? 'stays' : 'stays out') : now ? 'leaves' : 'enters';
    const why = then ? '' : ` (${reasons[reason[row]!]!})`;
    return el(
      'p',
      { id: 'under-what-if', class: 'command' },
      ...['As ', back],
      ` is set now, this window ${moves}${why}: rank ${count(rank[row]!)}, score ${short(values[row]!)}; the cut is ${short(cuts[model.domains[row]!]!)}.`,
    );
  } catch (error) {
    return el('p', { class: 'warning', role: 'alert' }, back, `: ${(error as Error).message}`);
  }
}

function neighbours(model: Model, row: number): Node[] {
  const { rows } = domainsOf(model)[model.domains[row]!]!;
  const at = (rank: number): number | undefined => rows.find((one) => model.rank[one] === rank);
  const own = model.rank[row]!;
  const link = (to: number | undefined, name: string): Node =>
    to === undefined ? el('span', { class: 'off' }, name) : el('a', { href: linkTo(model, { row: to }) }, name);
  return [link(at(own - 1), 'One rank better'), link(at(own + 1), 'One rank worse')];
}

function place({ source, docId, charStart, charEnd, tokenStart }: PageText): HTMLElement {
  return el(
    'p',
    {},
    ...['From ', foreign(source, 300), ', document ', foreign(docId, 200)],
    `, from token ${count(tokenStart)}, characters ${count(charStart)} to ${count(charEnd)}.`,
  );
}

function search(model: Model): HTMLElement {
  const input = el('input', { id: 'go', type: 'search' });
  return el(
    'form',
    {
      class: 'inline',
      onsubmit: (event: Event) => {
        event.preventDefault();
        go(model, { view: 'list', query: input.value, kind: 'all', domain: undefined, brush: new Map(), page: 0 });
      },
    },
    el('label', { for: 'go' }, 'another window, by its id '),
    input,
    ' ',
    el('button', {}, 'Find'),
  );
}
