// The report on a selection: what its cut removes, by domain, source and length of the document, and how kept and removed text differ.
//
// Counts are of all windows. Text is read again from the corpus, so it is looked at in a sample: a share of a thousand windows is good
// to three percent.
import path from 'node:path';
import { LongattnError } from '../../base/errors.js';
import type { OnProgress } from '../../base/events.js';
import type { TextOf, TextRequest } from '../../windows/document-text.js';
import { hash32 } from '../../base/random.js';
import { writeTextAtomically } from '../../io/atomic-file.js';
import type { Run } from '../../run/directory.js';
import { partName } from '../../run/ledger.js';
import { RemovalReport, type DomainRemoval } from './removal-report.js';
import { SmallestSample } from '../../base/smallest.js';
import { documentOf } from '../../base/window-id.js';
import { JoinedWindows } from '../joined-windows.js';
import { textStatistics, type TextStatistics } from './text-statistics.js';
import { SELECTION, type SelectionResult } from '../select-windows.js';

/** Kept windows of a domain, and as many removed ones, whose text is looked at. */
const SAMPLED = 1000;

export interface RemovalOptions {
  /** Tokens of a window. */
  window: number;
  seed: number;
  textOf: TextOf;
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

export interface RemovalResult {
  domains: DomainRemoval[];
  /** Path of removal.json. */
  path: string;
}

/** A row of the windows with what became of it. */
interface Judged extends TextRequest {
  part: number;
  row: number;
  domain: string;
  source: string;
  tokenStart: number;
  selected: boolean;
}

/** selection/removal.json; of a named selection NAME.removal.json. */
export function removalPath(run: Run, name = SELECTION): string {
  return path.join(run.dir, SELECTION, name === SELECTION ? 'removal.json' : `${name}.removal.json`);
}

/**
 * Write selection/removal.json. Where the corpus cannot be read any more, the report has no texts, and a warning says so.
 * @throws LongattnError SELECTION_STALE, PART_MISSING, ROWS_MISSING, and those of the disk
 */
export async function reportRemoval(
  run: Run,
  selection: SelectionResult,
  options: RemovalOptions,
): Promise<RemovalResult> {
  const report = new RemovalReport(options.window);
  const sample = await countWindows(run, selection.path, report, options);
  try {
    const texts = await readTexts(sample, options);
    sample.forEach(({ domain, selected }, i) => report.addText(domain, selected, texts[i]!));
  } catch (error) {
    if (!(error instanceof LongattnError) || options.signal?.aborted) throw error;
    const message = `the report on the selection has no texts: ${error.message}`;
    options.onProgress?.({ type: 'warning', code: error.code, message });
  }
  const domains = report.result();
  const { sha256 } = await selection.ledger.require(selection.name, 'size');
  const file = removalPath(run, selection.name);
  const content = { selection: sha256, window: options.window, seed: options.seed, domains };
  await writeTextAtomically(file, `${JSON.stringify(content, null, 1)}\n`, run.windows.fs);
  return { domains, path: file };
}

/** Returns the windows whose text is wanted, in their order. */
async function countWindows(
  run: Run,
  selectionPath: string,
  report: RemovalReport,
  { window, seed, signal }: RemovalOptions,
): Promise<Judged[]> {
  const samples = new Map<string, SmallestSample<Judged>>();
  let document: Judged[] = [];
  const endDocument = (): void => {
    // The last window of a document ends where it does.
    const documentTokens = document.reduce((end, { tokenStart }) => Math.max(end, tokenStart + window), 0);
    for (const judged of document) report.add({ ...judged, documentTokens });
    document = [];
  };
  for await (const judged of judgedWindows(run, selectionPath, signal)) {
    if (document.length > 0 && !sameDocument(judged, document[0]!)) endDocument();
    document.push(judged);
    if (judged.charEnd === judged.charStart) continue;
    const group = `${judged.selected ? 1 : 0} ${judged.domain}`;
    let sample = samples.get(group);
    if (!sample) samples.set(group, (sample = new SmallestSample(SAMPLED)));
    sample.offer(hash32(seed, judged.windowId), judged.windowId, () => judged);
  }
  endDocument();
  const order = [...samples.values()].flatMap((sample) => sample.items());
  return order.sort((a, b) => a.part - b.part || a.row - b.row);
}

function sameDocument(a: Judged, b: Judged): boolean {
  return a.part === b.part && documentOf(a.windowId) === documentOf(b.windowId);
}

async function* judgedWindows(run: Run, selectionPath: string, signal?: AbortSignal): AsyncGenerator<Judged> {
  const { windows, manifest } = run;
  await using joined = await JoinedWindows.open(selectionPath, windows, ['selected']);
  for (let part = 0; part < manifest.parts; part++) {
    const { rows } = await windows.require(partName(part), 'size');
    for await (const { at, windowId, window, chosen } of joined.part(part, rows, NEEDED, signal)) {
      const { columns, row } = window;
      yield {
        ...{ part, row: at, windowId, selected: chosen.columns.selected[chosen.row] === 1 },
        domain: columns.domain.get(row),
        source: columns.source.get(row),
        charStart: columns.char_start[row]!,
        charEnd: columns.char_end[row]!,
        tokenStart: columns.token_start[row]!,
      };
    }
  }
}

const NEEDED = ['domain', 'source', 'char_start', 'char_end', 'token_start'] as const;

/** All of them, or none: a corpus that has changed on the way must not be in the report. */
async function readTexts(sample: readonly Judged[], { textOf, signal }: RemovalOptions): Promise<TextStatistics[]> {
  const texts: TextStatistics[] = [];
  for (let start = 0; start < sample.length;) {
    const { part } = sample[start]!;
    let end = start;
    while (end < sample.length && sample[end]!.part === part) end++;
    for await (const text of textOf(part, sample.slice(start, end), signal)) texts.push(textStatistics(text));
    start = end;
  }
  return texts;
}
