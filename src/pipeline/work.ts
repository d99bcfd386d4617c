// A worker: windows and scores of whatever parts are open, among any number of workers that were started anywhere at any time.
//
// It judges the data of its parts and never the whole corpus: that is the business of `finish`, or of the `select` that comes after.
import type { Hooks } from '../base/events.js';
import { LongattnError } from '../base/errors.js';
import { together } from '../base/together.js';
import { requireDevice } from '../native/device.js';
import { WORK, type WorkOptions } from '../options/cluster-options.js';
import { splitRows } from '../options/parse-rows.js';
import type { RunOptions } from '../options/run-options.js';
import { ledgersOf } from '../run/directory.js';
import { PartGate } from '../run/part-gate.js';
import type { Share } from '../run/run-parts.js';
import { logged } from './logged.js';
import { prepare, resolveSpec, type Prepared } from './prepare.js';
import { scoresStage } from './scores-stage.js';
import { startPlace } from './start-place.js';
import { makeWindows } from './windows-stage.js';

export interface WorkHooks extends Hooks {
  /** No further part; what is at work ends after its segment. */
  drain?: AbortSignal | undefined;
}

export interface WorkSummary {
  run: string;
  /** Parts of the run, and how many of them are there now. */
  parts: number;
  windows: number;
  /** Absent in a run without a model. */
  scores?: number;
  /** Parts that were made here. */
  made: { windows: number; scores: number };
  /** Why it ended before there was nothing left to do. */
  stopped?: string;
}

/**
 * @param options of a run, which are needed only where it is not started yet, and those of a worker
 * @throws LongattnError PARTS_FAILED where parts failed here or were left alone, after the others; that of the environment which ended
 *   this worker; and what `run` throws of options, model and inputs
 */
export async function work(options: RunOptions & WorkOptions, hooks: WorkHooks = {}): Promise<WorkSummary> {
  const [{ start, timeLimit, wait, mixedKernels }, raw] = splitRows(WORK, options);
  const place = startPlace(start);
  using drain = drainOf(timeLimit, hooks.drain);
  requireDevice((await resolveSpec(raw)).spec.device);
  const prepared = await prepare(raw, hooks, { sweeps: false, scores: true });
  const { run } = prepared;
  await using leases = run.leases;
  const made = { windows: 0, scores: 0 };
  const watched = watch(prepared, made, hooks);
  await logged('work', prepared, watched, (inner) => {
    const share = { leases, failures: run.failures, stay: wait, start: place, trustListing: true, drain: drain.signal };
    return makeParts(prepared, share, { ...inner, mixedKernels });
  });
  const [windows, scores] = await Promise.all(ledgersOf(run).map(async (ledger) => (await ledger.listed()).size));
  const { parts } = run.manifest;
  const stopped = drain.signal.aborted &&
    (scores ?? windows!) < parts && { stopped: (drain.signal.reason as Error).message };
  return { run: run.dir, parts, windows: windows!, ...(scores !== undefined && { scores }), made, ...stopped };
}

/** Both stages at once. A stage with failed parts does not stop the other: its error is told at the end. */
async function makeParts(prepared: Prepared, share: Share, hooks: Hooks & { mixedKernels: boolean }): Promise<void> {
  const { model } = prepared;
  const ready = new PartGate();
  const failures: unknown[] = [];
  const goOn = (error: unknown): void => {
    if (!(error instanceof LongattnError && (error.kind === 'data' || error.kind === 'partial'))) throw error;
    failures.push(error);
  };
  await together(
    (signal) =>
      makeWindows(prepared, { signal, onProgress: hooks.onProgress, share, onPart: ready.open })
        .catch(goOn)
        .finally(() => ready.close()),
    async (signal) => model && scoresStage({ ...prepared, model }, { ...hooks, signal, share, ready }).catch(goOn),
    { signal: hooks.signal, letsFirstFinish: () => false },
  );
  if (failures.length > 0) throw failures[0];
}

/** Counts what is made here, and tells the others how fast that is. */
function watch({ run }: Prepared, made: { windows: number; scores: number }, hooks: WorkHooks): Hooks {
  let tokens = 0;
  let began: number | undefined;
  return {
    signal: hooks.signal,
    onProgress: (event) => {
      if (event.type === 'stage-start' && event.stage === 'scores') began = performance.now();
      if (event.type === 'part-done' && (event.stage === 'windows' || event.stage === 'scores')) {
        made[event.stage]++;
        if (event.stage === 'scores') {
          tokens += event.counts['tokens'] ?? 0;
          run.leases.tokensPerSecond = (1000 * tokens) / (performance.now() - began!);
        }
      }
      hooks.onProgress?.(event);
    },
  };
}

/** Fires at the time limit, or with the signal that is given. */
function drainOf(seconds: number | undefined, given: AbortSignal | undefined): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = (): void =>
    controller.abort(new LongattnError('STOPPED', `the time limit of ${seconds} seconds was reached`));
  // A timer of Node reaches 24 days.
  const timer = seconds === undefined ? undefined : setTimeout(stop, Math.min(1000 * seconds, 2 ** 31 - 1)).unref();
  const signal = given ? AbortSignal.any([given, controller.signal]) : controller.signal;
  return { signal, [Symbol.dispose]: () => clearTimeout(timer) };
}
