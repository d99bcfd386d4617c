// Slices and length of a text by Unicode code points (Python's convention), which is how windows name their place in a document.
//
// JavaScript counts UTF-16 units. A text without characters beyond U+FFFF needs no translation; any other gets an index with one
// entry every 1,024 code points, so that many slices of a long document do not each walk from its start.

const STRIDE = 1024;

/**
 * @param text well-formed UTF-16
 * @returns `(start, end) => text`, by code points, end exclusive; positions beyond the end are clamped
 */
export function codePointSlicer(text: string): (start: number, end: number) => string {
  if (!/[\ud800-\udbff]/.test(text)) return (start, end) => text.slice(start, end);
  const index = unitIndex(text);
  return (start, end) => text.slice(toUnits(text, index, start), toUnits(text, index, end));
}

/** How many code points a well-formed text has. */
export function codePointCount(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) if (isHighSurrogate(text.charCodeAt(i))) count--;
  return count;
}

/** UTF-16 position of code points 0, STRIDE, 2 * STRIDE, ... */
function unitIndex(text: string): number[] {
  const index: number[] = [];
  let points = 0;
  for (let unit = 0; unit < text.length; points++) {
    if (points % STRIDE === 0) index.push(unit);
    unit += isHighSurrogate(text.charCodeAt(unit)) ? 2 : 1;
  }
  return index;
}

function toUnits(text: string, index: number[], point: number): number {
  const entry = Math.floor(point / STRIDE);
  let unit = index[entry];
  if (unit === undefined) return text.length;
  for (let left = point - entry * STRIDE; left > 0 && unit < text.length; left--) {
    unit += isHighSurrogate(text.charCodeAt(unit)) ? 2 : 1;
  }
  return unit;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
