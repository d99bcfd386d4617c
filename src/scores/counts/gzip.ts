// gzip: how well a window compresses. DEFLATE looks 32 KiB back, so ids go in as 2 bytes each where they fit.
import { deflateRawSync } from 'node:zlib';

const LEVEL = 6;
const MAX_U16 = 0xffff;

/**
 * Minus the compressed bytes a token, so that more redundancy is a higher score. Ids above 65,535 make every id take 4 bytes:
 * compare only windows of one tokenizer.
 * @param vocabulary decides the width, so that all windows of a run are packed alike
 */
export function gzip(ids: Int32Array, vocabulary: number): number {
  const packed = vocabulary <= MAX_U16 + 1 ? Uint16Array.from(ids) : Uint32Array.from(ids);
  const bytes = deflateRawSync(new Uint8Array(packed.buffer), { level: LEVEL }).length;
  return ids.length === 0 ? 0 : -bytes / ids.length;
}
