// Ids of windows: `<key of the document>:<first token>`. Keys may hold colons themselves, so the last one counts.

const COLON = 0x3a;
const ZERO = 0x30;

/** @param document key, unique within a run @param tokenStart index of the first token in the document's ids */
export function makeWindowId(document: string, tokenStart: number): string {
  return `${document}:${tokenStart}`;
}

/** The key of the document that a window was cut from. */
export function documentOf(windowId: string): string {
  return windowId.slice(0, windowId.lastIndexOf(':'));
}

/** Index of the first token in the document's ids. */
export function firstTokenOf(windowId: string): number {
  return Number(windowId.slice(windowId.lastIndexOf(':') + 1));
}

/** Of an id as UTF-8 in bytes[start, end): where its colon is; start - 1 where there is none. */
export function colonIn(bytes: Uint8Array, start: number, end: number): number {
  let colon = end - 1;
  while (colon >= start && bytes[colon] !== COLON) colon--;
  return colon;
}

/** The digits of bytes[from, end) as a number; NaN where there is none, or something else. */
export function decimalIn(bytes: Uint8Array, from: number, end: number): number {
  let value = from < end ? 0 : NaN;
  for (let i = from; i < end; i++) {
    const digit = bytes[i]! - ZERO;
    value = digit >= 0 && digit <= 9 ? 10 * value + digit : NaN;
  }
  return value;
}
