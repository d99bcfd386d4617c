// LZ4 frames, as Arrow files hold them (pyarrow.feather and pandas write them by default): one frame a buffer, blocks that go on from each
// other. Format: https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md and lz4_Block_format.md.
//
// Checksums are skipped: Arrow's writers set none, and its readers check every length again.

const MAGIC = 0x184d2204;
const FLAGS = {
  contentChecksum: 0x04,
  contentSize: 0x08,
  blockChecksum: 0x10,
  version: 0xc0,
  dictionary: 0x01,
} as const;
const VERSION = 0x40;
const UNCOMPRESSED = 0x80000000;
const MIN_MATCH = 4;

/**
 * @param size of the data, which the Arrow buffer states
 * @throws Error when the data is damaged, or of another size
 */
export function decompressLz4Frame(data: Uint8Array, size: number): Uint8Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const out = new Uint8Array(size);
  if (view.getUint32(0, true) !== MAGIC) throw new Error('no LZ4 frame');
  const flags = view.getUint8(4);
  if ((flags & FLAGS.version) !== VERSION || flags & FLAGS.dictionary) throw new Error('an LZ4 frame of unknown kind');
  let at = 7 + (flags & FLAGS.contentSize ? 8 : 0);
  let written = 0;
  for (;;) {
    const word = view.getUint32(at, true);
    at += 4;
    if (word === 0) break;
    const length = word & ~UNCOMPRESSED;
    if (length > data.length - at) throw new Error('the LZ4 data is cut');
    const block = data.subarray(at, at + length);
    if (word & UNCOMPRESSED) {
      if (block.length > size - written) throw tooLong();
      out.set(block, written);
      written += block.length;
    } else written = decodeBlock(block, out, written);
    at += length + (flags & FLAGS.blockChecksum ? 4 : 0);
  }
  if (written !== size) throw new Error(`the LZ4 data has ${written} bytes, not ${size}`);
  return out;
}

/** Sequences of literals and copies; a copy may reach into the blocks before. Returns where the output ends. */
function decodeBlock(block: Uint8Array, out: Uint8Array, start: number): number {
  let [at, to] = [0, start];
  const extended = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) {
      if (at >= block.length) throw new Error('the LZ4 data is cut');
      byte = block[at++]!;
    }
    return length;
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = extended(token >> 4);
    if (literals > block.length - at) throw new Error('the LZ4 data is cut');
    if (literals > out.length - to) throw tooLong();
    out.set(block.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    // The last sequence has literals only.
    if (at === block.length) break;
    if (at + 2 > block.length) throw new Error('the LZ4 data is cut');
    const offset = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const length = extended(token & 15) + MIN_MATCH;
    if (offset === 0 || offset > to) throw new Error('the LZ4 data points before its start');
    if (length > out.length - to) throw tooLong();
    if (offset >= length) out.copyWithin(to, to - offset, to - offset + length);
    else for (let i = 0; i < length; i++) out[to + i] = out[to + i - offset]!;
    to += length;
  }
  return to;
}

function tooLong(): Error {
  return new Error('the LZ4 data is longer than it states');
}
