// `longattn report RUN`: a folder with a page that shows why windows were chosen. It opens from a disk and asks nobody for anything.
//
// Made from the run's files alone but for the texts, which come from the corpus; where that is gone, the page has none and says so.
import path from 'node:path';
import { LongattnError, show } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { version } from '../base/version.js';
import { ifExists, type FileSystem } from '../io/file-system.js';
import { replaceFolder } from '../io/replace-folder.js';
import { parseRows } from '../options/parse-rows.js';
import { REPORT, type ReportOptions } from '../options/report-options.js';
import { loadRun, type Run } from '../run/directory.js';
import { selectionFile } from '../selection/select-windows.js';
import { readAgainst, type Against } from './against.js';
import { gather, parseAsked, type Gathered } from './gather.js';
import { overviewOf } from './overview.js';
import { PageFolder } from './page-folder.js';
import type { PageControlTexts, PageEvidence, PageMeta, PageScore } from './page-data.js';
import { readControlTexts } from './read-cases.js';
import { readEvidence } from './read-evidence.js';
import { verdictOf } from './verdict.js';
import { ID_ROWS, writeColumns } from './write-columns.js';
import { NO_TEXT, writeTexts } from './write-texts.js';

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
