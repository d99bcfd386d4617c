// Where the tokens of a window begin in its text, for the heat.
//
// The run keeps no offsets. The text of the window alone is encoded again: its ids are those of the window but near the ends, where the
// document went on. What differs there is taken as one piece, so no token's colour ever lies on another's text.
import type { Encoded } from '../tokenizer/encoded.js';

export interface TokenOffsets {
  /** UTF-16 units of the text: token i is [starts[i], starts[i + 1]); `[L + 1]`. Tokens of a piece without a match share its range's start. */
  starts: Int32Array;
  /** Tokens that have no characters of their own: those of a piece in between. */
  unmatched: number;
}

/**
 * @param ids of the window, as the run has them
 * @param encoded the window's text, encoded alone
 */
export function tokenOffsets(ids: ArrayLike<number>, encoded: Encoded, text: string): TokenOffsets {
  const units = unitsOf(text);
  const begin = firstOfText(encoded);
  const end = lastOfText(encoded);
  // The window begins with what the template adds only where it is the first of its document.
  const lead = ids.length > 0 && begin > 0 && ids[0] === encoded.ids[0] ? begin : 0;
  let front = 0;
  while (lead + front < ids.length && begin + front < end && ids[lead + front] === encoded.ids[begin + front]) front++;
  let back = 0;
  while (
    lead + front + back < ids.length &&
    begin + front + back < end &&
    ids[ids.length - 1 - back] === encoded.ids[end - 1 - back]
  )
    back++;
  const starts = new Int32Array(ids.length + 1).fill(-1);
  const startOf = (token: number): number => units(encoded.span(token)?.[0] ?? 0);
  for (let i = 0; i < lead; i++) starts[i] = 0;
  for (let i = 0; i < front; i++) starts[lead + i] = startOf(begin + i);
  for (let i = 1; i <= back; i++) starts[ids.length - i] = startOf(end - i);
  starts[ids.length] = text.length;
  const unmatched = ids.length - lead - front - back;
  const gap = front === 0 ? 0 : units(encoded.span(begin + front - 1)?.[1] ?? 0);
  for (let i = 0; i < unmatched; i++) starts[lead + front + i] = gap;
  for (let i = 1; i <= ids.length; i++) starts[i] = Math.max(starts[i]!, starts[i - 1]!);
  return { starts, unmatched };
}

function firstOfText({ ids, span }: Encoded): number {
  let first = 0;
  while (first < ids.length && span(first) === undefined) first++;
  return first;
}

function lastOfText({ ids, span }: Encoded): number {
  let end = ids.length;
  while (end > 0 && span(end - 1) === undefined) end--;
  return end;
}

/** From code points to UTF-16 units; equal where the text has no high plane. */
function unitsOf(text: string): (codePoint: number) => number {
  if (!/[\ud800-\udfff]/.test(text)) return (at) => at;
  const at: number[] = [];
  for (let unit = 0; unit < text.length;) {
    at.push(unit);
    unit += text.codePointAt(unit)! > 0xffff ? 2 : 1;
  }
  at.push(text.length);
  return (codePoint) => at[Math.min(codePoint, at.length - 1)]!;
}
