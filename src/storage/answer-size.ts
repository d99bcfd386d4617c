// The size of a file as the answer to a request for a range of it tells.
import { unreadable } from './faults.js';

/**
 * Of the whole file.
 * @param answer with status 200 or 206
 * @throws LongattnError INPUT_UNREADABLE for an answer that is not what was asked for
 */
export function sizeOf(
  path: string,
  { status, headers }: { status: number; headers: Headers },
  start: number,
  end: number,
): number {
  const encoding = headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity') throw unreadable(path, `the server sends it packed anew (${encoding})`);
  if (status !== 206) {
    const length = headers.get('content-length') ?? '';
    if (!/^\d{1,15}$/.test(length)) throw unreadable(path, 'the server does not say how long it is');
    return Number(length);
  }
  const range = headers.get('content-range') ?? '';
  const [, first, last, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(range) ?? [];
  if (Number(first) !== start || Number(last) !== Math.min(end, Number(size)) - 1) {
    throw unreadable(path, `the server was asked for bytes ${start}-${end - 1} and sends "${range}"`);
  }
  return Number(size);
}
