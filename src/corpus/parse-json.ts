// JSON as Python's json module writes it: what is not a finite number stands as NaN, Infinity or -Infinity, which JSON does not have.
//
// They are read as null. So a row counts whose metadata holds one; a field that is asked for is then as if it were missing.

export type Parsed = { ok: true; value: unknown; isFinite: boolean } | { ok: false; reason: string };

/** Only text that JSON.parse refuses is looked at twice. */
export function parseJson(text: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text), isFinite: true };
  } catch (error) {
    const reason = (error as Error).message;
    const finite = withNulls(text);
    if (finite === undefined) return { ok: false, reason };
    try {
      return { ok: true, value: JSON.parse(finite), isFinite: false };
    } catch {
      return { ok: false, reason };
    }
  }
}

/** The text with null for numbers that are not finite, outside of strings; undefined where there are none. */
function withNulls(text: string): string | undefined {
  if (!/NaN|Infinity/.test(text)) return undefined;
  const parts: string[] = [];
  let changed = false;
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at);
    const outside = text.slice(at, quote === -1 ? undefined : quote);
    const mended = outside.replace(/-?\bInfinity\b|\bNaN\b/g, 'null');
    changed ||= mended !== outside;
    parts.push(mended);
    if (quote === -1) break;
    const end = endOfString(text, quote);
    parts.push(text.slice(quote, end));
    at = end;
  }
  return changed ? parts.join('') : undefined;
}

/** One past the quote that ends the string; the end of the text where none does. */
export function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text[at - 1 - backslashes] === '\\') backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
  return text.length;
}
