// Everything that the views share: the windows, what the selection made of them, the state, and what passes the filters.
import { selectOptions, selectWords } from './command.js';
import { ask, bytesOf, loadColumn, loadIds, loadMeta } from './data.js';
import { PageTable, rank, type Ranked } from './rank.js';
import { formatState, keepSettings, parseState, type State } from './state.js';
import type { PageChoice, PageMeta, PageScore } from '../src/report/page-data.js';

export interface Model {
  meta: PageMeta;
  /** By name, those that the first picture needs at once; the rest by `column`. */
  domains: Uint16Array;
  rank: Int32Array;
  reason: Uint8Array;
  score: Float64Array;
  state: State;
}

export async function openModel(): Promise<Model> {
  const meta = await loadMeta();
  const [domains, ranks, reason, score] = await Promise.all([
    loadColumn<Uint16Array>('domain'),
    loadColumn<Int32Array>('rank'),
    loadColumn<Uint8Array>('reason'),
    loadColumn('score'),
  ]);
  return { meta, domains, rank: ranks, reason, score, state: parseState(location.hash, meta) };
}

export const linkTo = ({ meta, state }: Model, changes: Partial<State>): string =>
  formatState({ ...state, ...changes }, meta);

/** A step that `back` undoes. */
export function go(model: Model, changes: Partial<State>): void {
  location.hash = linkTo(model, changes);
}

/** Without a step: a slider that is moved must not fill the history. */
export function replaceState(model: Model, changes: Partial<State>): void {
  Object.assign(model.state, changes);
  history.replaceState(null, '', linkTo(model, {}));
}

export const isKept = ({ reason }: Model, row: number): boolean => reason[row] === 0;

/** Rows of each domain; lowest score that was kept there. */
let perDomain: { rows: Uint32Array; cut: number; kept: number }[] | undefined;
export function domainsOf(model: Model): { rows: Uint32Array; cut: number; kept: number }[] {
  if (perDomain) return perDomain;
  const { domains, reason, score, meta } = model;
  const counts = new Uint32Array(meta.domains.length);
  for (let i = 0; i < domains.length; i++) counts[domains[i]!]!++;
  const found = Array.from(counts, (size) => ({ rows: new Uint32Array(size), cut: Infinity, kept: 0 }));
  counts.fill(0);
  for (let i = 0; i < domains.length; i++) {
    const own = found[domains[i]!]!;
    own.rows[counts[domains[i]!]!++] = i;
    if (reason[i] !== 0) continue;
    own.kept++;
    own.cut = Math.min(own.cut, score[i]!);
  }
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
