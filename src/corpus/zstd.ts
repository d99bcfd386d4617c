// Zstandard streams: all frames of a file, block by block, with lengths and checksums checked.
//
// Frames are walked here and their blocks decoded by fzstd, which neither verifies checksums nor says where a frame ends, so that damage
// and cuts would pass as shorter text. Frames with a window that is too large for fzstd go block by block to Node's own zstd, where this
// Node has it (22.15 and later).
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';
import { Decompress } from 'fzstd';
import { BrokenInput } from './broken-input.js';
import { unpack, UNPACK_OPTIONS } from './unpack.js';
import { XxHash64 } from './xxhash64.js';

/** fzstd's limit: it reads distances of at most 25 bits. `zstd --long=27` and `--ultra -21` and above go beyond it. */
const FZSTD_WINDOW_BYTES = 1 << 25;
/** What the zstd program reads by default too. So much memory a file that is being read. */
export const DEFAULT_ZSTD_WINDOW = 1 << 27;
const MAX_WINDOW_LOG = 31;

const FRAME_MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a5;
const BLOCK_TYPES = { raw: 0, rle: 1, compressed: 2, reserved: 3 } as const;

interface FrameHeader {
  /** The header's bytes for fzstd, with the checksum flag taken out: the checksum is read here. */
  bytes: Buffer;
  /** How far back the data may reach. */
  windowBytes: number;
  contentBytes: number | undefined;
  hasChecksum: boolean;
}

/**
 * @param maxWindow bytes that a frame may ask to be held
 * @throws BrokenInput for damaged, cut or unsupported data
 */
export async function* decompressZstd(
  source: AsyncIterable<Buffer>,
  maxWindow = DEFAULT_ZSTD_WINDOW,
): AsyncGenerator<Buffer, void, undefined> {
  const input = new ByteQueue(source);
  while (await input.has(1)) {
    const magic = (await input.take(4)).readUInt32LE(0);
    if (magic >>> 4 === SKIPPABLE_MAGIC) await input.skip((await input.take(4)).readUInt32LE(0));
    else if (magic === FRAME_MAGIC) yield* frame(input, maxWindow);
    else throw new BrokenInput('the zstd data is damaged or followed by something else');
  }
}

async function* frame(input: ByteQueue, maxWindow: number): AsyncGenerator<Buffer, void, undefined> {
  const header = await frameHeader(input);
  const decode = decoderFor(header.windowBytes, maxWindow);
  const hash = new XxHash64();
  let produced = 0;
  for await (const chunk of decode(header.bytes, blocks(input))) {
    if (header.hasChecksum) hash.update(chunk);
    produced += chunk.length;
    yield chunk;
  }
  if (header.contentBytes !== undefined && header.contentBytes !== produced) {
    throw new BrokenInput('the zstd data is damaged (its length is not the one that it states)');
  }
  if (header.hasChecksum && (await input.take(4)).readUInt32LE(0) !== hash.digestLow32()) {
    throw new BrokenInput('the zstd data is damaged (its checksum differs)');
  }
}

interface Block {
  bytes: Buffer;
  last: boolean;
}

/** The blocks of a frame with their heads, to the last one. */
async function* blocks(input: ByteQueue): AsyncGenerator<Block, void, undefined> {
  for (let last = false; !last;) {
    const head = await input.take(3);
    const word = head.readUIntLE(0, 3);
    last = (word & 1) === 1;
    const type = (word >> 1) & 3;
    if (type === BLOCK_TYPES.reserved) throw new BrokenInput('the zstd data is damaged (a block of unknown type)');
    const body = await input.take(type === BLOCK_TYPES.rle ? 1 : word >> 3);
    yield { bytes: Buffer.concat([head, body]), last };
  }
}

type Decode = (header: Buffer, blocks: AsyncIterable<Block>) => AsyncIterable<Buffer>;

/** @throws BrokenInput where the window is too large for the limit, or for this Node */
function decoderFor(windowBytes: number, maxWindow: number): Decode {
  if (windowBytes <= Math.min(maxWindow, FZSTD_WINDOW_BYTES)) return decodeByFzstd;
  const needs = `the zstd data needs a window of ${windowBytes} bytes`;
  if (windowBytes > maxWindow) {
    throw new BrokenInput(
      `${needs}, more than --zstd-window ${maxWindow} allows: raise it (so much memory is used), or unpack the file (zstd -d --long=31)`,
    );
  }
  if (!hasNodeZstd) {
    throw new BrokenInput(
      `${needs}; this Node.js reads at most ${FZSTD_WINDOW_BYTES}: use Node.js 22.15 or later, or unpack the file (zstd -d --long=31)`,
    );
  }
  return decodeByNode;
}

async function* decodeByFzstd(header: Buffer, blocks: AsyncIterable<Block>): AsyncGenerator<Buffer, void, undefined> {
  let out: Buffer[] = [];
  const decoder = new Decompress((chunk) => {
    out.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  });
  const push = (bytes: Buffer, last: boolean): void => {
    try {
      decoder.push(bytes, last);
    } catch (error) {
      throw damaged(error);
    }
  };
  push(header, false);
  for await (const { bytes, last } of blocks) {
    push(bytes, last);
    yield* out;
    out = [];
  }
}

/** What node:zlib has since Node 22.15; the types are those of an older Node. */
interface NodeZstd {
  createZstdDecompress?: (options: typeof UNPACK_OPTIONS & { params: Record<number, number> }) => Transform;
  constants: { ZSTD_d_windowLogMax?: number };
}
const { createZstdDecompress, constants } = zlib as unknown as NodeZstd;
const hasNodeZstd = createZstdDecompress !== undefined;

async function* decodeByNode(header: Buffer, blocks: AsyncIterable<Block>): AsyncGenerator<Buffer, void, undefined> {
  const decoder = createZstdDecompress!({
    ...UNPACK_OPTIONS,
    params: { [constants.ZSTD_d_windowLogMax!]: MAX_WINDOW_LOG },
  });
  const source = async function* (): AsyncGenerator<Buffer, void, undefined> {
    yield header;
    for await (const { bytes } of blocks) yield bytes;
  };
  try {
    yield* unpack(source(), decoder);
  } catch (error) {
    throw error instanceof BrokenInput ? error : damaged(error);
  }
}

function damaged(error: unknown): BrokenInput {
  return new BrokenInput(`the zstd data is damaged (${(error as Error).message})`, { cause: error });
}

async function frameHeader(input: ByteQueue): Promise<FrameHeader> {
  const flags = (await input.take(1))[0]!;
  const singleSegment = (flags & 0x20) !== 0;
  if (flags & 0x08) throw new BrokenInput('the zstd data is damaged (a reserved bit is set)');
  const windowByte = singleSegment ? Buffer.alloc(0) : await input.take(1);
  const dictionary = await input.take([0, 1, 2, 4][flags & 3]!);
  if (dictionary.some((byte) => byte !== 0)) {
    throw new BrokenInput('the zstd data needs a dictionary, which is not supported: compress it without one');
  }
  const size = await input.take([singleSegment ? 1 : 0, 2, 4, 8][flags >> 6]!);
  const contentBytes = contentSize(size);
  const windowBytes = singleSegment
    ? contentBytes!
    : 2 ** (10 + (windowByte[0]! >> 3)) * (1 + (windowByte[0]! & 7) / 8);
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(FRAME_MAGIC);
  const bytes = Buffer.concat([magic, Buffer.from([flags & ~0x04]), windowByte, dictionary, size]);
  return { bytes, windowBytes, contentBytes, hasChecksum: (flags & 0x04) !== 0 };
}

function contentSize(field: Buffer): number | undefined {
  switch (field.length) {
    case 1:
      return field[0]!;
    case 2:
      return field.readUInt16LE(0) + 256;
    case 4:
      return field.readUInt32LE(0);
    case 8:
      return Number(field.readBigUInt64LE(0));
    default:
      return undefined;
  }
}

/** Bytes of a stream in the amounts that a parser asks for. */
class ByteQueue {
  private readonly chunks: AsyncIterator<Buffer>;
  private held: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /** Whether `count` more bytes are there. */
  async has(count: number): Promise<boolean> {
    while (this.held.length < count) {
      const next = await this.chunks.next();
      if (next.done) return false;
      this.held = this.held.length === 0 ? next.value : Buffer.concat([this.held, next.value]);
    }
    return true;
  }

  /** @throws BrokenInput when the stream ends before */
  async take(count: number): Promise<Buffer> {
    if (!(await this.has(count))) throw new BrokenInput('the zstd data is cut');
    const bytes = this.held.subarray(0, count);
    this.held = this.held.subarray(count);
    return bytes;
  }

  async skip(count: number): Promise<void> {
    let left = count;
    while (left > 0) {
      const step = Math.min(left, Math.max(1, this.held.length));
      await this.take(step);
      left -= step;
    }
  }
}
