// Lines of a byte stream, with their numbers and places, in memory bounded by the longest line that is allowed.

/** No document that a tokenizer could take is longer; a file of another kind, without line ends, must not fill the memory. */
export const MAX_LINE_BYTES = 256 << 20;

export interface Line {
  /** 1-based, in the whole file. */
  number: number;
  /** Where the next line starts, in bytes from the start of the stream. */
  end: number;
  /** Without the line end (LF or CRLF). Undefined when the line is longer than `maxBytes`. */
  bytes: Buffer | undefined;
}

const LF = 0x0a;
const CR = 0x0d;

/**
 * @param firstNumber number of the line that the stream starts with
 * @throws what the stream throws; the line that was being read is not handed out
 */
export async function* splitLines(
  stream: AsyncIterable<Buffer>,
  firstNumber = 1,
  maxBytes = MAX_LINE_BYTES,
): AsyncGenerator<Line, void, undefined> {
  let number = firstNumber;
  let position = 0;
  let pieces: Buffer[] = [];
  let held = 0;
  let tooLong = false;
  const take = (piece: Buffer): void => {
    held += piece.length;
    // One byte more than allowed, for the CR that is not part of the line.
    if (held > maxBytes + 1) {
      tooLong = true;
      pieces = [];
    }
    if (!tooLong && piece.length > 0) pieces.push(piece);
  };
  const finish = (): Line => {
    let bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces);
    if (bytes.at(-1) === CR) bytes = bytes.subarray(0, -1);
    const line = { number: number++, end: position, bytes: tooLong || bytes.length > maxBytes ? undefined : bytes };
    pieces = [];
    held = 0;
    tooLong = false;
    return line;
  };
  for await (const chunk of stream) {
    let from = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, from)) {
      take(chunk.subarray(from, at));
      position += at + 1 - from;
      from = at + 1;
      yield finish();
    }
    take(chunk.subarray(from));
    position += chunk.length - from;
  }
  if (held > 0) yield finish();
}

/** Nothing but white space as JSON knows it. Such lines are no documents and no faults. */
export function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === CR);
}
