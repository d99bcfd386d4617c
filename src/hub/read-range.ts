// One range of one remote file, checked: the server must send exactly these bytes of exactly that file.
import { environmentError, type LongattnError } from '../base/errors.js';
import type { ByteRange } from '../model/byte-ranges.js';
import type { HubAnswer, HubClient } from './http-client.js';
import { changed, describe, type Asked } from './http-errors.js';
import { TransientError } from './retry.js';

/** A server that ignores ranges sends the file from its start. Up to this many bytes that is read and thrown away. */
const MAX_SKIPPED_BYTES = 64 * 2 ** 20;

/** What makes a file the same file from one request to the next. */
export interface RemoteIdentity {
  etag: string;
  /** Bytes of the whole file. */
  size: number;
}

export interface RemoteFile extends Asked {
  file: string;
  /** The commit that is asked for. */
  commit: string;
}

/**
 * One attempt to read bytes `range` of a file. A file that ends inside the range gives the bytes up to its end.
 * @param known from an earlier request; undefined for the first one
 * @param onIdentity called before the first chunk
 * @param onChunk bytes in order, the first at `range[0]`
 * @throws TransientError (what was given to `onChunk` until then is right), LongattnError HUB_FILE_CHANGED, HUB_NO_RANGES,
 *   HUB_RANGE_WRONG, FileNotFound
 */
export async function readRange(
  client: HubClient,
  remote: RemoteFile,
  range: ByteRange,
  known: RemoteIdentity | undefined,
  handlers: { onIdentity?: (identity: RemoteIdentity) => void; onChunk: (chunk: Uint8Array) => Promise<void> | void },
): Promise<void> {
  const [start, end] = range;
  const answer = await client.get(resolvePath(remote), remote, { range: `bytes=${start}-${end - 1}` });
  let identity: RemoteIdentity;
  try {
    identity = checkAnswer(answer, remote, range, known);
  } catch (error) {
    await answer.cancel();
    throw error;
  }
  handlers.onIdentity?.(identity);
  const stop = Math.min(end, identity.size);
  let at = answer.status === 206 ? start : 0;
  for await (const chunk of answer.body) {
    const useful = chunk.subarray(Math.max(0, start - at), Math.max(0, stop - at));
    at += chunk.byteLength;
    if (at > stop && answer.status === 206) {
      throw rangeWrong(remote, answer, `more bytes than it announced`);
    }
    if (useful.byteLength > 0) await handlers.onChunk(useful);
    if (at >= stop) return; // of a whole file, the rest is not wanted
  }
  if (at < stop) {
    throw new TransientError(
      environmentError(
        'HUB_UNREACHABLE',
        `${describe(remote)}: ${answer.where} ended ${stop - at} bytes early. Try again.`,
      ),
    );
  }
}

export function resolvePath({ id, commit, file }: RemoteFile): string {
  return `/${id}/resolve/${commit}/${file.split('/').map(encodeURIComponent).join('/')}`;
}

function checkAnswer(
  answer: HubAnswer,
  remote: RemoteFile,
  [start, end]: ByteRange,
  known: RemoteIdentity | undefined,
): RemoteIdentity {
  const { etag, commit, linkedSize, headers, where } = answer;
  if (etag === undefined) {
    throw environmentError('HUB_ANSWER_INVALID', `${describe(remote)}: ${where} gave no ETag. Check HF_ENDPOINT.`);
  }
  if (commit !== undefined && commit !== remote.commit) throw changed(describe(remote));
  if (headers.has('content-encoding') && headers.get('content-encoding') !== 'identity') {
    throw rangeWrong(remote, answer, `an encoded body (${headers.get('content-encoding')})`);
  }
  const size = answer.status === 206 ? partialSize(answer, remote, start, end) : wholeSize(answer, remote, end);
  if (linkedSize !== undefined && linkedSize !== size) throw changed(describe(remote));
  if (known && (known.etag !== etag || known.size !== size)) throw changed(describe(remote));
  return { etag, size };
}

function partialSize(answer: HubAnswer, remote: RemoteFile, start: number, end: number): number {
  const text = answer.headers.get('content-range') ?? '';
  const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(text);
  const [first, last, size] = (match ?? []).slice(1).map(Number) as [number?, number?, number?];
  if (first !== start || size === undefined || last !== Math.min(end, size) - 1) {
    throw rangeWrong(remote, answer, `Content-Range ${JSON.stringify(text)}`);
  }
  return size;
}

function wholeSize(answer: HubAnswer, remote: RemoteFile, end: number): number {
  const length = answer.headers.get('content-length') ?? '';
  if (answer.status !== 200 || !/^\d{1,15}$/.test(length)) {
    throw rangeWrong(remote, answer, `status ${answer.status} without a length`);
  }
  if (Math.min(end, Number(length)) > MAX_SKIPPED_BYTES) {
    throw environmentError(
      'HUB_NO_RANGES',
      `${describe(remote)}: ${answer.where} ignores ranges and would send all ${length} bytes. Download the model with ` +
        `\`hf download ${remote.id}\` and run again, or set HF_ENDPOINT to a server that knows ranges.`,
    );
  }
  return Number(length);
}

function rangeWrong(remote: RemoteFile, { where }: HubAnswer, what: string): LongattnError {
  return environmentError(
    'HUB_RANGE_WRONG',
    `${describe(remote)}: ${where} answered a request for a range with ${what}. A proxy in between may be at fault; ` +
      `download the model with \`hf download ${remote.id}\` instead.`,
  );
}
