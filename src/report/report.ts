// `longattn report RUN`: a folder with a page that shows why windows were chosen. It opens from a disk and asks nobody for anything.
//
// Made from the run's files alone but for the texts, which come from the corpus; where that is gone, the page has none and says so.
import path from 'node:path';
import { LongattnError, show } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { version } from '../base/version.js';
import { documentOf } from '../base/window-id.js';
import { ifExists, type FileSystem } from '../io/file-system.js';
import { replaceFolder } from '../io/replace-folder.js';
import { parseRows } from '../options/parse-rows.js';
import { REPORT, type ReportOptions } from '../options/report-options.js';
import { loadPlan } from '../pipeline/plan-run.js';
import { resolveSpec } from '../pipeline/prepare.js';
import { textOfRun } from '../pipeline/text-of-run.js';
import { loadRun, type Run } from '../run/directory.js';
import { selectionFile } from '../selection/select-windows.js';
import type { WindowTable } from '../selection/window-table.js';
import { readAgainst, type Against } from './against.js';
import { chooseTexts } from './choose-texts.js';
import { gather, parseAsked, type Gathered } from './gather.js';
import { overviewOf } from './overview.js';
import { PageFolder } from './page-folder.js';
import type { PageControlTexts, PageEvidence, PageHeads, PageMeta, PageScore, PageText } from './page-data.js';
import { readControlTexts } from './read-cases.js';
import { readEvidence } from './read-evidence.js';
import { readTexts } from './read-texts.js';
import { tokenizerOfHeat } from './tokenizer-of-run.js';
import { verdictOf } from './verdict.js';

const MOST_TEXT_BYTES = 200e6;
/** A chunk is loaded when a text of it is looked at. */
const CHUNK_BYTES = 1e6;
const ID_ROWS = 1 << 16;
/** What tells a page of ours from somebody's folder. */
export const MARK = path.join('data', 'meta.js');

export interface ReportResult {
  /** Path of index.html. */
  page: string;
  windows: number;
  /** Windows whose text is in the page. */
  texts: number;
  bytes: number;
}

/**
 * Write the page of a run that has a selection.
 * @param dir the run directory
 * @throws LongattnError SELECTION_MISSING, SELECTION_STALE, EVIDENCE_UNREADABLE, FOLDER_IN_USE, PAGE_NOT_BUILT, those of scores and of the disk
 */
export async function report(dir: string, options: ReportOptions = {}, hooks: Hooks = {}): Promise<ReportResult> {
  const parsed = parseRows(REPORT, { ...options });
  const run = await loadRun(dir);
  const { fs } = run.windows;
  const target = path.resolve(parsed.output ?? path.join(dir, 'report'));
  await requireOurs(target, fs);
  const gathered = await gather(run, selectionFile(dir), parsed.scores ?? [], hooks);
  const { against } = parsed;
  const other = against === undefined ? undefined : await readAgainst(dir, against, gathered.table, fs);
  const evidence = parsed.evidence === undefined ? undefined : await readEvidence(parsed.evidence);
  const result = await replaceFolder(
    target,
    async (folder) => {
      const page = new PageFolder(folder, fs);
      await page.begin();
      const { texts, note, meta } = await writeTexts(page, run, gathered, parsed, hooks);
      await writeColumns(page, gathered);
      await page.json('overview', overviewOf(gathered));
      if (other) await writeAgainst(page, other);
      if (evidence) await writeEvidence(page, parsed.evidence!, evidence, parsed.noText);
      const compare = other && { compare: other.compare };
      await page.json('meta', {
        ...metaOf(dir, run, gathered),
        ...meta,
        ...compare,
        ...(evidence && { evidence: true, scores: withVerdicts(gathered, evidence) }),
        texts: { ...meta.texts, ...note },
      });
      return { texts, bytes: page.bytes };
    },
    fs,
  );
  return { page: path.join(target, 'index.html'), windows: gathered.table.length, ...result };
}

async function requireOurs(target: string, fs: FileSystem): Promise<void> {
  const entries = await ifExists(fs.readdir(target));
  if (!entries || entries.length === 0 || (await ifExists(fs.stat(path.join(target, MARK))))) return;
  throw new LongattnError(
    'FOLDER_IN_USE',
    `${show(target)} holds files that are no page of longattn. Choose another folder with --output.`,
  );
}

function metaOf(dir: string, run: Run, gathered: Gathered): Omit<PageMeta, 'texts'> {
  const { table, chosen, scores, shown, settings, k, layer } = gathered;
  const { model } = run.manifest.spec;
  return {
    ...{ format: 1, version, run: dir, windows: table.length, window: table.window },
    ...(k !== undefined && { k }),
    ...(layer !== undefined && { layer }),
    ...(typeof model === 'string' && { model }),
    ...{ domains: table.domainNames, reasons: chosen.reasons, scores, columns: shown, settings },
    ...{ repeats: true, idRows: ID_ROWS },
  };
}

async function writeColumns(page: PageFolder, { table, chosen, columns }: Gathered): Promise<void> {
  const { length } = table;
  for (const [name, values] of columns) await page.column(name, values.subarray(0, length));
  await page.column('score', chosen.score);
  await page.column('domain', table.domains.subarray(0, length));
  await page.column('document', table.documents.subarray(0, length));
  await page.column('start', table.starts.subarray(0, length));
  await page.column('rank', chosen.rank);
  await page.column('reason', chosen.reason);
  await page.column('order', orderOfIds(table));
  for (let first = 0; first < length; first += ID_ROWS) {
    const ids: string[] = [];
    let last = '';
    // Windows of a document share its key: only the first of them names it.
    for (let at = first; at < Math.min(length, first + ID_ROWS); at++) {
      const id = table.ids.get(at);
      const key = documentOf(id);
      ids.push(key === last ? id.slice(key.length) : id);
      last = key;
    }
    await page.json(`ids-${first / ID_ROWS}`, ids);
  }
}

async function writeAgainst(page: PageFolder, { rank, kept, score }: Against): Promise<void> {
  await page.column('against_rank', rank);
  await page.column('against_kept', kept);
  await page.column('against_score', score);
}

async function writeEvidence(page: PageFolder, check: string, evidence: PageEvidence, noText: boolean): Promise<void> {
  const texts: PageControlTexts = noText
    ? { tokens: 0, pairs: [], note: NO_TEXT }
    : await readControlTexts(check, evidence);
  await page.json('evidence', evidence);
  await page.json('controls', texts);
}

function withVerdicts({ scores, layer, k }: Gathered, evidence: PageEvidence): PageScore[] {
  return scores.map((score) => {
    const { name, layer: own = layer } = parseAsked(score.name);
    return { ...score, verdict: verdictOf({ score: name, layer: own, k }, evidence) };
  });
}

/** The place of each window among all by its id: what ties are broken by, without the ids. */
function orderOfIds({ ids, length }: WindowTable): Uint32Array {
  const sorted = Uint32Array.from({ length }, (_, i) => i).sort((a, b) => ids.compare(a, b));
  const order = new Uint32Array(length);
  for (let i = 0; i < length; i++) order[sorted[i]!] = i;
  return order;
}

interface Written {
  texts: number;
  note: { note?: string };
  meta: Pick<PageMeta, 'texts' | 'noHeat' | 'heads'>;
}

async function writeTexts(
  page: PageFolder,
  run: Run,
  { table, chosen, layer }: Gathered,
  { texts: perDomain, noText }: { texts: number; noText: boolean },
  hooks: Hooks,
): Promise<Written> {
  const rows = chooseTexts(table, chosen.rank, chosen.kept, perDomain);
  const { spec } = await resolveSpec({ output: run.dir });
  const parts = await loadPlan(run, spec, hooks.signal);
  const { tokenizer, reason } = noText ? { reason: NO_TEXT } : await tokenizerOfHeat(run);
  const sources = new Map<string, number>();
  const source = new Uint32Array(table.length);
  let at = 0;
  const onSource = (name: string): void => {
    let index = sources.get(name);
    if (index === undefined) sources.set(name, (index = sources.size));
    source[at++] = index;
  };
  const means = new HeadMeans(table.domainNames.length);
  const places: [row: number, chunk: number][] = [];
  let [chunk, size, total, stored, full] = [0, 0, 0, 0, false];
  let pending: PageText[] = [];
  const flush = async (): Promise<void> => {
    if (pending.length > 0) await page.json(`text-${chunk++}`, pending);
    [pending, size] = [[], 0];
  };
  const textOf = textOfRun({ run, parts, spec });
  for await (const window of readTexts(run, {
    ...{ chosen: rows, layer, text: !noText, textOf, tokenizer, onSource, ...hooks },
    onHeads: (row, heads) => means.add(table.domains[row]!, heads),
  })) {
    const bytes = Buffer.byteLength(JSON.stringify(window));
    full ||= total + bytes > MOST_TEXT_BYTES;
    const one = full ? withoutText(window) : window;
    const own = full ? 300 : bytes;
    if (size > 0 && size + own > CHUNK_BYTES) await flush();
    if (one.text !== '') stored++;
    pending.push(one);
    places.push([window.row, chunk]);
    size += own;
    total += own;
  }
  await flush();
  await page.json('texts', places);
  await page.column('source', source);
  await page.json('sources', [...sources.keys()]);
  const note = noText
    ? 'the page was made without text (--no-text)'
    : full
      ? 'the page holds 200 MB of text, which is the most'
      : stored < places.length
        ? 'some texts could not be read from the corpus, or the corpus holds token ids alone'
        : undefined;
  return {
    texts: stored,
    note: note === undefined ? {} : { note },
    meta: {
      texts: { stored, windows: table.length, perDomain },
      ...(reason !== undefined && { noHeat: reason }),
      heads: means.result(),
    },
  };
}

function withoutText({ offsets: _, heat: __, ...window }: PageText): PageText {
  return { ...window, text: '' };
}

const NO_TEXT = 'The page was made without text.';

/** Mean and standard deviation of DS of each head over all windows of a domain. */
class HeadMeans {
  readonly #sums: { windows: number; sums: number[]; squares: number[] }[];

  constructor(domains: number) {
    this.#sums = Array.from({ length: domains }, () => ({ windows: 0, sums: [], squares: [] }));
  }

  add(domain: number, heads: Float64Array): void {
    const own = this.#sums[domain]!;
    own.windows++;
    for (const [head, value] of heads.entries()) {
      own.sums[head] = (own.sums[head] ?? 0) + value;
      own.squares[head] = (own.squares[head] ?? 0) + value * value;
    }
  }

  result(): PageHeads[] {
    return this.#sums.map(({ windows, sums, squares }) => {
      const mean = sums.map((sum) => sum / windows);
      return { mean, std: squares.map((sum, head) => Math.sqrt(Math.max(0, sum / windows - mean[head]! ** 2))) };
    });
  }
}
