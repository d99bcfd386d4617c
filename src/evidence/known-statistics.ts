// Attention statistics that came with the losses, for the scores stage to take instead of running the layers again.
//
// A window is known by its token ids, not by its name: equal ids have equal statistics. Rows are read when they are asked for,
// because those of all layers of a large model are a megabyte a window.
import { createHash } from 'node:crypto';
import { readScores } from '../arrow/reader.js';
import type { Window } from '../base/records.js';
import type { NativeScoreRequest, NativeStats } from '../native/binding.js';
import { partName, type Ledger } from '../run/ledger.js';
import { renamed, type ScoreWindows } from '../scoring/score-batch.js';
import { lossParts, windowsOf } from './losses.js';

/**
 * A scorer that takes what lies in `ledger`, and asks `score` for the rest.
 * @param windows whose losses were measured, in the order of the parts
 */
export async function takingKnown(
  ledger: Ledger,
  windows: readonly Window[],
  score: ScoreWindows,
): Promise<ScoreWindows> {
  const places = new Map<string, { part: number; id: string }>();
  for (const part of lossParts(windows)) {
    // Losses that were measured by an earlier version have no statistics beside them.
    if ((await ledger.inspect(partName(part), 'size')).status !== 'done') continue;
    for (const { windowId: id, tokenIds } of windowsOf(windows, part)) places.set(keyOf(tokenIds), { part, id });
  }
  return async (request, signal) => {
    const asked = windowsIn(request);
    const known = await Promise.all(asked.map(async (ids) => rowsOf(ledger, places.get(keyOf(ids)))));
    const rest = known.flatMap((rows, window) => (rows ? [] : [window]));
    const found =
      rest.length === 0
        ? []
        : await score(only(request, asked, rest), signal).catch((error: unknown) => {
            throw renamed(error, (place) => rest[place]);
          });
    const layers = request.layers.length;
    return known.flatMap((rows, window) => {
      const at = rest.indexOf(window) * layers;
      return rows ?? found.slice(at, at + layers);
    });
  };
}

const keyOf = ({ buffer, byteOffset, byteLength }: Int32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('base64');

/** Rows of a window, layers ascending. */
async function rowsOf(ledger: Ledger, place?: { part: number; id: string }): Promise<NativeStats[] | undefined> {
  if (!place) return undefined;
  const rows: NativeStats[] = [];
  for await (const { windowId, docId: _, domain: __, ...statistics } of readScores(ledger.file(partName(place.part)))) {
    if (windowId === place.id) rows.push(statistics);
  }
  return rows;
}

function windowsIn({ ids, lengths }: NativeScoreRequest): Int32Array[] {
  let at = 0;
  return Array.from(lengths, (length) => ids.subarray(at, (at += length)));
}

/** The request for some of its windows. */
function only(
  request: NativeScoreRequest,
  windows: readonly Int32Array[],
  some: readonly number[],
): NativeScoreRequest {
  return {
    ...request,
    ids: Int32Array.from(some.flatMap((window) => [...windows[window]!])),
    lengths: Int32Array.from(some, (window) => request.lengths[window]!),
    k: Int32Array.from(some, (window) => request.k[window]!),
  };
}
