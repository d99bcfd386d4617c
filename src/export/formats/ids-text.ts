// Token ids as a JSON array, in bytes.
//
// Digits are written one by one into a buffer: an export as JSON is mostly these, and JSON.stringify takes four times as long.

/** A sign and the ten digits of 2^31, and a comma. */
const MOST_BYTES = 12;
const [COMMA, MINUS, ZERO, OPEN, CLOSE] = [0x2c, 0x2d, 0x30, 0x5b, 0x5d];

/** @returns what `JSON.stringify(Array.from(ids))` gives, in UTF-8 */
export function idsText(ids: Int32Array): Buffer {
  const bytes = Buffer.allocUnsafe(2 + ids.length * MOST_BYTES);
  let at = 0;
  bytes[at++] = OPEN;
  for (let i = 0; i < ids.length; i++) {
    if (i > 0) bytes[at++] = COMMA;
    let rest = ids[i]!;
    if (rest < 0) {
      bytes[at++] = MINUS;
      rest = -rest;
    }
    at += digitsOf(rest);
    // From the last to the first. Below 2^31 the quotient is an integer of the machine.
    for (let digit = at - 1; ; digit--) {
      const tens = (rest / 10) | 0;
      bytes[digit] = ZERO + rest - tens * 10;
      rest = tens;
      if (rest === 0) break;
    }
  }
  bytes[at++] = CLOSE;
  return bytes.subarray(0, at);
}

function digitsOf(number: number): number {
  let digits = 1;
  for (let limit = 10; number >= limit; limit *= 10) digits++;
  return digits;
}
