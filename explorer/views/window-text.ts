// The text of a window: coloured by its heat, with a strip of the whole to jump by, its hot spans, and where its tokens look back to.
import type { PageText } from '../../src/report/page-data.js';
import { bytesOf } from '../data.js';
import { count, el } from '../dom.js';
import { paintHeat, type Heat } from '../heat.js';
import type { Model } from '../model.js';
import { strip } from '../strip.js';
import { attentionPart, type AttendedText } from './attention.js';
import { heatLegend, heatOf, hotSpans, noHeat, tokensOf, topOf } from './window-heat.js';

export function textParts(model: Model, row: number, text: PageText | undefined): Node[] {
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
