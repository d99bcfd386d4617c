// The export stage: the kept windows with their source text as a data set for trainers. Done again only when its content would differ.
import path from 'node:path';
import { z } from 'zod';
import { dataError } from '../base/errors.js';
import type { OnProgress } from '../base/events.js';
import { dataCard } from './data-card.js';
import type { TextOf } from '../windows/document-text.js';
import { keptDocuments } from './kept-documents.js';
import { keptWindows } from './kept-windows.js';
import { replaceFolder } from '../io/replace-folder.js';
import type { ExportFile, ExportFormatRow, FormatSettings } from './formats/format.js';
import type { ExportFormat } from '../options/export-formats.js';
import { EXPORT_FORMATS } from './formats/index.js';
import { Provenance } from './formats/provenance.js';
import { withKept } from './formats/table-columns.js';
import { checkExport } from './check-export.js';
import { requireKeepable, withKeptCells, type KeptSource } from './kept-columns.js';
import { ArrowFile } from '../arrow/file.js';
import type { Row } from '../arrow/rows.js';
import type { Columns } from '../arrow/schema.js';
import { SELECTION_COLUMNS } from '../arrow/schema.js';
import { makeFolder } from '../io/make-folder.js';
import { requireOurFolder } from '../io/our-folder.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { hashJson, type JsonObject } from '../io/canonical-json.js';
import type { Run } from '../run/directory.js';
import { kernelsOf } from '../run/kernel.js';
import { ifExists, type FileSystem } from '../io/file-system.js';
import type { LedgerCheck } from '../run/ledger.js';
import { version } from '../base/version.js';
import type { SelectionResult } from '../selection/select-windows.js';

/** The file that every export has: what a folder without it holds is the user's, and stays. */
const EXPORT_RECORD = 'longattn.json';

export interface ExportOptions {
  format: ExportFormat;
  settings?: FormatSettings;
  textOf: TextOf;
  /** Finds the columns that `settings.keepColumns` names. */
  keptColumns?: () => Promise<KeptSource>;
  /** Name of the tokenizer, for indexes that keep one. Default `longattn`. */
  tokenizer?: string;
  /** Default RUN/export. */
  folder?: string;
  /** A file ends with the row that reaches this. Default: as the format's users split. */
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
  files: ExportFile[];
  /** False when the folder held just this already. */
  written: boolean;
}

/**
 * Does an export read the texts of the corpus? Token files and tables of ids are made from the windows alone.
 * @param columns what `checkExport` gives
 */
export function readsTexts(format: ExportFormat, columns: Columns): boolean {
  return EXPORT_FORMATS[format].idsColumn !== undefined && 'text' in columns;
}

/**
 * @throws LongattnError those of `checkExport`; NOTHING_SELECTED, CORPUS_CHANGED, COLUMN_TYPE, COLUMN_UNREADABLE, FOLDER_IN_USE, PART_CHANGED, and those of the disk; on any error the folder stays as it was
 */
export async function exportWindows(
  run: Run,
  selection: SelectionResult,
  options: ExportOptions,
): Promise<ExportResult> {
  const { format, settings = {}, textOf, tokenizer = 'longattn', signal, onProgress } = options;
  const row = EXPORT_FORMATS[format];
  const ownColumns = checkExport(format, settings);
  const shardBytes = options.shardBytes ?? row.shardBytes;
  const { fs } = run.windows;
  const folder = options.folder ?? path.join(run.dir, 'export');
  const record = await selection.ledger.require(selection.name);
  const whole = selection.settings['unit'] === 'document';
  const total = record.counts[whole ? 'documents' : 'kept']!;
  if (total === 0)
    throw dataError(
      'NOTHING_SELECTED',
      'Nothing was kept, so there is nothing to export. Raise --keep or --keep-tokens.',
    );
  const given: JsonObject = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  const asked = { format, shardBytes, tokenizer, settings: given };
  const key = hashJson({ selection: record.sha256, windows: run.windows.specHash, ...asked, version });
  const present = await readRecord(folder, fs);
  if (present?.key === key) return { folder, rows: present.rows, files: present.files, written: false };

  await requireOurFolder(folder, EXPORT_RECORD, fs);
  const rows = (whole ? keptDocuments : keptWindows)({
    windows: run.windows,
    parts: run.manifest.parts,
    selectionPath: selection.path,
    textOf: readsTexts(format, ownColumns) ? textOf : noTexts,
    check: options.check,
    signal,
  });
  const source = settings.keepColumns && (await options.keptColumns?.());
  const kept = source?.fields ?? [];
  const columns = withKept(ownColumns, kept);
  requireKeepable(row, kept);
  const files = await replaceFolder(
    folder,
    async (draft) => {
      const context = { columns, kept, metadata: {}, settings, shardBytes, fingerprint: key, tokenizer, fs };
      const counted = withProgress(
        source ? withKeptCells(rows, source) : rows,
        whole ? 'documents' : 'windows',
        total,
        signal,
        onProgress,
      );
      const files = await writeTraced(row, counted, { ...context, folder: draft });
      const texts = {
        'README.md': dataCard({
          format,
          idsColumn: settings.idsColumn,
          keptColumns: kept,
          version,
          scores: { ...(await scoresMetadata(selection.path, fs)), ...mixed(await kernelsOf(run)) },
          ...selection,
        }),
        [EXPORT_RECORD]: `${JSON.stringify({ key, rows: total, files }, null, 2)}\n`,
      };
      for (const [name, text] of Object.entries(texts)) await writeTextAtomically(path.join(draft, name), text, fs);
      return files;
    },
    fs,
  ).finally(() => source?.close());
  return { folder, rows: total, files, written: true };
}

/** A table of scores names the kernel of its first part: a run that was let mix kernels tells all. */
function mixed(kernels: readonly string[]): Record<string, string> {
  if (kernels.length < 2) return {};
  return { kernel: `${kernels.join(', ')} (mixed: the last digits of a score depend on the part's)` };
}

/** A table without the ids of its windows has its provenance in a folder beside it. */
async function writeTraced(
  format: ExportFormatRow,
  rows: AsyncIterable<Row>,
  context: Parameters<ExportFormatRow['write']>[1],
): Promise<ExportFile[]> {
  if (format.idsColumn === undefined || 'window_id' in context.columns) return format.write(rows, context);
  const name = 'provenance';
  const folder = path.join(context.folder, name);
  await makeFolder(folder, context.fs);
  const provenance = await Provenance.open(folder, { ...context, kept: [] });
  try {
    const files = await format.write(through(rows, provenance), context);
    const file = await provenance.finish();
    return [...files, { ...file, name: `${name}/${file.name}` }];
  } catch (error) {
    await provenance.abandon();
    throw error;
  }
}

async function* through(rows: AsyncIterable<Row>, provenance: Provenance): AsyncGenerator<Row, void, undefined> {
  for await (const row of rows) {
    await provenance.push(row);
    yield row;
  }
}

/** For formats of ids alone: the corpus is not read again. */
async function* noTexts(_part: number, requests: readonly unknown[]): AsyncGenerator<string, void, undefined> {
  for (let i = 0; i < requests.length; i++) yield '';
}

async function* withProgress(
  rows: AsyncIterable<Row>,
  unit: 'windows' | 'documents',
  total: number,
  signal?: AbortSignal,
  onProgress?: OnProgress,
): AsyncGenerator<Row, void, undefined> {
  let completed = 0;
  for await (const row of rows) {
    signal?.throwIfAborted();
    yield row;
    onProgress?.({ type: 'progress', stage: 'export', unit, completed: ++completed, total });
  }
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
