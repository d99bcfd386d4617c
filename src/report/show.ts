// `longattn show RUN WINDOW_ID`: one window of a run, all that the page says of it. The command prints it.
import { dataError, LongattnError, show as shown } from '../base/errors.js';
import type { Hooks } from '../base/events.js';
import { loadPlan } from '../pipeline/plan-run.js';
import { resolveSpec } from '../pipeline/prepare.js';
import { textOfRun } from '../pipeline/text-of-run.js';
import { loadRun } from '../run/directory.js';
import { selectionFile } from '../selection/select-windows.js';
import { fourBytesOf } from './base64.js';
import { gather, type Gathered } from './gather.js';
import { partStarts, readText } from './read-texts.js';
import { tokenizerOfHeat } from './tokenizer-of-run.js';

export interface WindowNumber {
  name: string;
  value: number;
  /** Share of the windows of its domain whose number is smaller, 0..1. */
  below: number;
  /** Of DS: that of uniform attention at the same k. */
  uniform?: number;
}

export interface ShownWindow {
  windowId: string;
  domain: string;
  source: string;
  docId: string;
  /** Code points of the document's text, end exclusive, and first token in the document. */
  charStart: number;
  charEnd: number;
  tokenStart: number;
  kept: boolean;
  /** Why it is kept or not, as in the selection. */
  reason: string;
  /** 1 = best of the windows of its domain. */
  rank: number;
  windows: number;
  /** Windows kept of its domain, and the score of the last of them; null where none is. */
  keptOfDomain: number;
  cut: number | null;
  numbers: WindowNumber[];
  /** DS of each head; absent where no attention was scored. */
  heads?: number[];
  /** Empty where there is none. */
  text: string;
  /** Why there is no text. */
  noText?: string;
  /** Far mass of each token, 0..1 `[L]`, and where it begins in the text, UTF-16 units `[L + 1]`. */
  tokens?: { far: Float32Array; starts: Int32Array };
  /** Why there are no tokens. */
  noTokens?: string;
}

/**
 * Look at one window of a run that has a selection.
 * @param dir the run directory
 * @param windowId as in the selection and the export
 * @throws LongattnError WINDOW_UNKNOWN, SELECTION_MISSING, SELECTION_STALE, and those of the run's files. A corpus that cannot be read gives no text.
 */
export async function show(dir: string, windowId: string, hooks: Hooks = {}): Promise<ShownWindow> {
  const run = await loadRun(dir);
  const gathered = await gather(run, selectionFile(dir), [], hooks);
  const { table, chosen, layer } = gathered;
  const row = rowOf(gathered, windowId);
  const { spec } = await resolveSpec({ output: dir });
  const textOf = textOfRun({ run, parts: await loadPlan(run, spec, hooks.signal), spec });
  const { tokenizer, reason } = await tokenizerOfHeat(run);
  const options = { layer, textOf, tokenizer, signal: hooks.signal };
  const starts = await partStarts(run);
  let noText: string | undefined;
  const read = await readText(run, starts, row, { ...options, text: true }).catch((error: unknown) => {
    if (!(error instanceof LongattnError) || hooks.signal?.aborted) throw error;
    noText = error.message;
    // Its numbers can be shown all the same, where they are not what cannot be read.
    return readText(run, starts, row, { ...options, text: false });
  });
  const { heads, offsets, heat, row: _, ...place } = read;
  const domain = table.domains[row]!;
  const rows = table.byDomain()[domain]!;
  const kept = rows.filter((one) => chosen.kept[one] === 1);
  return {
    ...{ windowId, domain: table.domainNames[domain]!, ...place },
    ...(place.text === '' && { noText: noText ?? 'The corpus holds token ids alone.' }),
    ...{ kept: chosen.kept[row] === 1, reason: chosen.reasons[chosen.reason[row]!]! },
    ...{ rank: chosen.rank[row]!, windows: rows.length, keptOfDomain: kept.length },
    cut: kept.length === 0 ? null : kept.reduce((least, one) => Math.min(least, chosen.score[one]!), Infinity),
    numbers: numbersOf(gathered, row, rows),
    ...(heads && { heads }),
    ...(heat === undefined || offsets === undefined
      ? { noTokens: reason ?? 'There is no text to lay them on.' }
      : { tokens: { far: new Float32Array(fourBytesOf(heat)), starts: new Int32Array(fourBytesOf(offsets)) } }),
  };
}

function rowOf({ table }: Gathered, windowId: string): number {
  for (let row = 0; row < table.length; row++) if (table.ids.get(row) === windowId) return row;
  const like = table.length === 0 ? '' : ` They read like ${shown(table.ids.get(0))}.`;
  throw dataError('WINDOW_UNKNOWN', `${shown(windowId)} is no window of this run.${like}`);
}

function numbersOf({ chosen, columns, shown: list, scores }: Gathered, row: number, rows: Uint32Array): WindowNumber[] {
  const of = (name: string, values: Float64Array, uniform?: number): WindowNumber => {
    const below = rows.reduce((sum, one) => sum + (values[one]! < values[row]! ? 1 : 0), 0);
    return { name, value: values[row]!, below: below / rows.length, ...(uniform !== undefined && { uniform }) };
  };
  return [
    of(`score: ${scores[0]!.name}`, chosen.score),
    ...list.map(({ column, label, null: uniform }) => of(label, columns.get(column)!, uniform)),
  ];
}
