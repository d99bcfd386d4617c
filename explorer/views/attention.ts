// Attention of the window: its map by layer and head, and what one token looks back at. Computed by `longattn serve` when it is asked for.
import type { PageAttention, PageText } from '../../src/report/page-data.js';
import { ask, bytesOf } from '../data.js';
import { count, el, foreign, percent, short, table } from '../dom.js';
import { replaceState, type Model } from '../model.js';

const SHOWN = 12;
/** So many times uniform attention is drawn in full. */
const FULL = 16;
const MAP_COLOUR = [222, 90, 20] as const;

/** The text that attention is laid on. */
export interface AttendedText {
  text: string;
  /** Where each token begins, UTF-16 units. */
  starts: Int32Array;
  jump: (unit: number) => void;
  /** Draw a number a token on the text. */
  paint: (values: Float32Array) => void;
}

export function attentionPart(model: Model, row: number, text: PageText | undefined, on?: AttendedText): HTMLElement {
  const { meta } = model;
  const section = el('section', { 'aria-labelledby': 'attention' }, el('h3', { id: 'attention' }, 'Attention'));
  if (!meta.served) {
    section.append(
      el(
        'p',
        {},
        'This folder holds no attention. ',
        el('code', {}, `longattn serve ${meta.run}`),
        ' computes that of any window when you look at it.',
      ),
    );
    return section;
  }
  const { layers } = meta.served;
  if (layers.length === 0) {
    section.append(el('p', {}, 'This run has no model, so its windows have no attention.'));
    return section;
  }
  const { look } = model.state;
  const layer =
    layers === 'all'
      ? el('input', { id: 'look-layer', type: 'number', min: 0, step: 1, value: look.layer ?? meta.layer ?? 0 })
      : el('select', { id: 'look-layer' });
  if (Array.isArray(layers))
    for (const one of layers)
      layer.append(el('option', { value: one, selected: one === (look.layer ?? meta.layer) }, String(one)));
  const head = el('input', { id: 'look-head', value: look.head ?? 'mean', size: 6 });
  const token = el('input', { id: 'look-token', type: 'number', min: 0, step: 1, value: look.token ?? '' });
  const told = el('span', { role: 'status' });
  const result = el('div', {});
  const query = (): Record<string, string> => ({ w: String(row), layer: layer.value, head: head.value.trim() });
  const keep = (): void =>
    replaceState(model, {
      look: {
        ...{ layer: Number(layer.value), head: head.value.trim() },
        token: token.value === '' ? undefined : Number(token.value),
      },
    });
  const load = async (more: Record<string, string>, show: (found: PageAttention) => Node): Promise<void> => {
    keep();
    told.textContent = ' Computing ...';
    try {
      result.replaceChildren(show(await ask<PageAttention>('attention', { ...query(), ...more })));
      told.textContent = '';
    } catch (error) {
      told.textContent = '';
      result.replaceChildren(el('p', { class: 'warning', role: 'alert' }, (error as Error).message));
    }
  };
  const back = (): Promise<void> => load({ row: token.value }, (found) => lookedBack(found, Number(token.value), on));
  const choose = (next: number): void => {
    token.value = String(next);
    if (on) on.jump(on.starts[next]!);
    void back();
  };
  const map = (): Promise<void> =>
    load({}, (found) => mapOf(found, meta.k ?? 0, `layer ${layer.value}, head ${head.value}`, choose));
  section.append(
    el(
      'form',
      { class: 'fields', onsubmit: (event: Event) => (event.preventDefault(), void back()) },
      ...[
        el('label', { for: 'look-layer' }, 'layer '),
        layer,
        el('label', { for: 'look-head' }, ' head (a number, or mean) '),
        head,
      ],
      el('button', { type: 'button', id: 'look-map', onclick: () => void map() }, 'Map'),
      ...[
        el('label', { for: 'look-token' }, ' token '),
        token,
        el('button', { id: 'look-back' }, 'What it looks back at'),
      ],
      told,
    ),
    result,
  );
  if (text && look.token !== undefined) queueMicrotask(() => void back());
  return section;
}

function mapOf(
  { map, blocks, tokens }: PageAttention,
  k: number,
  name: string,
  choose: (token: number) => void,
): HTMLElement {
  const values = new Float32Array(bytesOf(map!));
  const edge = (block: number): number => Math.floor((block * tokens) / blocks);
  const canvas = el('canvas', {
    ...{ class: 'map', width: blocks, height: blocks, role: 'img', tabindex: 0 },
    'aria-label': `Attention map, ${name}: queries from top to bottom, keys from left to right; the table lists the strongest far blocks`,
  });
  const context = canvas.getContext('2d')!;
  const image = context.createImageData(blocks, blocks);
  values.forEach((value, at) => {
    const query = (edge(Math.floor(at / blocks)) + edge(Math.floor(at / blocks) + 1)) / 2;
    const strength = Math.min(1, Math.log2(1 + value * query) / Math.log2(1 + FULL));
    image.data.set([...MAP_COLOUR, Math.round(255 * strength)], 4 * at);
  });
  context.putImageData(image, 0, 0);
  canvas.addEventListener('click', (event) => {
    const box = canvas.getBoundingClientRect();
    const block = Math.floor(((event.clientY - box.top) / box.height) * blocks);
    choose(edge(Math.min(blocks - 1, Math.max(0, block))));
  });
  const far = Array.from(values, (value, at) => ({ value, query: Math.floor(at / blocks), key: at % blocks }))
    .filter(({ query, key }) => edge(query) - edge(key + 1) >= k)
    .map((one) => ({ ...one, share: one.value * (edge(one.key + 1) - edge(one.key)) }))
    .sort((a, b) => b.share - a.share)
    .slice(0, SHOWN);
  return el(
    'div',
    { class: 'pair' },
    el(
      'figure',
      {},
      canvas,
      el(
        'figcaption',
        {},
        `${name}. Queries from top to bottom, keys from left to right, ${count(blocks)} blocks; full colour: ${FULL} times uniform attention or more. Click a row to see what its first token looks back at.`,
      ),
    ),
    table(
      `Blocks that take most, ${count(k)} tokens back or more`,
      ['queries', 'keys', 'share of attention'],
      far.map(({ query, key, share }) => [
        el(
          'button',
          { type: 'button', onclick: () => choose(edge(query)) },
          `${count(edge(query))} to ${count(edge(query + 1))}`,
        ),
        `${count(edge(key))} to ${count(edge(key + 1))}`,
        percent(share),
      ]),
    ),
  );
}

function lookedBack({ row }: PageAttention, token: number, on: AttendedText | undefined): HTMLElement {
  const values = new Float32Array(bytesOf(row!));
  if (on) {
    const all = new Float32Array(on.starts.length - 1);
    all.set(values);
    on.paint(all);
  }
  const textOf = (key: number): Node => foreign(on ? on.text.slice(on.starts[key], on.starts[key + 1]) : '', 60);
  const lines = Array.from(values, (value, key) => ({ value, key }))
    .sort((a, b) => b.value - a.value || a.key - b.key)
    .slice(0, SHOWN)
    .map(({ value, key }) => [
      on
        ? el('button', { type: 'button', onclick: () => on.jump(on.starts[key]!) }, `token ${count(key)}`)
        : `token ${count(key)}`,
      ...[count(token - key), short(value), textOf(key)],
    ]);
  return el(
    'div',
    {},
    el(
      'p',
      {},
      'Token ',
      count(token),
      ': ',
      textOf(token),
      on ? ' The text above is coloured by what it looks at.' : '',
    ),
    table(`What token ${count(token)} looks back at`, ['key', 'tokens back', 'share of attention', 'text'], lines),
  );
}
