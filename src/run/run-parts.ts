// Make the parts of a stage that are not done: several at once, going on where one fails, ending early only where going on is vain.
import { LongattnError } from '../base/errors.js';
import type { OnProgress, StageName } from '../base/events.js';
import { partName, type Ledger, type LedgerCheck, type LedgerRecord } from './ledger.js';

/** So many failed parts are named in the error; the rest is counted. */
const NAMED_FAILURES = 5;

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
  /** Called once with the parts that are not done. */
  onPending?: (parts: readonly number[]) => void;
  /** Called with every part that is there, as soon as that is known: done before, or made now. */
  onPart?: (part: number, record: LedgerRecord) => void;
  onProgress?: OnProgress | undefined;
}

/** The parts of shard `index` (from 1) of `count`: p mod count = index - 1. */
export function partsOfShard(
  parts: number,
  shard: { index: number; count: number } = { index: 1, count: 1 },
): number[] {
  return Array.from({ length: parts }, (_, part) => part).filter((part) => part % shard.count === shard.index - 1);
}

/**
 * @returns the ledger entries of all parts, done before or now, in the order of `parts`
 * @throws the signal's reason; the first environment or usage error (a full disk fails every part alike); when all parts that were
 *   tried failed, the error of the first of them; otherwise LongattnError PARTS_FAILED, after the rest has been done
 */
export async function runParts(options: RunPartsOptions): Promise<LedgerRecord[]> {
  const { stage, ledger, onProgress, make } = options;
  const records = new Map<number, LedgerRecord>();
  const pending: number[] = [];
  const done = (part: number, record: LedgerRecord): void => {
    records.set(part, record);
    options.onPart?.(part, record);
  };
  for (const part of options.parts) {
    options.signal?.throwIfAborted();
    const state = await ledger.inspect(partName(part), options.check);
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
  const queue = pending.values();
  /** A process that was given the same part by mistake may have finished it (and tidied up) under this one. */
  const doneByAnother = async (part: number): Promise<boolean> => {
    const state = await ledger.inspect(partName(part), 'size').catch(() => undefined);
    if (state?.status === 'done') done(part, state.record);
    return state?.status === 'done';
  };
  const worker = async (): Promise<void> => {
    for (const part of queue) {
      if (signal.aborted) return;
      try {
        const record = await make(part, signal);
        done(part, record);
        onProgress?.({ type: 'part-done', stage, part, counts: record.counts });
      } catch (error) {
        if (signal.aborted) return;
        if (await doneByAnother(part)) continue;
        failures.push({ part, error });
        if (!isOfThisPart(error)) stop.abort(error);
        else
          onProgress?.({
            type: 'warning',
            code: 'PART_FAILED',
            message: `${stage} ${partName(part)}: ${messageOf(error)}`,
          });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.workers, pending.length) }, worker));
  signal.throwIfAborted();
  if (failures.length > 0) throw summarise(stage, failures, pending.length);
  const all = options.parts.map((part) => records.get(part)!);
  onProgress?.({ type: 'stage-done', stage, counts: totalCounts(all) });
  return all;
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
  return error instanceof LongattnError && error.exitCode === 3;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function summarise(stage: StageName, failures: { part: number; error: unknown }[], tried: number): unknown {
  failures.sort((a, b) => a.part - b.part);
  if (failures.length === tried) return failures[0]!.error;
  const named = failures.slice(0, NAMED_FAILURES).map(({ part, error }) => `${partName(part)}: ${messageOf(error)}`);
  const rest = failures.length > NAMED_FAILURES ? `; and ${failures.length - NAMED_FAILURES} more` : '';
  return new LongattnError(
    'PARTS_FAILED',
    'partial',
    `${failures.length} of ${tried} parts of ${stage} failed (${named.join('; ')}${rest}). The others are done. ` +
      'Mend the cause and run the same command again: only these parts are made.',
    { cause: failures[0]!.error },
  );
}
