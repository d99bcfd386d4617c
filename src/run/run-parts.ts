// Make the parts of a stage that are not done: several at once, going on where one fails, ending early only where going on is vain.
import { counted } from '../base/counted.js';
import { LongattnError } from '../base/errors.js';
import type { OnProgress, StageName } from '../base/events.js';
import type { Failures } from './failures.js';
import { partName, type Ledger, type LedgerCheck, type LedgerRecord } from './ledger.js';

import type { Leases } from './leases.js';
import { PartQueue, type Readiness } from './part-queue.js';

/** So many failed parts are named in the error; the rest is counted. */
const NAMED_FAILURES = 5;

/** How this process shares the parts with others that have the same run directory. */
export interface Share {
  leases: Leases;
  failures: Failures;
  /** Stay until every part is done, here or elsewhere. */
  stay: boolean;
  /** Where to begin, as a share of all parts, 0 to 1: workers that begin apart seldom meet. Default 0. */
  start?: number | undefined;
  /** Take the parts that the folder lists as done for done, without looking at each: whoever reads them does. Default false. */
  trustListing?: boolean | undefined;
  /** No further part, and what is at work ends as soon as it can without losing work. */
  drain?: AbortSignal | undefined;
  /** For tests: see PartQueue. */
  pollMs?: number | undefined;
  stragglerMs?: number | undefined;
}

export interface RunPartsOptions {
  stage: StageName;
  parts: readonly number[];
  /** Parts at work at once; never changes a byte. */
  workers: number;
  ledger: Ledger;
  /** Makes one part and enters it in the ledger; returns its entry. */
  make: (part: number, signal: AbortSignal) => Promise<LedgerRecord>;
  /** How finished parts are looked at before they are trusted. Default sha256. */
  check?: LedgerCheck;
  signal?: AbortSignal | undefined;
  /** Absent: this process has the parts for itself. */
  share?: Share | undefined;
  /** Which parts may be made, where they wait for another stage. */
  ready?: Readiness | undefined;
  /** Called once with the parts that are not done. */
  onPending?: (parts: readonly number[]) => void;
  /** Called with every part that is there, as soon as that is known: done before, or made now. */
  onPart?: (part: number, record: LedgerRecord) => void;
  onProgress?: OnProgress | undefined;
  /** One error in place of PARTS_FAILED, where the errors of all parts that failed have one cause. */
  explain?: (errors: readonly unknown[]) => Error | undefined;
}

/** The parts of shard `index` (from 1) of `count`: p mod count = index - 1. */
export function partsOfShard(
  parts: number,
  shard: { index: number; count: number } = { index: 1, count: 1 },
): number[] {
  return Array.from({ length: parts }, (_, part) => part).filter((part) => part % shard.count === shard.index - 1);
}

/**
 * @returns the ledger entries of all parts, done before or now, in the order of `parts`; where they are shared, of those that were looked at
 * @throws the signal's reason; the first environment or usage error (a full disk fails every part alike); when all parts that were
 *   tried failed, the error of the first of them; otherwise LongattnError PARTS_FAILED, after the rest has been done
 */
export async function runParts(options: RunPartsOptions): Promise<LedgerRecord[]> {
  const { stage, ledger, onProgress, make, share } = options;
  const drain = share?.drain;
  const records = new Map<number, LedgerRecord>();
  const pending: number[] = [];
  const done = (part: number, record: LedgerRecord): void => {
    records.set(part, record);
    options.onPart?.(part, record);
  };
  const listed = share?.trustListing ? await ledger.listed() : undefined;
  if (listed) pending.push(...options.parts.filter((part) => !listed.has(part)));
  const looked = listed ? [] : options.parts;
  let at = 0;
  for await (const state of ledger.inspectAll(looked.map(partName), options.check)) {
    options.signal?.throwIfAborted();
    const part = looked[at++]!;
    if (state.status === 'done') done(part, state.record);
    else pending.push(part);
    if (state.status === 'changed') {
      onProgress?.({ type: 'warning', code: 'PART_CHANGED', message: `${state.reason}: it is made again` });
    }
  }
  onProgress?.({
    type: 'stage-start',
    stage,
    parts: options.parts.length,
    done: options.parts.length - pending.length,
  });
  options.onPending?.(pending);

  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const failures: { part: number; error: unknown }[] = [];
  const queue = new PartQueue({
    ...{ stage, ledger, stay: share?.stay ?? false, leases: share?.leases, failures: share?.failures },
    ...{ ready: options.ready, pollMs: share?.pollMs, stragglerMs: share?.stragglerMs },
    parts: from(pending, options.parts.length * (share?.start ?? 0)),
    onDone: async (part) => void (await doneByAnother(part)),
  });
  /** A process that was given the same part by mistake may have finished it (and tidied up) under this one. */
  const doneByAnother = async (part: number): Promise<boolean> => {
    const state = await ledger.inspect(partName(part), 'size').catch(() => undefined);
    if (state?.status === 'done') done(part, state.record);
    return state?.status === 'done';
  };
  const worker = async (): Promise<void> => {
    for (;;) {
      const taken = await queue.next(signal, drain).catch((error: unknown) => {
        if (!signal.aborted) stop.abort(error);
      });
      if (!taken) return;
      const { part } = taken;
      const started = performance.now();
      try {
        const record = await make(part, signal);
        queue.end(part, (performance.now() - started) / 1000);
        done(part, record);
        await share?.failures.forget(nameOf(stage, part));
        onProgress?.({ type: 'part-done', stage, part, counts: record.counts });
      } catch (error) {
        if (signal.aborted || (drain?.aborted && error === drain.reason)) return;
        queue.end(part);
        if (await doneByAnother(part)) continue;
        failures.push({ part, error });
        if (!isOfThisPart(error)) stop.abort(error);
        else
          onProgress?.({
            type: 'warning',
            code: 'PART_FAILED',
            message: `${stage} ${partName(part)}: ${messageOf(error)}`,
          });
        if (isOfThisPart(error)) await share?.failures.add(nameOf(stage, part), error);
      } finally {
        await taken.release();
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, pending.length) }, worker));
  signal.throwIfAborted();
  if (failures.length > 0) {
    failures.sort((a, b) => a.part - b.part);
    throw options.explain?.(failures.map(({ error }) => error)) ?? failureOf(stage, failures, pending.length);
  }
  if (queue.left.size > 0) throw leftAlone(stage, queue.left);
  const all = options.parts.flatMap((part) => records.get(part) ?? []);
  onProgress?.({ type: 'stage-done', stage, counts: totalCounts(all) });
  return all;
}

const nameOf = (stage: StageName, part: number): string => `${stage}-${partName(part)}`;

/** Those from `start` on, then those before it. */
function from(parts: readonly number[], start: number): number[] {
  return [...parts.filter((part) => part >= start), ...parts.filter((part) => part < start)];
}

function leftAlone(stage: StageName, parts: ReadonlySet<number>): LongattnError {
  const names = [...parts].slice(0, NAMED_FAILURES).map(partName).join(', ');
  return new LongattnError(
    'PARTS_FAILED',
    `${counted(parts.size, 'part')} of ${stage} left alone after too many failures (${names}${parts.size > NAMED_FAILURES ? ', ...' : ''}). ` +
      '`longattn status RUN` has the reasons. Mend the cause, then start the run anew with `longattn plan` or `longattn slurm`.',
  );
}

function totalCounts(records: readonly LedgerRecord[]): Record<string, number> {
  const totals: Record<string, number> = {};
  for (const { counts } of records) {
    for (const [name, count] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + count;
  }
  return totals;
}

/** Bad data may concern one part only; a missing file system, a wrong option or a fault of ours concerns all. */
function isOfThisPart(error: unknown): boolean {
  return error instanceof LongattnError && error.kind === 'data';
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function failureOf(stage: StageName, failures: { part: number; error: unknown }[], tried: number): unknown {
  if (failures.length === tried) return failures[0]!.error;
  const named = failures.slice(0, NAMED_FAILURES).map(({ part, error }) => `${partName(part)}: ${messageOf(error)}`);
  const rest = failures.length > NAMED_FAILURES ? `; and ${failures.length - NAMED_FAILURES} more` : '';
  return new LongattnError(
    'PARTS_FAILED',
    `${failures.length} of ${tried} parts of ${stage} failed (${named.join('; ')}${rest}). The others are done. ` +
      'Mend the cause and run the same command again: only these parts are made.',
    { cause: failures[0]!.error },
  );
}
