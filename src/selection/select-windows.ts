import type { SelectionOptions } from './selection-options.js';
// The selection stage: stored statistics to rank and choice, in seconds and without the model. It is always made anew: a user's own
// score may have changed without a change of its name.
import path from 'node:path';
import { SELECTION_COLUMNS } from '../arrow/schema.js';
import { writeArrowPart } from '../run/arrow-part.js';
import { canonicalJson, hashJson, type JsonObject } from '../io/canonical-json.js';
import { isScored, type Run } from '../run/directory.js';
import { Ledger } from '../run/ledger.js';
import { longattn } from '../scores/attention/longattn.js';
import { nullDs } from '../scores/null-ds.js';
import type { SingleScore } from '../scores/registry.js';
import { attentionTerms, formulaOf, partsOf, resolveScore, type ResolvedScore } from '../scores/resolve.js';
import type { Standard } from '../scores/standardize.js';
import { REPEATS } from '../counts/columns.js';
import { choose, type Choice } from './choose.js';
import { documentTable, perDocument, perWindow, type Aggregate, type DocumentTable } from './document-table.js';
import { DEFAULT_SEED, type KeepSettings } from './budget.js';
import { combine, type MeasuredScore } from './combine.js';
import { defaultMaxRepeats, REPEAT_TOKENS } from './guards/repeats-limit.js';
import { measure } from './measure.js';
import type { Measured } from './measured.js';
import { measureCounts } from './measure-counts.js';
import { measureUnscored } from './measure-unscored.js';
import { readCounts } from './read-counts.js';
import { selectionBatches } from './selection-batches.js';
import { summariseDomains, type DomainSummary } from './summary.js';
import type { WindowTable } from './window-table.js';

export const SELECTION = 'selection';

/** The file of a run's selection, or of one of its named ones. */
export function selectionFile(dir: string, name = SELECTION): string {
  return path.join(dir, SELECTION, `${name}.arrow`);
}

export interface SelectionSettings extends KeepSettings {
  /** The name of a score, or `blend:A+B` of names. */
  score: string;
  /** What is ranked and kept. Default `window`. */
  unit?: 'window' | 'document' | undefined;
  /** With `document`: the number of a document from those of its windows. Default `mean`. */
  aggregate?: Aggregate | undefined;
  alpha: number;
  std: Standard;
  layer?: number | undefined;
  k?: number | undefined;
  heads: readonly number[] | 'all';
  /** Of the validation that chose this score. */
  certificate?: { sha256: string; page: string } | undefined;
}

/** DS of uniform attention: what a mean DS is held against. */
export interface NullModel {
  /** Minimum distance and length of a window, tokens. */
  k: number;
  window: number;
  ds: number;
}

export interface SelectionResult {
  domains: DomainSummary[];
  /** As used, defaults filled in: also in the metadata of the file. */
  settings: JsonObject;
  /** Absent where there is no window. */
  nullModel?: NullModel;
  /** The page of the certificate that came with the choice: Markdown. */
  certificate?: string;
  ledger: Ledger;
  /** In the ledger. */
  name: string;
  path: string;
}

/**
 * Rank all windows of a run and choose. Rows of selection.arrow are in the order of the scores.
 *
 * @throws LongattnError PARTS_MISSING, LAYER_NOT_SCORED, K_NOT_STORED, INVALID_OPTION, SCORE_NOT_FINITE, and those of the disk
 */
export async function selectWindows(
  run: Run,
  settings: SelectionSettings,
  options: SelectionOptions = {},
): Promise<SelectionResult> {
  const { score, singles, measured, ranked, maxRepeats, choice, scores, documents } = await chooseWindows(
    run,
    settings,
    options,
  );
  const lds = settings.score === longattn.name ? ranked : ldsOf(measured, settings);
  // What decides nothing is left out: the seed where nothing is drawn, a guard that is not there.
  const { temperature, seed, maxRepeats: _, certificate, unit, aggregate, ...rest } = settings;
  const drawn = temperature ? { temperature } : {};
  const seeded = temperature || singles.some((one) => one.kind === 'count') ? { seed: seed ?? DEFAULT_SEED } : {};
  const used: JsonObject = {
    ...({ ...rest, ...drawn, ...seeded } as unknown as JsonObject),
    ...(maxRepeats < 1 && { maxRepeats }),
    ...(unit === 'document' && { unit, aggregate: aggregate ?? 'mean' }),
    ...(certificate && { certificate: certificate.sha256 }),
    ...(measured.layer === undefined ? {} : { layer: measured.layer }),
    k: measured.k,
    formula: formulaOf(score),
  };
  const { name = SELECTION } = options;
  const ledger = new Ledger(
    path.join(run.dir, SELECTION),
    hashJson({ upstream: run.scores.specHash, settings: used }),
    run.scores.fs,
  );
  const domains = summariseDomains(measured, choice, documents?.lengths);
  const kept = domains.reduce((sum, domain) => sum + domain.kept, 0);
  await writeArrowPart(ledger, name, {
    columns: SELECTION_COLUMNS,
    metadata: { ...measured.metadata, selection: canonicalJson(used) },
    batches: selectionBatches(measured, { lds, score: scores }, choice),
    entry: () => ({
      counts: { windows: measured.table.length, kept, ...(documents && { documents: keptDocuments(domains) }) },
    }),
  });
  const page = certificate && { certificate: certificate.page };
  return { domains, settings: used, ...page, ...nullModelOf(measured), ledger, name, path: ledger.file(name) };
}

/** What a selection would be, and nothing written. */
export interface WindowsChoice {
  score: ResolvedScore;
  singles: readonly SingleScore[];
  measured: Measured;
  /** The score of each window. */
  ranked: Float64Array;
  maxRepeats: number;
  choice: Choice;
  /** What was ranked by: of windows, or of the document of each. */
  scores: Float64Array;
  documents?: DocumentTable;
}

/** @throws LongattnError those of `selectWindows` but for the disk */
export async function chooseWindows(
  run: Run,
  settings: SelectionSettings,
  options: SelectionOptions = {},
): Promise<WindowsChoice> {
  const { score, singles, measured, values: ranked } = await scoreWindows(run, settings, options);
  const maxRepeats = settings.maxRepeats ?? defaultMaxRepeats(score);
  const repeats = maxRepeats < 1 ? await repeatsOf(run, measured.table, options) : undefined;
  const chosen = await chosenBy(run, measured.table, ranked, { ...settings, maxRepeats }, repeats, options);
  return { score, singles, measured, ranked, maxRepeats, ...chosen };
}

const keptDocuments = (domains: readonly DomainSummary[]): number =>
  domains.reduce((sum, domain) => sum + (domain.keptDocuments ?? 0), 0);

/** The choice of windows; or of documents, told of each of their windows. */
async function chosenBy(
  run: Run,
  table: WindowTable,
  ranked: Float64Array,
  settings: SelectionSettings,
  repeats: Float64Array | undefined,
  options: SelectionOptions,
): Promise<{ choice: Choice; scores: Float64Array; documents?: DocumentTable }> {
  if (settings.unit !== 'document') return { choice: choose(table, ranked, settings, repeats), scores: ranked };
  const documents = await documentTable(run, table, options);
  const { first } = documents;
  const scores = perDocument(ranked, first, settings.aggregate ?? 'mean');
  // A guard of windows that a document has as a whole: the share of its windows inside repeats.
  const choice = choose(documents, scores, settings, repeats && perDocument(repeats, first, 'mean'));
  return { ...perWindow(choice, scores, table.documents.subarray(0, table.length)), documents };
}

/** A score of all windows of a run, and what was measured for it. */
export interface ScoredWindows {
  score: ResolvedScore;
  /** Its scores where it is a blend, else itself. */
  singles: readonly SingleScore[];
  measured: Measured;
  /** One finite number a window, standardised over its domain where the score is. */
  values: Float64Array;
}

/** @throws LongattnError those of `selectWindows` but for the disk */
export async function scoreWindows(
  run: Run,
  settings: Pick<SelectionSettings, 'score' | 'alpha' | 'std' | 'layer' | 'k' | 'heads' | 'seed'>,
  options: SelectionOptions = {},
): Promise<ScoredWindows> {
  const score = resolveScore(settings.score);
  const singles = partsOf(score).map((part) => part.score);
  const { layer, k, heads } = settings;
  const attention = attentionTerms(score);
  const measured = isScored(run.manifest)
    ? await measure({ scores: run.scores, parts: run.manifest.parts, attention, layer, k, heads, ...options })
    : await measureUnscored(run, attention, k, options);
  const values = combine(measured.table, score, await withCounts(run, singles, measured, settings, options), settings);
  return { score, singles, measured, values };
}

/** Whatever ranks, LDS stands beside it: so two selections can be compared. */
function ldsOf({ table, ds, du, layer }: Measured, settings: SelectionSettings): Float64Array {
  if (layer === undefined) return ds; // not a number, as DS is where nothing was scored
  const score: SingleScore = { kind: 'attention', score: longattn };
  return combine(table, score, [{ score, columns: [ds, du] }], settings);
}

function nullModelOf({ table: { window }, k, layer }: Measured): { nullModel?: NullModel } {
  return k === undefined || layer === undefined ? {} : { nullModel: { k, window, ds: nullDs(k, window) } };
}

/** Share of each window inside a verbatim repeat of 64 tokens or more. */
async function repeatsOf(run: Run, table: WindowTable, options: SelectionOptions): Promise<Float64Array> {
  const column = { column: 'repeats', item: REPEATS.indexOf(REPEAT_TOKENS) } as const;
  const { values } = await readCounts({ ...windowParts(run), window: table.window, ...options }, [column], table);
  return values[0]!;
}

const windowParts = (run: Run): { windows: Ledger; parts: number } => ({
  windows: run.windows,
  parts: run.manifest.parts,
});

/** The measured scores in their order: counts are measured here, from the windows. */
async function withCounts(
  run: Run,
  singles: readonly SingleScore[],
  { table, k, components }: Measured,
  settings: Pick<SelectionSettings, 'seed'>,
  options: SelectionOptions,
): Promise<MeasuredScore[]> {
  const counts = singles.flatMap((one) => (one.kind === 'count' ? [one.score] : []));
  const values =
    counts.length === 0
      ? []
      : await measureCounts({
          ...{ ...windowParts(run), counts, table },
          ...{ k: k ?? 0, seed: settings.seed ?? DEFAULT_SEED },
          ...options,
        });
  let [attentions, counted] = [0, 0];
  return singles.map((score) => ({
    score,
    columns: score.kind === 'attention' ? (components[attentions++] ?? []) : [values[counted++]!],
  }));
}
