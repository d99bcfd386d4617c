// How a file of JSON is laid out: an object a line, or one array. What neither is (one object over several lines) is refused by name.
import { BrokenInput } from './broken-input.js';
import { byteStream } from './byte-stream.js';
import { COMPRESSION_RATIO, type InputFile, type UnpackOptions } from './format.js';
import { endOfString, parseJson } from './parse-json.js';
import { withoutBom } from './utf8.js';

/** So much of a file is looked at. */
const PEEK_BYTES = 1 << 20;
const LF = 0x0a;

/** @throws BrokenInput for pretty-printed JSON, and where the file cannot be unpacked; LongattnError INPUT_UNREADABLE */
export async function jsonShape(file: InputFile, options: UnpackOptions): Promise<'lines' | 'array'> {
  const start = withoutBom(await peek(file, options));
  const text = start.toString('utf8').trimStart();
  if (text.startsWith('[')) return 'array';
  if (isPretty(text)) {
    throw new BrokenInput(
      `the file holds JSON objects over several lines, not one a line: jq -c . ${file.path} > ${file.path.replace(/\.\w+$/, '')}.lines.jsonl`,
    );
  }
  return 'lines';
}

async function peek(file: InputFile, options: UnpackOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of byteStream(file, file.compression, options)) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= PEEK_BYTES) break;
    }
  } catch (error) {
    if (!(error instanceof BrokenInput)) throw error;
    const lines = chunks.reduce((sum, chunk) => sum + chunk.reduce((ends, byte) => ends + Number(byte === LF), 0), 0);
    throw brokenAfter(error, file, { rows: lines, bytes });
  }
  return Buffer.concat(chunks).subarray(0, PEEK_BYTES);
}

/** The error with the rows that are lost: what was read before the damage tells how many a byte there are. */
export function brokenAfter(
  error: BrokenInput,
  { bytes, compression }: Pick<InputFile, 'bytes' | 'compression'>,
  read: { rows: number; bytes: number },
): BrokenInput {
  if (read.rows === 0) return error;
  const unpacked = bytes * (compression === 'none' ? 1 : COMPRESSION_RATIO);
  const rows = Math.max(read.rows, Math.round((read.rows * unpacked) / read.bytes));
  return new BrokenInput(error.message, { cause: error, rows });
}

/** The first line is no JSON, but it is with the lines that follow it. */
function isPretty(text: string): boolean {
  const line = text.slice(0, text.search(/\n|$/)).trim();
  if (!line.startsWith('{') || parseJson(line).ok) return false;
  const end = endOfValue(text);
  return end === undefined ? line === '{' : parseJson(text.slice(0, end)).ok;
}

/** One past the object that the text starts with; undefined where it does not end. */
function endOfValue(text: string): number | undefined {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (char === '"') at = endOfString(text, at) - 1;
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return undefined;
}
