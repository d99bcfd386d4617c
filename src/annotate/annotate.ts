// `longattn annotate RUN`: a row for every row of the corpus, beside it in Parquet, with what its windows scored.
//
// Rows without a window, and rows that were refused, are there too: in the order of the source nothing is missing, so a join is a zip.
import path from 'node:path';
import type { Columns } from '../arrow/schema.js';
import type { Value } from '../arrow/values.js';
import { dataError, invalid, LongattnError } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { version } from '../base/version.js';
import { missingDocuments } from '../documents/documents-part.js';
import { readDocuments, type ListedDocument } from '../documents/read-documents.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import { requireOurFolder } from '../io/our-folder.js';
import { replaceFolder } from '../io/replace-folder.js';
import { ANNOTATE, type AnnotateOptions } from '../options/annotate-options.js';
import { parseRows } from '../options/parse-rows.js';
import { completeDocuments } from '../pipeline/complete-documents.js';
import { keptColumnsOfRun } from '../pipeline/kept-columns-of-run.js';
import { prepare, resolveSpec } from '../pipeline/prepare.js';
import { parseAsked } from '../report/gather.js';
import { readChosen, settingsOf, type Chosen } from '../report/read-selection.js';
import { loadRun, type Run } from '../run/directory.js';
import { readCounts } from '../selection/read-counts.js';
import { scoreWindows, SELECTION } from '../selection/select-windows.js';
import type { AnnotationCell } from './annotation-file.js';
import type { AnnotatedFile } from './annotated-file.js';
import { AnnotationFolder } from './annotation-folder.js';
import { annotationCard } from './card.js';
import { aggregate } from './document-scores.js';

/** What tells an annotation of ours from somebody's folder. */
const MARK = 'annotation.json';

export interface AnnotateResult {
  folder: string;
  files: AnnotatedFile[];
  /** Rows of the corpus: documents, and what was refused. */
  rows: number;
  /** Documents with a window. */
  documents: number;
  tooShort: number;
  refused: number;
}

/** Values of a score a window, in the order of the run. */
interface Scored {
  name: string;
  values: Float64Array;
}

/**
 * Write the annotation of a run that has a selection. A run from before there was a list of documents gets it first, by one pass over
 * its corpus.
 * @param dir the run directory
 * @throws LongattnError SELECTION_MISSING, SELECTION_STALE, FOLDER_IN_USE, CORPUS_CHANGED and INPUT_MISSING for an older run, those of
 *   `KeptColumns` with keepColumns, those of scores and of the disk
 */
export async function annotate(dir: string, options: AnnotateOptions = {}, hooks: Hooks = {}): Promise<AnnotateResult> {
  const { output, scores: more = [], keepColumns } = parseRows(ANNOTATE, { ...options });
  const run = await loadRun(dir);
  const { fs } = run.windows;
  const folder = path.resolve(output ?? path.join(dir, 'annotation'));
  await requireOurFolder(folder, MARK, fs);
  const { chosen, scores } = await scoresOf(run, more, hooks);
  const { parts, inputs } = run.manifest;
  if ((await missingDocuments(run.windows, parts)).length > 0) {
    await completeDocuments(await prepare({ output: dir }, hooks), hooks);
  }
  const library = await import('parquet-wasm');
  const columns = columnsOf(scores);
  const source = keepColumns && (await keptOf(run, keepColumns, columns, hooks));
  const kept = source?.fields ?? [];
  const result = await replaceFolder(
    folder,
    async (draft) => {
      const writer = new AnnotationFolder(draft, columns, kept, inputs, library, fs);
      try {
        const counted = await writeRows(run, writer, scores, chosen, source, hooks);
        const files = await writer.finish();
        const { settings } = chosen;
        const texts = {
          'README.md': annotationCard({ columns: Object.keys(columns), kept, files, version }),
          [MARK]: `${JSON.stringify({ version, run: run.manifest.specHash, settings, ...(keepColumns && { keepColumns }), ...counted, files }, null, 2)}\n`,
        };
        for (const [name, text] of Object.entries(texts)) await writeTextAtomically(path.join(draft, name), text, fs);
        return { files, ...counted };
      } catch (error) {
        await writer.abandon();
        throw error;
      }
    },
    fs,
  ).finally(() => source?.close());
  return { folder, ...result };
}

type Kept = Awaited<ReturnType<typeof keptColumnsOfRun>>;

async function keptOf(run: Run, names: readonly string[], columns: Columns, { signal }: Hooks): Promise<Kept> {
  const { spec } = await resolveSpec({ output: run.dir });
  const source = await keptColumnsOfRun(run, spec, names, signal);
  const taken = source.fields.map(({ name }) => name).filter((name) => Object.hasOwn(columns, name));
  if (taken.length === 0) return source;
  const others = source.fields.map(({ name }) => name).filter((name) => !taken.includes(name));
  const such = others.length > 0 ? `: ${others.join()}` : '';
  throw invalid('keepColumns', taken.join(), `columns that no column of the annotation is named as${such}`);
}

async function scoresOf(
  run: Run,
  more: readonly string[],
  hooks: Hooks,
): Promise<{ chosen: Chosen; scores: Scored[] }> {
  const file = path.join(run.dir, SELECTION, `${SELECTION}.arrow`);
  const settings = await settingsOf(run, file);
  const { windows, manifest } = run;
  const window = Number(manifest.spec['window']);
  const { table } = await readCounts({ windows, parts: manifest.parts, window, ...hooks }, []);
  const chosen = await readChosen(run, file, table, settings);
  // The score of a selection of documents is theirs, not that of their windows.
  const ofWindows = settings.unit !== 'document';
  const scores: Scored[] = ofWindows ? [{ name: settings.score, values: chosen.score }] : [];
  for (const asked of ofWindows ? more : [settings.score, ...more]) {
    if (scores.some(({ name }) => name === asked)) continue;
    const { name: score, layer = settings.layer } = parseAsked(asked);
    const { values } = await scoreWindows(run, { ...settings, score, layer }, hooks);
    if (values.length !== table.length) {
      throw dataError('SCORES_STALE', `The scores of ${run.dir} do not belong to its windows. Score again.`);
    }
    scores.push({ name: asked, values });
  }
  return { chosen, scores };
}

function columnsOf(scores: readonly Scored[]): Columns {
  const fixed: Columns = {
    ...{ id: 'utf8', source: 'utf8', row: 'int32', length: 'int32', windows: 'int32', kept: 'float64' },
  };
  const own: Columns = Object.fromEntries(
    scores.flatMap(({ name }) => ['mean', 'max', 'min'].map((of) => [`${name}_${of}`, 'float64' as const])),
  );
  return { ...fixed, ...own, reason: 'utf8' };
}

async function writeRows(
  run: Run,
  writer: AnnotationFolder,
  scores: readonly Scored[],
  { kept }: Chosen,
  columns: Kept | undefined,
  { signal, onProgress }: Hooks,
): Promise<Omit<AnnotateResult, 'folder' | 'files'>> {
  const { windows, manifest } = run;
  const counted = { rows: 0, documents: 0, tooShort: 0, refused: 0 };
  let [first, part] = [0, 0];
  onProgress?.({ type: 'stage-start', stage: 'annotation', parts: manifest.parts, done: 0 });
  for await (const document of readDocuments({ windows, parts: manifest.parts }, { signal })) {
    if (document.part > part) {
      part = document.part;
      onProgress?.({ type: 'progress', stage: 'annotation', unit: 'parts', completed: part, total: manifest.parts });
    }
    const { source, row, rows, docId, tokens, reason } = document;
    const end = first + document.windows;
    const numbers = numbersOf(scores, kept, first, end);
    const isRefused = docId === '';
    const [id, length] = isRefused ? [null, null] : [docId, tokens];
    for (let at = row; at < row + rows; at++) {
      signal?.throwIfAborted();
      const values = columns ? await valuesAt(columns, document, at) : [];
      await writer.push(source, at, [id, source, at, length, document.windows, ...numbers, reason || null], values);
    }
    counted.rows += rows;
    if (isRefused) counted.refused += rows;
    else if (document.windows === 0) counted.tooShort++;
    else counted.documents++;
    first = end;
  }
  if (first !== kept.length)
    throw new LongattnError('SELECTION_STALE', `The selection of ${run.dir} has other windows.`);
  onProgress?.({ type: 'stage-done', stage: 'annotation', counts: counted });
  return counted;
}

/** A row that was refused may be one that cannot be read: its cells are null then. */
async function valuesAt(columns: Kept, { source, docId }: ListedDocument, row: number): Promise<readonly Value[]> {
  try {
    return await columns.valuesAt(source, row);
  } catch (error) {
    if (docId !== '' || (error as LongattnError).code !== 'COLUMN_UNREADABLE') throw error;
    return columns.fields.map(() => null);
  }
}

/** The share of the windows that was kept, and three numbers a score; null where there is no window. */
function numbersOf(scores: readonly Scored[], kept: Uint8Array, start: number, end: number): AnnotationCell[] {
  if (start === end) return [null, ...scores.flatMap(() => [null, null, null])];
  const values = scores.flatMap((score) => {
    const { mean, max, min } = aggregate(score.values, start, end);
    return [mean, max, min];
  });
  return [aggregate(kept, start, end).mean, ...values];
}
