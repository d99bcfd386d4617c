// The token that a tokenizer puts in front of every document stays where it is: a control must not differ from its real window by
// a misplaced BOS, which attention layers notice more than anything else.
import type { Window } from '../../base/records.js';

const hasPrefix = (window: Window, prefix: number | undefined): boolean =>
  prefix !== undefined && window.tokenStart === 0 && window.tokenIds[0] === prefix;

/** The window's ids without the prefix. */
export function body(window: Window, prefix: number | undefined): Int32Array {
  return hasPrefix(window, prefix) ? window.tokenIds.subarray(1) : window.tokenIds;
}

/** A control as long as `real`, which begins with the prefix where `real` does. @param make gets the tokens to make */
export function withPrefix(real: Window, prefix: number | undefined, make: (size: number) => Int32Array): Int32Array {
  if (!hasPrefix(real, prefix)) return make(real.tokenIds.length);
  const out = new Int32Array(real.tokenIds.length);
  out[0] = prefix!;
  out.set(make(out.length - 1), 1);
  return out;
}
