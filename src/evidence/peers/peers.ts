// Scores of others, from their papers, measured beside ours: what they would keep, and what they cost. None is selected by: each needs
// the whole matrix of attention, or dozens of passes through the model, for a window.
//
// A part holds one score of a few windows, so that a peer that is asked for later is measured without the others, and a kill costs a
// few windows. LADM is cheap and is of all cases. ProLong is of the windows that the yardstick is of: the real ones, or all.
import { ArrowFile } from '../../arrow/file.js';
import type { Columns } from '../../arrow/schema.js';
import type { OnProgress } from '../../base/events.js';
import type { Window } from '../../base/records.js';
import { writeArrowPart } from '../../run/arrow-part.js';
import { partName, type Ledger } from '../../run/ledger.js';
import { cpuSeconds } from '../cost.js';
import type { WindowLosses } from '../losses.js';
import { LADM, ladm } from './ladm.js';
import { prolong } from './prolong.js';

export const PEERS = ['ladm', 'prolong'] as const;
export type PeerName = (typeof PEERS)[number];

/**
 * Block means of the attention of one window, mean over heads: a map [spans x spans], row-major, a layer, in their order.
 */
export type WindowMaps = (
  ids: Int32Array,
  layers: readonly number[],
  spans: number,
  signal?: AbortSignal,
) => Promise<ArrayLike<number>[]>;

/** Values of one peer, of one layer where it is one of a layer. */
export interface PeerColumn {
  score: PeerName;
  layer?: number;
  /** By id of the case; of some cases only. */
  values: Map<string, number>;
  /** CPU seconds a window. */
  seconds: number;
}

export interface PeerOptions {
  ledger: Ledger;
  layers: readonly number[];
  /** Opened when they are first needed. */
  maps: WindowMaps;
  losses: WindowLosses;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

const WINDOWS_A_PART = 4;
const COLUMNS = { case_id: 'utf8', layer: 'int32', value: 'float64', seconds: 'float64' } as const satisfies Columns;
type PeerRow = Record<keyof typeof COLUMNS, string | number>;

/** No layer. */
const NONE = -1;

/** @param windows those to be measured, in an order that does not change between attempts */
export async function measurePeer(
  name: PeerName,
  windows: readonly Window[],
  options: PeerOptions,
): Promise<PeerColumn[]> {
  const { ledger, signal, onProgress } = options;
  const columns = new Map<number, PeerColumn & { measured: number }>();
  for (let start = 0; start < windows.length; start += WINDOWS_A_PART) {
    signal?.throwIfAborted();
    const part = `${name}-${partName(start / WINDOWS_A_PART)}`;
    const some = windows.slice(start, start + WINDOWS_A_PART);
    if ((await ledger.inspect(part)).status !== 'done') {
      await writeArrowPart(ledger, part, { columns: COLUMNS, rows: rowsOf(name, some, options) });
    }
    for (const { case_id: id, layer, value, seconds } of await readPart(ledger.file(part))) {
      const own = layer === NONE ? {} : { layer };
      let column = columns.get(layer);
      if (!column) columns.set(layer, (column = { score: name, ...own, values: new Map(), seconds: 0, measured: 0 }));
      column.values.set(id, value);
      column.seconds += (seconds - column.seconds) / ++column.measured;
    }
    const completed = Math.min(windows.length, start + WINDOWS_A_PART);
    onProgress?.({ type: 'progress', stage: 'peers', unit: 'windows', completed, total: windows.length });
  }
  return [...columns.values()].map(({ measured: _, ...column }) => column);
}

/** Each layer by itself, so that its price is its own. */
async function* rowsOf(
  name: PeerName,
  windows: readonly Window[],
  { layers, maps, losses, signal }: PeerOptions,
): AsyncGenerator<PeerRow> {
  for (const { windowId, tokenIds } of windows) {
    const row = async (layer: number, value: () => Promise<number>): Promise<PeerRow> => {
      let found = NaN;
      const seconds = await cpuSeconds(async () => (found = await value()));
      return { case_id: windowId, layer, value: found, seconds };
    };
    if (name === 'prolong') {
      yield await row(NONE, () => prolong(tokenIds, losses, { signal }));
      continue;
    }
    const spans = Math.min(LADM.spans, tokenIds.length);
    for (const layer of layers) {
      yield await row(layer, async () =>
        ladm((await maps(tokenIds, [layer], spans, signal))[0]!, tokenIds.length, spans),
      );
    }
  }
}

async function readPart(path: string): Promise<{ case_id: string; layer: number; value: number; seconds: number }[]> {
  await using file = await ArrowFile.open(path, COLUMNS);
  const found = [];
  for await (const { columns, rows } of file.batches(['case_id', 'layer', 'value', 'seconds'])) {
    for (let row = 0; row < rows; row++) {
      found.push({
        case_id: columns.case_id.get(row),
        layer: columns.layer[row]!,
        value: columns.value[row]!,
        seconds: columns.seconds[row]!,
      });
    }
  }
  return found;
}
