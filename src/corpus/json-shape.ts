// How a file of JSON is laid out: an object a line, or one array. What neither is (one object over several lines) is refused by name.
import { BrokenInput } from './broken-input.js';
import { readBytes } from './byte-stream.js';
import type { InputFile, UnpackOptions } from './format.js';
import { endOfString, parseJson } from './parse-json.js';
import { withoutBom } from './utf8.js';

/** So much of a file is looked at. */
const PEEK_BYTES = 1 << 20;

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

async function peek({ path, compression }: InputFile, options: UnpackOptions): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of readBytes(path, compression, options)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= PEEK_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, PEEK_BYTES);
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
