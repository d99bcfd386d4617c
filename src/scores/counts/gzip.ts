// gzip: how well a window compresses. DEFLATE looks 32 KiB back, so ids go in as few bytes as tell them apart.
import { deflateRawSync } from 'node:zlib';

const LEVEL = 6;

/**
 * Minus the compressed bytes a token, so that more redundancy is a higher score. Ids are packed by LEB128 (7 bits a byte): the number
 * of a window then depends on its ids alone, not on the vocabulary or on the other windows. Compare only windows of one tokenizer.
 */
export function gzip(ids: Int32Array): number {
  const bytes = deflateRawSync(packed(ids), { level: LEVEL }).length;
  return ids.length === 0 ? 0 : -bytes / ids.length;
}

function packed(ids: Int32Array): Uint8Array {
  const out = new Uint8Array(5 * ids.length);
  let at = 0;
  for (let i = 0; i < ids.length; i++) {
    let rest = ids[i]! >>> 0;
    for (; rest > 0x7f; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80;
    out[at++] = rest;
  }
  return out.subarray(0, at);
}
