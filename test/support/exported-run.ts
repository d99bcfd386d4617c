// A small run of two domains from text to selection, ready to be exported; one of its parts has no windows.
import { DocumentDigest, textFromDocuments, type TextOf } from '../../src/windows/document-text.js';
import type { Document } from '../../src/base/records.js';
import { windowRow } from '../../src/arrow/rows.js';
import { WINDOW_COLUMNS } from '../../src/arrow/schema.js';
import { writeArrowPart } from '../../src/run/arrow-part.js';
import { openRun, type Run } from '../../src/run/directory.js';
import { partName } from '../../src/run/ledger.js';
import { scoreParts } from '../../src/scoring/score-parts.js';
import { selectWindows, type SelectionResult, type SelectionSettings } from '../../src/selection/select-windows.js';
import { WINDOW, scoreOptions } from './made-run.js';
import { asyncOf, cutDocument, madeDocument } from './made-text.js';

export const SETTINGS: SelectionSettings = {
  score: 'longattn',
  alpha: 0.5,
  std: 'zscore',
  heads: 'all',
  keep: 0.4,
  maxOverlap: 1,
};

export type TextDocument = Document & { text: string };

export const CORPUS: TextDocument[][] = [
  [1, 2, 3].map((row) => madeDocument('books/a.jsonl', row, 150 * row)),
  [madeDocument('short.jsonl', 1, 5)],
  [1, 2].map((row) => madeDocument('code.jsonl', row, 400 * row, 'code')),
];

export interface MadeExport {
  run: Run;
  selection: SelectionResult;
  textOf: TextOf;
}

export async function makeSelectedRun(
  dir: string,
  settings: Partial<SelectionSettings> = {},
  corpus = CORPUS,
): Promise<MadeExport> {
  const run = await openRun(dir, {
    stages: { windows: { window: WINDOW }, scores: { k: 'quarter', model: 'synthetic' } },
    versions: { longattn: '0.1.0' },
    freeze: async () => ({ inputs: [], parts: corpus.length }),
  });
  for (const [part, documents] of corpus.entries()) {
    const digest = new DocumentDigest();
    documents.forEach((document) => digest.update(document));
    const rows = documents.flatMap((document) => cutDocument(document, WINDOW)).map(windowRow);
    const entry = () => ({ counts: { windows: rows.length }, digest: digest.hex() });
    await writeArrowPart(run.windows, partName(part), { columns: WINDOW_COLUMNS, rows, entry });
  }
  await scoreParts(scoreOptions(run));
  const selection = await selectWindows(run, { ...SETTINGS, ...settings });
  return { run, selection, textOf: textOfCorpus(run, corpus) };
}

export function textOfCorpus(run: Run, corpus: readonly TextDocument[][]): TextOf {
  return textFromDocuments(
    (part) => asyncOf(corpus[part]!),
    async (part) => (await run.windows.require(partName(part))).digest,
  );
}
