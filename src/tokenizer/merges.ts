// What a BPE model of tokenizer.json must promise before the Rust library reads it: the library ends the process where it does not hold.
//
// A merge of "a" and "##b" makes the token "ab". The library takes the prefix off by its bytes, without looking: a right half that is
// shorter, or that has a character across the cut, is a panic there, which no exception reports (tokenizers 0.22.2, models/bpe/model.rs).

interface BpeModel {
  continuing_subword_prefix?: unknown;
  merges?: unknown;
}

/**
 * @param json what tokenizer.json holds, of any shape
 * @throws Error naming the merge
 */
export function requireMergesWithPrefix(json: unknown): void {
  const { continuing_subword_prefix: prefix, merges } = modelOf(json);
  if (typeof prefix !== 'string' || prefix === '' || !Array.isArray(merges)) return;
  const bytes = Buffer.byteLength(prefix);
  merges.forEach((merge: unknown, at) => {
    const right = rightHalf(merge);
    if (right === undefined) return;
    const half = Buffer.from(right);
    if (half.length >= bytes && !isInsideCharacter(half[bytes])) return;
    throw new Error(
      `the right half of its merge ${at}, ${JSON.stringify(right)}, does not begin with the prefix ${JSON.stringify(prefix)} ` +
        'that its continuing_subword_prefix promises',
    );
  });
}

function modelOf(json: unknown): BpeModel {
  const { model } = (json ?? {}) as { model?: BpeModel | null };
  return typeof model === 'object' && model !== null ? model : {};
}

/** Of "left right", or of [left, right]; undefined: the library refuses it by itself. */
function rightHalf(merge: unknown): string | undefined {
  const right: unknown = typeof merge === 'string' ? merge.split(' ')[1] : Array.isArray(merge) ? merge[1] : undefined;
  return typeof right === 'string' ? right : undefined;
}

const isInsideCharacter = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
