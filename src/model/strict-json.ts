// JSON from a stranger's file: parsed by JSON.parse, then scanned once more for repeated keys.
//
// JSON.parse silently keeps the last of two equal keys. In a safetensors header that is how one tensor is made to look like
// another, so a repeated key is an error there and in an index. config.json is read as Python reads it: with NaN and Infinity, and
// the last of two equal keys, since that is what the model was trained and published with.

/** No model file nests deeper; deeper ones would overflow the stack of whoever walks or prints them. */
const MAX_DEPTH = 64;

/** A repeated key or a syntax error, in words that can end "FILE: ...". */
export class JsonError extends Error {}

/**
 * Parse `text` as JSON in which no object repeats a key and nothing nests deeper than 64.
 * @throws JsonError
 */
export function parseStrictJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new JsonError(`not valid JSON (${(error as Error).message})`, { cause: error });
  }
  checkStructure(text, true);
  return value;
}

/** A string, or a number that only Python writes and reads. */
const STRING_OR_CONSTANT = /"(?:[^"\\]|\\.)*"|-?Infinity\b|\bNaN\b/g;
/** Stands for NaN, which no JSON can: no text holds a lone surrogate after UTF-8. */
const NAN_MARK = '\ud800NaN';

/**
 * Parse `text` as Python's json does: NaN, Infinity and -Infinity are numbers, the last of two equal keys counts.
 * @throws JsonError
 */
export function parsePythonJson(text: string): unknown {
  const standard = text.replace(STRING_OR_CONSTANT, (token) => {
    if (token.startsWith('"')) return token;
    return token === 'NaN' ? JSON.stringify(NAN_MARK) : token.replace('Infinity', '1e999');
  });
  let value: unknown;
  try {
    value = JSON.parse(standard, (_, item: unknown) => (item === NAN_MARK ? NaN : item));
  } catch (error) {
    throw new JsonError(`not valid JSON (${(error as Error).message})`, { cause: error });
  }
  checkStructure(standard, false);
  return value;
}

/** `text` is valid JSON, so a string followed by a colon is a key and brackets balance. */
function checkStructure(text: string, once: boolean): void {
  const open: (Set<string> | null)[] = []; // null: an array
  let index = 0;
  while (index < text.length) {
    const char = text.charCodeAt(index);
    if (char === 0x22) {
      const end = endOfString(text, index);
      const colon = skipSpace(text, end);
      if (text.charCodeAt(colon) === 0x3a) {
        const key = JSON.parse(text.slice(index, end)) as string; // escapes resolved: "\u0061" is the key "a"
        const keys = open[open.length - 1]!;
        if (once && keys.has(key))
          throw new JsonError(`not usable: the key ${JSON.stringify(key)} occurs twice in one object`);
        keys.add(key);
      }
      index = end;
      continue;
    }
    if (char === 0x7b) open.push(new Set());
    else if (char === 0x5b) open.push(null);
    else if (char === 0x7d || char === 0x5d) open.pop();
    if (open.length > MAX_DEPTH) throw new JsonError(`not usable: it nests deeper than ${MAX_DEPTH}`);
    index++;
  }
}

/** Index just past the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (text.charCodeAt(index) !== 0x22) index += text.charCodeAt(index) === 0x5c ? 2 : 1;
  return index + 1;
}

function skipSpace(text: string, start: number): number {
  let index = start;
  while (' \t\n\r'.includes(text[index] ?? 'x')) index++;
  return index;
}
