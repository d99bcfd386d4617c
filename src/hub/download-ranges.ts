// Downloads the header of a weight file, and then the byte ranges that are asked for, into a partial file.
//
// Work is cut into pieces, a few of them at once. What a cut connection has delivered is kept, in this run and in the next one.
import { headerLength, parseSafetensorsHeader } from '../model/safetensors-header.js';
import { countBytes, mergeRanges, splitRanges, type ByteRange } from '../model/byte-ranges.js';
import type { HubClient } from './http-client.js';
import { describe } from './http-errors.js';
import { PartialFile } from './partial-file.js';
import { readRange, type RemoteFile, type RemoteIdentity } from './read-range.js';

/** Covers the whole header of most shards (about 100 bytes a tensor). What lies behind it is kept, not wasted. */
const FIRST_BYTES = 64 * 1024;
/** Ranges nearer than this become one request: a request costs about as long as these bytes. */
const MERGE_GAP = 256 * 1024;
/** One request; also what a crash can cost at most, times CONNECTIONS. */
const PIECE_BYTES = 32 * 2 ** 20;
/** One connection to a CDN rarely fills the line; more than a few look like abuse. */
const CONNECTIONS = 4;

/**
 * Open the local part of a file, starting it with its header where it is not there. The header is checked before anything is
 * written.
 * @throws LongattnError SAFETENSORS_INVALID, HUB_*, DISK_FULL, NOT_WRITABLE, CACHE_DAMAGED
 */
export async function openWithHeader(client: HubClient, remote: RemoteFile, path: string): Promise<PartialFile> {
  const found = await PartialFile.open(path);
  if (found) return found;
  const start = await fetchRange(client, remote, [0, FIRST_BYTES], undefined);
  const { identity } = start;
  const dataStart = 8 + headerLength(start.bytes, identity.size, describe(remote));
  const rest: ByteRange = [start.bytes.byteLength, dataStart];
  const more = rest[0] < rest[1] ? (await fetchRange(client, remote, rest, identity)).bytes : Buffer.alloc(0);
  const first = Buffer.concat([start.bytes, more]);
  parseSafetensorsHeader(first.subarray(8, dataStart), identity.size, describe(remote));
  return PartialFile.create(path, remote, identity, first);
}

/** Bytes that `downloadRanges` would ask for. */
export function plannedRanges(file: PartialFile, wanted: readonly ByteRange[]): ByteRange[] {
  // Merged after what is here was taken out, so that a gap that was bridged once is not bridged again.
  return file.missing(mergeRanges(file.missing(wanted), MERGE_GAP));
}

/**
 * Download what is missing of `wanted`.
 * @param onBytes called with the number of new bytes
 */
export async function downloadRanges(
  client: HubClient,
  remote: RemoteFile,
  file: PartialFile,
  wanted: readonly ByteRange[],
  onBytes: (bytes: number) => void,
): Promise<void> {
  const pieces = splitRanges(plannedRanges(file, wanted), PIECE_BYTES).values();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const piece of pieces) {
      if (failed) return;
      try {
        await downloadPiece(client, remote, file, piece, onBytes);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: CONNECTIONS }, worker));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}

async function downloadPiece(
  client: HubClient,
  remote: RemoteFile,
  file: PartialFile,
  [start, end]: ByteRange,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let at = start;
  const onChunk = async (chunk: Uint8Array): Promise<void> => {
    await file.write(chunk, at);
    at += chunk.byteLength;
    onBytes(chunk.byteLength);
  };
  try {
    await client.retrying(
      () => readRange(client, remote, [at, end], file.identity, { onChunk }),
      () => at,
    );
  } finally {
    if (at > start) {
      file.enter([start, at]);
      await file.save();
    }
  }
}

async function fetchRange(
  client: HubClient,
  remote: RemoteFile,
  [start, end]: ByteRange,
  known: RemoteIdentity | undefined,
): Promise<{ bytes: Buffer; identity: RemoteIdentity }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let identity = known;
  await client.retrying(
    () =>
      readRange(client, remote, [start + bytes, end], identity, {
        onIdentity: (found) => (identity = found),
        onChunk: (chunk) => {
          chunks.push(chunk);
          bytes += chunk.byteLength;
        },
      }),
    () => bytes,
  );
  return { bytes: Buffer.concat(chunks), identity: identity! };
}

/** Sum of the bytes still to come. */
export function plannedBytes(file: PartialFile, wanted: readonly ByteRange[]): number {
  return countBytes(plannedRanges(file, wanted));
}
