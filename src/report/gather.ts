// The numbers of a page: the windows of a run, what its selection made of them, and every score that the page is to rank by.
//
// A score is measured by the very functions of `select`, in float64: the page must give the ranks that `select` gives.
import { invalid, LongattnError } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { REPEATS } from '../counts/columns.js';
import { isScored, type Run } from '../run/directory.js';
import { longattn, longattnMinmax } from '../scores/attention/longattn.js';
import { nullDs } from '../scores/null-ds.js';
import { attentionTerms, formulaOf, partsOf, resolveScore, type ResolvedScore } from '../scores/resolve.js';
import { combine, type MeasuredScore } from '../selection/combine.js';
import { DEFAULT_SEED } from '../selection/budget.js';
import { defaultMaxRepeats, REPEAT_TOKENS } from '../selection/guards/repeats-limit.js';
import { measure } from '../selection/measure.js';
import type { Measured } from '../selection/measured.js';
import { measureCounts } from '../selection/measure-counts.js';
import { measureUnscored } from '../selection/measure-unscored.js';
import { readCounts } from '../selection/read-counts.js';
import type { SelectionSettings } from '../selection/select-windows.js';
import type { WindowTable } from '../selection/window-table.js';
import type { PageColumn, PageScore, PageSettings } from './page-data.js';
import { readChosen, settingsOf, stale, type Chosen } from './read-selection.js';

export interface Gathered {
  table: WindowTable;
  chosen: Chosen;
  /** By name; the same column is kept once, whoever needs it. */
  columns: Map<string, Float64Array>;
  scores: PageScore[];
  shown: PageColumn[];
  settings: PageSettings;
  metadata: Record<string, string>;
  k: number | undefined;
  layer: number | undefined;
}

/**
 * @param scores names, each with `@layer` or without
 * @throws LongattnError SELECTION_MISSING, SELECTION_STALE, and those of a selection
 */
export async function gather(run: Run, file: string, scores: readonly string[], hooks: Hooks): Promise<Gathered> {
  const settings = await settingsOf(run, file);
  if (settings.unit === 'document') {
    throw new LongattnError(
      'INVALID_OPTION',
      `unit must not be document here: the page shows windows, and the selection of ${run.dir} is of documents. Select with --unit window, or look at \`longattn annotate\`.`,
    );
  }
  const measuring = new Map<string, Promise<Measured>>();
  const own = resolveScore(settings.score);
  const first = await measured(own, settings.layer);
  const { table, layer, k } = first;
  const chosen = await readChosen(run, file, table, settings);
  const columns = new Map<string, Float64Array>();
  const list: PageScore[] = [await pageScore(settings.score, own, settings.layer)];
  for (const asked of scores) {
    if (list.some(({ name }) => name === asked)) continue;
    const { name, layer: at } = parseAsked(asked);
    list.push(await pageScore(asked, resolveScore(name), at ?? settings.layer));
  }
  const shown: PageColumn[] = [];
  if (layer !== undefined) {
    columns.set('ds', first.ds).set('du', first.du);
    shown.push({ column: 'ds', label: 'DS', ...(k !== undefined && { null: nullDs(k, table.window) }) });
    shown.push({ column: 'du', label: 'DU' });
  }
  const repeats = await repeatsOf();
  columns.set('repeats', repeats);
  shown.push({ column: 'repeats', label: 'share inside verbatim repeats' });
  // What ranked is shown as the score already.
  for (const { name, kind, columns: names } of list.slice(1)) {
    if (kind === 'value') shown.unshift({ column: names[0]!, label: name });
  }
  return {
    ...{ table, chosen, columns, scores: list, shown, metadata: first.metadata, k, layer },
    settings: pageSettings(settings, own),
  };

  /** DS and DU of a layer with the components of a score; LDS needs no more than the first two. */
  function measured(score: ResolvedScore, at: number | undefined): Promise<Measured> {
    const attention = attentionTerms(score);
    const key = `${at} ${attention.map((term) => `${term.score.name}@${term.layer ?? at}`).join(' ')}`;
    let found = measuring.get(key);
    if (!found) {
      const { k: distance, heads } = settings;
      found = isScored(run.manifest)
        ? measure({
            ...{ scores: run.scores, parts: run.manifest.parts, attention, layer: at, k: distance, heads },
            signal: hooks.signal,
          })
        : measureUnscored(run, attention, distance, hooks);
      measuring.set(key, found);
    }
    return found;
  }

  async function pageScore(name: string, score: ResolvedScore, at: number | undefined): Promise<PageScore> {
    const one = await measured(score, at);
    if (one.table.length !== table.length) throw stale(file);
    const lds = score.kind === 'attention' && (score.score === longattn || score.score === longattnMinmax);
    const suffix = at === settings.layer ? '' : `@${at}`;
    const names = lds ? [`ds${suffix}`, `du${suffix}`] : [`value-${fileName(name)}`];
    if (lds) columns.set(names[0]!, one.ds).set(names[1]!, one.du);
    else columns.set(names[0]!, combine(table, score, await withCounts(score, one), settings));
    const base = parseAsked(name).name;
    return {
      name,
      formula: formulaOf(score),
      kind: lds ? 'lds' : 'value',
      std: score.kind === 'attention' && score.score === longattnMinmax ? 'minmax' : settings.std,
      alpha: settings.alpha,
      columns: names,
      flags: flagsOf(base, one.layer, settings),
      maxRepeats: defaultMaxRepeats(score),
    };
  }

  async function withCounts(score: ResolvedScore, one: Measured): Promise<MeasuredScore[]> {
    const singles = singlesOf(score);
    const counts = singles.flatMap((single) => (single.kind === 'count' ? [single.score] : []));
    const values =
      counts.length === 0
        ? []
        : await measureCounts({
            ...{ windows: run.windows, parts: run.manifest.parts, counts, table: one.table },
            ...{ k: one.k ?? 0, seed: settings.seed ?? DEFAULT_SEED },
            ...hooks,
          });
    let [attentions, counted] = [0, 0];
    return singles.map((single) => ({
      score: single,
      columns: single.kind === 'attention' ? (one.components[attentions++] ?? []) : [values[counted++]!],
    }));
  }

  async function repeatsOf(): Promise<Float64Array> {
    const wanted = [{ column: 'repeats', item: REPEATS.indexOf(REPEAT_TOKENS) } as const];
    const { windows, manifest } = run;
    const options = { windows, parts: manifest.parts, window: table.window, ...hooks };
    return (await readCounts(options, wanted, table)).values[0]!;
  }

  function fileName(name: string): string {
    return name.replace(/[^\w.@-]/g, '_');
  }
}

const singlesOf = (score: ResolvedScore) => partsOf(score).map((part) => part.score);

/** A blend names the layers of its scores itself. */
export function parseAsked(asked: string): { name: string; layer?: number } {
  if (asked.startsWith('blend:')) return { name: asked };
  const match = /^(.*?)(?:@(\d+))?$/.exec(asked)!;
  if (match[1] === '') throw invalid('scores', asked, 'the name of a score, with @LAYER behind it or without');
  return { name: match[1]!, ...(match[2] !== undefined && { layer: Number(match[2]) }) };
}

function flagsOf(score: string, layer: number | undefined, { k, heads, std, seed }: SelectionSettings): string[] {
  return [
    ...['--score', score],
    ...(layer === undefined ? [] : ['--select-layer', String(layer)]),
    ...(k === undefined ? [] : ['--select-k', String(k)]),
    ...(heads === 'all' ? [] : ['--heads', heads.join(',')]),
    ...(std === 'zscore' ? [] : ['--std', std]),
    ...(seed === undefined || seed === DEFAULT_SEED ? [] : ['--seed', String(seed)]),
  ];
}

function pageSettings(settings: SelectionSettings, score: ResolvedScore): PageSettings {
  const { alpha, keep, keepTokens, quota, maxOverlap, maxPerDocument, maxRepeats, temperature } = settings;
  return {
    alpha,
    ...(keep !== undefined && { keep }),
    ...(keepTokens !== undefined && { keepTokens }),
    ...(quota && { quota: { ...quota } }),
    maxOverlap,
    ...(maxPerDocument !== undefined && { maxPerDocument }),
    maxRepeats: maxRepeats ?? defaultMaxRepeats(score),
    ...(temperature ? { temperature } : {}),
  };
}
