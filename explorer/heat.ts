// Heat on a text: by the CSS Custom Highlight API, which adds no element; where a browser lacks it, by elements of equal heat.
//
// Only what is in sight is highlighted, and the text around it: to draw one line, a browser looks through all highlights of its text,
// and a window of 131,072 tokens has 100,000 of them.

export interface Heat {
  /** Far mass of each token, 0..1. */
  far: Float32Array;
  /** UTF-16 unit where each token begins, and the end. */
  starts: Int32Array;
  /** What is drawn hottest. */
  top: number;
}

export const LEVELS = 8;
/** UTF-16 units before and behind what is in sight. */
const AROUND = 8000;

/** 0: nothing is drawn. */
export function levelOf(far: number, top: number): number {
  return Math.min(LEVELS, Math.floor((far / top) * (LEVELS + 1)));
}

interface Run {
  level: number;
  from: number;
  to: number;
}

/** Paints what is seen anew; of the text that is shown last. */
let repaint: ((all: boolean) => void) | undefined;
for (const event of ['scroll', 'resize'])
  addEventListener(event, () => repaint?.(false), { capture: true, passive: true });
addEventListener('beforeprint', () => repaint?.(true));
addEventListener('afterprint', () => repaint?.(false));

/** @param body in the document, in what it is scrolled by */
export function paintHeat(body: HTMLElement, node: Text, heat: Heat): void {
  if (typeof Highlight !== 'function' || !CSS.highlights) {
    repaint = undefined;
    return paintSpans(body, node, runsOf(heat, 0, node.length));
  }
  let [from, to] = [0, 0];
  repaint = (all) => {
    if (!node.isConnected) return;
    const [first, last] = all ? [0, node.length] : seen(body.parentElement!, node);
    if (!all && first >= from && last <= to) return;
    [from, to] = [Math.max(0, first - AROUND), Math.min(node.length, last + AROUND)];
    highlight(node, runsOf(heat, from, to));
    // What was painted to be printed is too much to be scrolled.
    if (all) to = from;
  };
  repaint(false);
}

/** Units of the text that are in sight, roughly: lines of the other direction begin at the other side. */
function seen(region: HTMLElement, node: Text): [from: number, to: number] {
  const box = region.getBoundingClientRect();
  const x = box.left + region.clientWidth / 2;
  const from = unitAt(node, x, Math.max(box.top, 0) + 1) ?? 0;
  const to = unitAt(node, x, Math.min(box.bottom, innerHeight) - 1) ?? from + AROUND;
  return [Math.min(from, to), Math.min(node.length, Math.max(from, to))];
}

function unitAt(node: Text, x: number, y: number): number | undefined {
  if (typeof document.caretPositionFromPoint === 'function') {
    const position = document.caretPositionFromPoint(x, y);
    return position?.offsetNode === node ? position.offset : undefined;
  }
  const range = document.caretRangeFromPoint(x, y);
  return range?.startContainer === node ? range.startOffset : undefined;
}

/** Tokens of one level in a row, of those within the units. */
function runsOf({ far, starts, top }: Heat, from: number, to: number): Run[] {
  const runs: Run[] = [];
  let last: Run | undefined;
  for (let token = tokenAt(starts, from); token < far.length && starts[token]! < to; token++) {
    if (starts[token + 1]! <= starts[token]!) continue;
    const level = levelOf(far[token]!, top);
    if (last?.level === level && last.to === starts[token]) last.to = starts[token + 1]!;
    else runs.push((last = { level, from: starts[token]!, to: starts[token + 1]! }));
  }
  return runs;
}

/** The first token that ends behind a unit. */
function tokenAt(starts: Int32Array, unit: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle + 1]! <= unit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function highlight(node: Text, runs: readonly Run[]): void {
  const highlights = Array.from({ length: LEVELS + 1 }, () => new Highlight());
  for (const { level, from, to } of runs) {
    if (level === 0) continue;
    highlights[level]!.add(
      new StaticRange({ startContainer: node, startOffset: from, endContainer: node, endOffset: to }),
    );
  }
  CSS.highlights.clear();
  highlights.forEach((one, level) => level > 0 && CSS.highlights.set(`heat-${level}`, one));
}

function paintSpans(body: HTMLElement, node: Text, runs: readonly Run[]): void {
  const parts = document.createDocumentFragment();
  let at = 0;
  for (const { level, from, to } of runs) {
    if (from > at) parts.append(span(node.data.slice(at, from), 0));
    parts.append(span(node.data.slice(from, to), level));
    at = to;
  }
  parts.append(span(node.data.slice(at), 0));
  body.replaceChildren(parts);
}

function span(text: string, level: number): HTMLElement {
  const element = document.createElement('span');
  if (level > 0) element.className = `heat-${level}`;
  element.textContent = text;
  return element;
}
