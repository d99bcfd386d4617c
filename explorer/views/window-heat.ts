// The heat of a window's tokens: the far mass of each, or what it has more than the tokens around it; its legend and its hottest spans.
import type { PageHeat, PageText } from '../../src/report/page-data.js';
import { AROUND_TOKENS, overAround } from '../around.js';
import { ask, bytesOf } from '../data.js';
import { count, el, foreign, percent, short, table } from '../dom.js';
import type { Heat } from '../heat.js';
import { go, type Model } from '../model.js';
import { HEAT_KINDS, type HeatKind } from '../state.js';

/** Tokens of a span in the table of hot ones. */
const SPAN = 16;
const SPANS = 12;

interface Tokens {
  /** Far mass of each token, and over that of the tokens around it. */
  far: Float32Array;
  around: Float32Array;
  starts: Int32Array;
}

export function tokensOf({ offsets, heat }: PageText, k: number): Tokens | undefined {
  if (offsets === undefined || heat === undefined) return undefined;
  const far = new Float32Array(bytesOf(heat));
  return { far, around: overAround(far, k), starts: new Int32Array(bytesOf(offsets)) };
}

/** Beside its surroundings, what a token has more than they have. */
export function heatOf({ far, around, starts }: Tokens, kind: HeatKind): Heat {
  const drawn = kind === 'far' ? far : around.map((value) => Math.max(0, value - 1));
  return { far: drawn, starts, top: topOf(drawn) };
}

export function heatLegend(model: Model, top: number): HTMLElement {
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
export const topOf = (far: Float32Array): number => far.slice().sort()[Math.floor(0.98 * far.length)] || 1;

export function hotSpans(
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

/** Where the run stores no far mass of tokens, `longattn serve` computes it. */
export function noHeat({ meta }: Model, row: number, { offsets }: PageText, paint: (heat: Heat) => void): HTMLElement {
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
