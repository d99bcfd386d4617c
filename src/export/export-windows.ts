// The export stage: the kept windows with their source text as a data set for trainers. Done again only when its content would differ.
import path from 'node:path';
import { z } from 'zod';
import { dataError, environmentError } from '../base/errors.js';
import type { OnProgress } from '../base/events.js';
import { dataCard } from './data-card.js';
import type { TextOf } from '../windows/document-text.js';
import { hfFiles, hfMetadata } from './hf-files.js';
import { keptWindows } from './kept-windows.js';
import { replaceFolder } from '../io/replace-folder.js';
import { SHARD_BYTES, writeShards, type ExportFormat, type ShardFile } from './shards.js';
import { ArrowFile } from '../arrow/file.js';
import type { Row } from '../arrow/rows.js';
import { EXPORT_COLUMNS, SELECTION_COLUMNS } from '../arrow/schema.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { hashJson } from '../io/canonical-json.js';
import type { Run } from '../run/directory.js';
import { ifExists, type FileSystem } from '../io/file-system.js';
import { writeError } from '../io/io-error.js';
import type { LedgerCheck } from '../run/ledger.js';
import { version } from '../base/version.js';
import { SELECTION, type SelectionResult } from '../selection/select-windows.js';

/** The file that every export has: what a folder without it holds is the user's, and stays. */
const EXPORT_RECORD = 'longattn.json';

export interface ExportOptions {
  format: ExportFormat;
  textOf: TextOf;
  /** Default RUN/export. */
  folder?: string;
  /** A file ends with the row that reaches this. */
  shardBytes?: number;
  /** How parts of windows are looked at before they are trusted. Default sha256. */
  check?: LedgerCheck;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

const recordSchema = z.object({
  /** Hash of all that the content depends on. */
  key: z.string(),
  rows: z.int(),
  files: z.array(z.object({ name: z.string(), rows: z.int(), bytes: z.int(), sha256: z.string() })),
});

export interface ExportResult {
  folder: string;
  rows: number;
  files: ShardFile[];
  /** False when the folder held just this already. */
  written: boolean;
}

/**
 * @throws LongattnError NOTHING_SELECTED, CORPUS_CHANGED, FOLDER_IN_USE, PART_CHANGED, and those of the disk; on any error the folder stays as it was
 */
export async function exportWindows(
  run: Run,
  selection: SelectionResult,
  options: ExportOptions,
): Promise<ExportResult> {
  const { format, textOf, signal, onProgress, shardBytes = SHARD_BYTES } = options;
  const { fs } = run.windows;
  const folder = options.folder ?? path.join(run.dir, 'export');
  const record = await selection.ledger.require(SELECTION);
  const total = record.counts['kept']!;
  if (total === 0)
    throw dataError(
      'NOTHING_SELECTED',
      'No window was kept, so there is nothing to export. Raise --keep or --keep-tokens.',
    );
  const key = hashJson({ selection: record.sha256, windows: run.windows.specHash, format, shardBytes, version });
  const present = await readRecord(folder, fs);
  if (present?.key === key) return { folder, rows: present.rows, files: present.files, written: false };

  await requireOurs(folder, fs);
  const rows = keptWindows({
    windows: run.windows,
    parts: run.manifest.parts,
    selectionPath: selection.path,
    textOf,
    check: options.check,
    signal,
  });
  const metadata = format === 'jsonl' ? {} : hfMetadata(EXPORT_COLUMNS);
  const files = await replaceFolder(
    folder,
    async (draft) => {
      const counted = withProgress(rows, total, signal, onProgress);
      const shards = await writeShards(counted, {
        folder: draft,
        format,
        columns: EXPORT_COLUMNS,
        metadata,
        shardBytes,
        fs,
      });
      const texts = {
        ...(format === 'hf' ? hfFiles(EXPORT_COLUMNS, shards, key) : {}),
        'README.md': dataCard({ format, version, scores: await scoresMetadata(selection.path, fs), ...selection }),
        [EXPORT_RECORD]: `${JSON.stringify({ key, rows: total, files: shards }, null, 2)}\n`,
      };
      for (const [name, text] of Object.entries(texts)) await writeTextAtomically(path.join(draft, name), text, fs);
      return shards;
    },
    fs,
  );
  return { folder, rows: total, files, written: true };
}

async function* withProgress(
  rows: AsyncIterable<Row>,
  total: number,
  signal?: AbortSignal,
  onProgress?: OnProgress,
): AsyncGenerator<Row, void, undefined> {
  let completed = 0;
  for await (const row of rows) {
    signal?.throwIfAborted();
    yield row;
    onProgress?.({ type: 'progress', stage: 'export', unit: 'windows', completed: ++completed, total });
  }
}

async function requireOurs(target: string, fs: FileSystem): Promise<void> {
  const names = await ifExists(fs.readdir(target)).catch((error: unknown) => {
    throw writeError(error, target);
  });
  if (!names || names.length === 0 || names.includes(EXPORT_RECORD)) return;
  throw environmentError(
    'FOLDER_IN_USE',
    `${target} holds files that longattn did not write (${names.slice(0, 3).join(', ')}). Move them, or choose another output.`,
  );
}

/** The record of an export whose files are all there, with their sizes; undefined otherwise. */
async function readRecord(folder: string, fs: FileSystem): Promise<z.output<typeof recordSchema> | undefined> {
  const text = await ifExists(fs.readFile(path.join(folder, EXPORT_RECORD), 'utf8')).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const record = recordSchema.parse(JSON.parse(text));
    for (const { name, bytes } of record.files)
      if ((await fs.stat(path.join(folder, name))).size !== bytes) return undefined;
    return record;
  } catch {
    return undefined; // damaged, or a file is gone: it is written again
  }
}

async function scoresMetadata(selectionPath: string, fs: FileSystem): Promise<Record<string, string>> {
  await using file = await ArrowFile.open(selectionPath, SELECTION_COLUMNS, fs);
  return Object.fromEntries(file.metadata);
}
