// The other selection of a comparison: one that `select --name` kept in the same run, or that of another run of the same windows.
import path from 'node:path';
import { dataError, show } from '../base/errors.js';
import { ArrowFile } from '../arrow/file.js';
import { SELECTION_COLUMNS } from '../arrow/schema.js';
import { ifExists, type FileSystem } from '../io/file-system.js';
import { selectionFile } from '../selection/select-windows.js';
import type { WindowTable } from '../selection/window-table.js';
import type { PageCompare } from './page-data.js';

export interface Against {
  compare: PageCompare;
  /** By window of this run: rank in its domain there, 0 where the other selection lacks the window. */
  rank: Int32Array;
  /** 1 where it is kept there. */
  kept: Uint8Array;
  score: Float64Array;
}

/**
 * @param against a name of `select --name`, or a run directory
 * @throws LongattnError SELECTION_MISSING, SELECTION_STALE where no window is in both
 */
export async function readAgainst(
  dir: string,
  against: string,
  { ids, length }: Pick<WindowTable, 'ids' | 'length'>,
  fs: FileSystem,
): Promise<Against> {
  const file = await fileOf(dir, against, fs);
  await using opened = await ArrowFile.open(file, SELECTION_COLUMNS, fs);
  const rank = new Int32Array(length);
  const kept = new Uint8Array(length);
  const score = new Float64Array(length).fill(NaN);
  let places: Map<string, number> | undefined;
  const placeOf = (id: string): number | undefined => {
    places ??= new Map(Array.from({ length }, (_, row) => [ids.get(row), row]));
    return places.get(id);
  };
  let [next, found, others] = [0, 0, 0];
  for await (const { columns, rows } of opened.batches(['window_id', 'rank', 'selected', 'score'])) {
    for (let i = 0; i < rows; i++) {
      const id = columns.window_id.get(i);
      // Runs of the same corpus have their windows in the same order.
      const row = next < length && ids.get(next) === id ? next : placeOf(id);
      if (row === undefined) {
        others++;
        continue;
      }
      next = row + 1;
      found++;
      rank[row] = columns.rank[i]!;
      kept[row] = columns.selected[i]!;
      score[row] = columns.score[i]!;
    }
  }
  if (found === 0 && length > 0)
    throw dataError('SELECTION_STALE', `${file} has no window of this run. Compare runs of the same windows.`);
  const settings = JSON.parse(opened.metadata.get('selection') ?? '{}') as { score?: string };
  const missing = length - found + others;
  return { compare: { name: against, score: settings.score ?? 'longattn', missing }, rank, kept, score };
}

async function fileOf(dir: string, against: string, fs: FileSystem): Promise<string> {
  const named = /^[\w-]+$/.test(against) ? selectionFile(dir, against) : undefined;
  if (named !== undefined && (await ifExists(fs.stat(named)))) return named;
  const other = selectionFile(against);
  if (await ifExists(fs.stat(other)).catch(() => undefined)) return other;
  const kept = ((await ifExists(fs.readdir(path.dirname(selectionFile(dir))))) ?? []).flatMap((name) =>
    name.endsWith('.arrow') ? [name.slice(0, -'.arrow'.length)] : [],
  );
  throw dataError(
    'SELECTION_MISSING',
    `against must not be ${show(against)}: it is no selection of this run (there are ${kept.join(', ')}) and no run with one. Keep one with \`longattn select ${path.basename(dir)} --name ${named === undefined ? 'NAME' : against}\`.`,
  );
}
