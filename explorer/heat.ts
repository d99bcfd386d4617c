// Heat on a text: by the CSS Custom Highlight API, which adds no element; where a browser lacks it, by elements of equal heat.

export interface Heat {
  /** Far mass of each token, 0..1. */
  far: Float32Array;
  /** UTF-16 unit where each token begins, and the end. */
  starts: Int32Array;
  /** What is drawn hottest. */
  top: number;
}

export const LEVELS = 8;

/** 0: nothing is drawn. */
export function levelOf(far: number, top: number): number {
  return Math.min(LEVELS, Math.floor((far / top) * (LEVELS + 1)));
}

export function paintHeat(body: HTMLElement, node: Text, { far, starts, top }: Heat): void {
  const runs: { level: number; from: number; to: number }[] = [];
  for (let token = 0; token < far.length; token++) {
    const level = levelOf(far[token]!, top);
    const last = runs.at(-1);
    if (starts[token + 1]! <= starts[token]!) continue;
    if (last?.level === level && last.to === starts[token]) last.to = starts[token + 1]!;
    else runs.push({ level, from: starts[token]!, to: starts[token + 1]! });
  }
  if (typeof Highlight === 'function' && CSS.highlights) {
    CSS.highlights.clear();
    const highlights = Array.from({ length: LEVELS + 1 }, () => new Highlight());
    for (const { level, from, to } of runs) {
      if (level === 0) continue;
      highlights[level]!.add(
        new StaticRange({ startContainer: node, startOffset: from, endContainer: node, endOffset: to }),
      );
    }
    highlights.forEach((highlight, level) => level > 0 && CSS.highlights.set(`heat-${level}`, highlight));
    return;
  }
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
