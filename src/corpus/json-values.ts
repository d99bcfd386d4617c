// The JSON values of a stream of bytes, one after the other, without parsing them: elements of an array, or values that follow each
// other over any number of lines.
//
// Only strings and brackets are told apart; JSON.parse judges the rest of each value. So a file of any size is read in memory bounded by
// its longest value.
import { BrokenInput } from './broken-input.js';
import { MAX_LINE_BYTES, type Line } from './lines.js';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

/**
 * The elements of a JSON array that is the whole stream.
 * @returns as lines: `number` counts the elements from 1; `bytes` is undefined for one longer than `maxBytes`
 * @throws BrokenInput when the array is cut, or followed by something else; what the stream throws
 */
export async function* arrayElements(
  stream: AsyncIterable<Buffer>,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<Line, void, undefined> {
  let number = 0;
  let position = 0;
  let depth = 0;
  let [inString, isEscaped] = [false, false];
  let pieces: Buffer[] = [];
  let held = 0;
  let ended = false;
  const take = (piece: Buffer): void => {
    held += piece.length;
    if (held > maxBytes) pieces = [];
    else if (piece.length > 0) pieces.push(piece);
  };
  const finish = (): Line | undefined => {
    const bytes = held > maxBytes ? undefined : Buffer.concat(pieces);
    pieces = [];
    held = 0;
    if (bytes && bytes.every(isSpace)) return undefined;
    return { number: ++number, end: position, bytes };
  };
  for await (const chunk of stream) {
    // Where the element that is being read begins in this chunk; -1 outside of the array.
    let from = depth > 0 ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (ended) {
        if (!isSpace(byte)) throw new BrokenInput('the JSON array is followed by something else', { rows: number });
      } else if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) inString = true;
      else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
        if (++depth === 1) from = at + 1;
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT || (byte === COMMA && depth === 1)) {
        if (byte !== COMMA) depth--;
        if (depth > (byte === COMMA ? 1 : 0)) continue;
        take(chunk.subarray(from, at));
        position += at + 1 - from;
        const line = finish();
        if (line) yield line;
        from = at + 1;
        ended = depth === 0;
      }
    }
    if (depth > 0 && from >= 0) take(chunk.subarray(from));
  }
  if (!ended) throw new BrokenInput('the JSON array is cut', { rows: number + 1 });
}
