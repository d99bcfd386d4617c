// Everything that the views share: the windows, what the selection made of them, the state, and what passes the filters.
import { selectOptions, selectWords } from './command.js';
import { ask, bytesOf, loadColumn, loadIds, loadMeta, loadOverview } from './data.js';
import { PageTable, rank, type Ranked } from './rank.js';
import { formatState, keepSettings, parseState, type State } from './state.js';
import type { PageChoice, PageMeta, PageOverview, PageScore } from '../src/report/page-data.js';

/** What the first picture needs. */
export interface Page {
  meta: PageMeta;
  overview: PageOverview;
  state: State;
}

/** With the windows one by one. */
export interface Model extends Page {
  domains: Uint16Array;
  rank: Int32Array;
  reason: Uint8Array;
  score: Float64Array;
}

export async function openPage(): Promise<Page> {
  const [meta, overview] = await Promise.all([loadMeta(), loadOverview()]);
  return { meta, overview, state: parseState(location.hash, meta) };
}

let whole: Promise<Model> | undefined;

/** The same page, once its windows are there. */
export function withWindows(page: Page): Promise<Model> {
  whole ??= Promise.all([
    loadColumn<Uint16Array>('domain'),
    loadColumn<Int32Array>('rank'),
    loadColumn<Uint8Array>('reason'),
    loadColumn('score'),
  ]).then(([domains, ranks, reason, score]) => Object.assign(page, { domains, rank: ranks, reason, score }));
  return whole;
}

export const linkTo = ({ meta, state }: Page, changes: Partial<State>): string =>
  formatState({ ...state, ...changes }, meta);

/** A step that `back` undoes. */
export function go(page: Page, changes: Partial<State>): void {
  location.hash = linkTo(page, changes);
}

/** Without a step: a slider that is moved must not fill the history. */
export function replaceState(page: Page, changes: Partial<State>): void {
  Object.assign(page.state, changes);
  history.replaceState(null, '', linkTo(page, {}));
}

export const isKept = ({ reason }: Model, row: number): boolean => reason[row] === 0;

/** Rows of each domain; lowest score that was kept there. */
let perDomain: { rows: Uint32Array; cut: number; kept: number }[] | undefined;
export function domainsOf(model: Model): { rows: Uint32Array; cut: number; kept: number }[] {
  if (perDomain) return perDomain;
  const { domains, overview } = model;
  const found = overview.domains.map(({ windows, cut, kept }) => ({
    ...{ rows: new Uint32Array(windows), cut: cut ?? Infinity, kept },
  }));
  const next = new Uint32Array(found.length);
  for (let i = 0; i < domains.length; i++) found[domains[i]!]!.rows[next[domains[i]!]!++] = i;
  return (perDomain = found);
}

export const columnOf = (model: Model, name: string): Promise<Float64Array> =>
  name === 'score' ? Promise.resolve(model.score) : loadColumn(name);

/** 1 for each row within all brushes but those of `except`; undefined: all. */
export async function passing(model: Model, except?: string): Promise<Uint8Array | undefined> {
  const brushes = [...model.state.brush].filter(([column]) => column !== except);
  if (brushes.length === 0) return undefined;
  const passes = new Uint8Array(model.domains.length).fill(1);
  for (const [column, [from, to]] of brushes) {
    const values = await columnOf(model, column);
    for (let i = 0; i < passes.length; i++) if (!(values[i]! >= from && values[i]! <= to)) passes[i] = 0;
  }
  return passes;
}

let tableOnce: Promise<{ table: PageTable; repeats: Float64Array }> | undefined;

/** What ranking needs beside a score: loaded when something is first ranked. */
function rankTable({ meta, domains }: Model): Promise<{ table: PageTable; repeats: Float64Array }> {
  tableOnce ??= Promise.all([
    loadColumn<Int32Array>('document'),
    loadColumn<Int32Array>('start'),
    loadColumn<Uint32Array>('order'),
    loadColumn('repeats'),
  ]).then(([documents, starts, order, repeats]) => ({
    table: new PageTable(meta.window, meta.domains, domains, documents, starts, order),
    repeats,
  }));
  return tableOnce;
}

/** Rank by the what-if of the state. */
export async function rankWhatIf(model: Model): Promise<Ranked> {
  const { whatIf } = model.state;
  const score = model.meta.scores[whatIf.score]!;
  // Of these the page has no numbers.
  if (whatIf.layer !== undefined || whatIf.k !== undefined || whatIf.heads !== undefined) return asked(model, score);
  const { table, repeats } = await rankTable(model);
  const columns = await Promise.all(score.columns.map((name) => loadColumn(name)));
  return rank(table, score, columns, keepSettings(whatIf), repeats);
}

/** Ranked by `longattn serve`. */
async function asked({ meta, state }: Model, score: PageScore): Promise<Ranked> {
  const options = selectOptions(selectWords(meta.run, score, state.whatIf));
  const { rank, reason, values, reasons, cuts } = await ask<PageChoice>('select', options);
  return {
    ...{ rank: new Int32Array(bytesOf(rank)), reason: new Uint8Array(bytesOf(reason)), reasons },
    ...{ values: new Float64Array(bytesOf(values)), cuts: Float64Array.from(cuts, (cut) => cut ?? NaN) },
  };
}

export async function idOf({ meta }: Model, row: number): Promise<string> {
  return (await loadIds(Math.floor(row / meta.idRows)))[row % meta.idRows]!;
}
