// `longattn plan`: start a run without working on it, and say how large it is. Also how a person starts a run anew after parts were left
// alone: what failed is forgotten.
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Hooks } from '../base/events.js';
import { PLAN, type PlanOptions } from '../options/cluster-options.js';
import { splitRows } from '../options/parse-rows.js';
import type { RunOptions } from '../options/run-options.js';
import { isScored, ledgersOf, type Run } from '../run/directory.js';
import { partName } from '../run/ledger.js';
import { logged } from './logged.js';
import { prepare, type Prepared } from './prepare.js';
import { isAddress } from '../storage/address.js';

/** What a part leaves: windows, counts and scores with their entries, and rarely its rejects. */
const FILES_OF_A_PART = { windows: 4, scores: 2 };
/** Finished parts that are looked at to know how many tokens a part has. */
const LOOKED_AT = 32;
/** Before any part is made: bytes of text a token, about, in English with a vocabulary of 50,000 to 130,000. */
const BYTES_A_TOKEN = 4.2;

export interface PlanSummary {
  run: string;
  /** False: it was there. */
  created: boolean;
  inputFiles: number;
  inputBytes: number;
  /** Of `inputBytes`, what lies on servers: fetched once to make the windows, and once more by an export with text. */
  remoteBytes: number;
  parts: number;
  /** Of the run when all is done, about: for a quota of files. */
  files: number;
  /** Size of the plan, which every worker reads. */
  planBytes: number;
  /** Parts whose scores are there; whose windows are, in a run without a model. */
  done: number;
  /** About; of the parts that are done, or of the bytes of the inputs before there are any. Compressed inputs count as they are. */
  tokens: number;
  /** For the parts that are left, at `rate` tokens a second a worker: of one worker. */
  workerHours?: number;
}

/**
 * @param options of a run, and those of a plan
 * @throws LongattnError INVALID_OPTION, and what `prepare` throws
 */
export async function plan(options: RunOptions & PlanOptions, hooks: Hooks = {}): Promise<PlanSummary> {
  const [{ rate }, raw] = splitRows(PLAN, options);
  const prepared = await prepare(raw, hooks);
  const { run } = prepared;
  return logged('plan', prepared, hooks, async () => {
    await run.failures.forget();
    const { inputs, parts } = run.manifest;
    const sizes = sizesOf(prepared);
    const inputBytes = total(sizes.values());
    const remoteBytes = total([...sizes].flatMap(([file, bytes]) => (isAddress(file) ? bytes : [])));
    const last = ledgersOf(run).at(-1)!;
    const done = await last.listed();
    const tokensOfPart = await meanTokens(last, [...done]);
    const tokens = Math.round(tokensOfPart === undefined ? inputBytes / BYTES_A_TOKEN : tokensOfPart * parts);
    const { size: planBytes } = await stat(path.join(run.dir, 'windows', 'plan.json'));
    const left = parts === 0 ? 0 : (tokens * (parts - done.size)) / parts;
    return {
      ...{ run: run.dir, created: run.created, inputFiles: inputs.length, inputBytes, remoteBytes, parts },
      ...{ files: parts * filesOfAPart(run), planBytes, done: done.size, tokens },
      ...(rate !== undefined && { workerHours: left / rate / 3600 }),
    };
  });
}

/** Of each input, with what lies beside it: the ids of an index of Megatron's. */
function sizesOf({ run, parts }: Pick<Prepared, 'run' | 'parts'>): Map<string, number> {
  const beside = new Map<string, number>();
  for (const { slices } of parts)
    for (const slice of slices) if (slice.format === 'megatron') beside.set(slice.path, slice.binBytes);
  return new Map(run.manifest.inputs.map(({ path, bytes }) => [path, bytes + (beside.get(path) ?? 0)]));
}

const total = (numbers: Iterable<number>): number => [...numbers].reduce((sum, number) => sum + number, 0);

const filesOfAPart = ({ manifest }: Run): number =>
  FILES_OF_A_PART.windows + (isScored(manifest) ? FILES_OF_A_PART.scores : 0);

/** Tokens of a finished part, from a sample; undefined before there is one. */
export async function meanTokens(
  scores: Parameters<typeof logged>[1]['run']['scores'],
  done: readonly number[],
): Promise<number | undefined> {
  const step = Math.max(1, Math.floor(done.length / LOOKED_AT));
  const names = done.filter((_, at) => at % step === 0).map(partName);
  let [tokens, parts] = [0, 0];
  for await (const state of scores.inspectAll(names, 'size')) {
    if (state.status !== 'done') continue;
    tokens += state.record.counts['tokens'] ?? 0;
    parts++;
  }
  return parts === 0 ? undefined : tokens / parts;
}
