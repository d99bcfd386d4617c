// Window: its text with the far mass of each token as heat, a strip of the whole to jump by, and its numbers beside those of its domain.
import type { PageHeads, PageHeat, PageText } from '../../src/report/page-data.js';
import { AROUND_TOKENS, overAround } from '../around.js';
import { ask, bytesOf, loadText } from '../data.js';
import { count, el, foreign, percent, short, table } from '../dom.js';
import { filterColumns } from '../filters.js';
import { paintHeat, type Heat } from '../heat.js';
import { MARKS, marksOf, setMark } from '../marks.js';
import { columnOf, domainsOf, go, idOf, isKept, linkTo, rankWhatIf, type Model } from '../model.js';
import { HEAT_KINDS, isChanged, type HeatKind } from '../state.js';
import { strip } from '../strip.js';
import { decisionText, headsByDifference, headText, ldsParts, scoreText } from '../why.js';
import { attentionPart, type AttendedText } from './attention.js';

/** Tokens of a span in the table of hot ones. */
const SPAN = 16;
const SPANS = 12;

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

async function numbers(model: Model, row: number, domain: number): Promise<HTMLElement> {
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

function headsOf(heads: readonly number[], of: PageHeads): HTMLElement {
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

function textParts(model: Model, row: number, text: PageText | undefined): Node[] {
  const { meta } = model;
  if (!text || text.text === '') {
    const note = meta.texts.note ? ` ${meta.texts.note[0]!.toUpperCase()}${meta.texts.note.slice(1)}.` : '';
    return [
      el(
        'p',
        { class: 'warning' },
        meta.served
          ? 'The corpus holds token ids alone, so this window has no text.'
          : `The text of this window is not in the folder: it holds that of ${count(meta.texts.stored)} of ${count(meta.windows)} windows.${note} ` +
              `Any of them: longattn serve ${meta.run}. More of them in the folder: longattn report ${meta.run} --texts ${2 * Math.max(100, meta.texts.perDomain)}`,
      ),
      attentionPart(model, row, text),
    ];
  }
  const body = el('pre', { class: 'text', dir: 'auto' });
  const node = document.createTextNode(text.text);
  body.append(node);
  const region = el(
    'div',
    { class: 'text-region', tabindex: 0, role: 'region', 'aria-label': 'Text of the window' },
    body,
  );
  const tokens = tokensOf(text, meta.k ?? 0);
  const heat = tokens && heatOf(tokens, model.state.heat);
  const jump = (unit: number): void => {
    const range = document.createRange();
    const at = Math.min(Math.max(0, text.text.length - 1), unit);
    range.setStart(node.isConnected ? node : body, node.isConnected ? at : 0);
    const box = node.isConnected ? range.getBoundingClientRect() : elementAt(body, at).getBoundingClientRect();
    region.scrollTop += box.top - region.getBoundingClientRect().top - 20;
  };
  const map = strip(text.text, heat, jump);
  /** Selected, so that it is seen among the heat; its place in the strip too. */
  const show = (from: number, to: number): void => {
    region.scrollIntoView({ block: 'nearest' });
    map.show(from);
    select(body, from, to);
  };
  const parts: Node[] = [map.element, region];
  if (heat) {
    // Once it is in the page: only then something is in sight.
    requestAnimationFrame(() => paintHeat(body, node, heat));
    parts.unshift(heatLegend(model, heat.top));
    parts.push(hotSpans(text.text, tokens, model.state.heat, show));
  } else parts.push(noHeat(model, row, text, (found) => paintHeat(body, node, found)));
  const on = attendedText(text, jump, (found) => paintHeat(body, node, found));
  parts.push(attentionPart(model, row, text, on));
  return parts;
}

function attendedText(
  { text, offsets }: PageText,
  jump: (unit: number) => void,
  paint: (heat: Heat) => void,
): AttendedText | undefined {
  if (offsets === undefined) return undefined;
  const starts = new Int32Array(bytesOf(offsets));
  return { text, starts, jump, paint: (far) => paint({ far, starts, top: topOf(far) }) };
}

/** Where the run stores no far mass of tokens, `longattn serve` computes it. */
function noHeat({ meta }: Model, row: number, { offsets }: PageText, paint: (heat: Heat) => void): HTMLElement {
  const why = el('p', {}, `No heat. ${meta.noHeat ?? 'This window has no far mass of its tokens.'} `);
  if (!meta.served || meta.served.layers.length === 0 || offsets === undefined) return why;
  const compute = async (): Promise<void> => {
    button.disabled = true;
    try {
      const { heat } = await ask<PageHeat>('heat', { w: String(row), layer: String(meta.layer ?? 0) });
      const far = new Float32Array(bytesOf(heat));
      paint({ far, starts: new Int32Array(bytesOf(offsets)), top: topOf(far) });
      why.replaceChildren(
        `Coloured by the far mass of each token, layer ${meta.layer ?? 0}, 0 to ${short(topOf(far))} and above.`,
      );
    } catch (error) {
      why.append(el('span', { role: 'alert' }, (error as Error).message));
      button.disabled = false;
    }
  };
  const button = el('button', { type: 'button', id: 'compute-heat', onclick: () => void compute() }, 'Compute it');
  why.append(button);
  return why;
}

/** Units of the text as what a person has selected, whether it is one node or was cut into spans. */
function select(body: HTMLElement, from: number, to: number): void {
  const range = document.createRange();
  const nodes = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  let at = 0;
  for (let node = nodes.nextNode() as Text | null; node; node = nodes.nextNode() as Text | null) {
    if (from >= at && from <= at + node.length) range.setStart(node, from - at);
    if (to >= at && to <= at + node.length) range.setEnd(node, to - at);
    at += node.length;
  }
  const selection = getSelection();
  selection?.removeAllRanges();
  selection?.addRange(range);
}

/** Where the text was cut into spans: the one at a place. */
function elementAt(body: HTMLElement, unit: number): Element {
  let at = 0;
  for (const child of body.children) {
    at += child.textContent.length;
    if (at > unit) return child;
  }
  return body;
}

interface Tokens {
  /** Far mass of each token, and over that of the tokens around it. */
  far: Float32Array;
  around: Float32Array;
  starts: Int32Array;
}

function tokensOf({ offsets, heat }: PageText, k: number): Tokens | undefined {
  if (offsets === undefined || heat === undefined) return undefined;
  const far = new Float32Array(bytesOf(heat));
  return { far, around: overAround(far, k), starts: new Int32Array(bytesOf(offsets)) };
}

/** Beside its surroundings, what a token has more than they have. */
function heatOf({ far, around, starts }: Tokens, kind: HeatKind): Heat {
  const drawn = kind === 'far' ? far : around.map((value) => Math.max(0, value - 1));
  return { far: drawn, starts, top: topOf(drawn) };
}

function heatLegend(model: Model, top: number): HTMLElement {
  const { meta, state } = model;
  const names: Record<HeatKind, string> = {
    around: `what a token looks back more than the ${count(AROUND_TOKENS)} tokens around it`,
    far: 'far mass of a token',
  };
  const kind = el('select', { id: 'heat', onchange: () => go(model, { heat: kind.value as HeatKind }) });
  for (const one of HEAT_KINDS) kind.append(el('option', { value: one, selected: one === state.heat }, names[one]));
  const range = state.heat === 'far' ? `0 to ${short(top)}` : `0 to ${percent(top)}`;
  return el(
    'p',
    { class: 'legend fields' },
    ...[el('label', { for: 'heat', class: 'key heat' }, 'colour: '), kind],
    ` ${range} and above. The first ${count(meta.k!)} tokens have nothing so far back.`,
  );
}

/** What is drawn hottest: outliers would leave the rest cold. */
const topOf = (far: Float32Array): number => far.slice().sort()[Math.floor(0.98 * far.length)] || 1;

function hotSpans(
  text: string,
  { far, around, starts }: Tokens,
  kind: HeatKind,
  show: (from: number, to: number) => void,
): HTMLElement {
  const meanOf = (values: Float32Array, from: number, to: number): number =>
    values.subarray(from, to).reduce((a, b) => a + b, 0) / (to - from);
  const spans = Array.from({ length: Math.ceil(far.length / SPAN) }, (_, i) => {
    const [from, to] = [i * SPAN, Math.min(far.length, (i + 1) * SPAN)];
    return { from, to, far: meanOf(far, from, to), around: meanOf(around, from, to) };
  });
  const lines = spans
    .sort((a, b) => b[kind] - a[kind])
    .slice(0, SPANS)
    .map(({ from, to, far: mean, around: more }) => [
      el('button', { type: 'button', onclick: () => show(starts[from]!, starts[to]!) }, `token ${count(from)}`),
      ...[`${more < 1 ? '' : '+'}${percent(more - 1)}`, short(mean)],
      foreign(text.slice(starts[from], starts[to]), 120),
    ]);
  const caption = kind === 'far' ? 'Spans that look back most' : 'Spans that look back most beside their surroundings';
  return table(caption, ['where', 'than around it', 'mean far mass', 'text'], lines);
}
