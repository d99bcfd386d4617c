// What happens in a run, into the log of this process under RUN/logs: versions, stages with counts and seconds, warnings, the end.
//
// Only names and numbers that the run holds anyway are written, never options as they were given or the environment: a log must
// be safe to paste into a bug report.
import { LongattnError } from '../base/errors.js';
import type { Hooks, OnProgress, ProgressEvent, StageName } from '../base/events.js';
import { type JsonObject } from '../io/canonical-json.js';
import type { Run } from '../run/directory.js';
import { openLog, type RunLog } from '../run/log.js';
import type { Spec } from '../options/spec.js';
import { version } from '../base/version.js';
import { fetchedBytes } from '../storage/fetched.js';

/**
 * Do `work` with hooks that also write to the log.
 * @throws what `work` throws
 */
export async function logged<T>(
  command: string,
  { run, spec }: { run: Run; spec: Spec },
  hooks: Hooks,
  work: (hooks: Hooks) => Promise<T>,
): Promise<T> {
  using log = openLog(run.dir);
  const { specHash, versions, parts } = run.manifest;
  const shard = spec.shard && { shard: `${spec.shard.index}/${spec.shard.count}` };
  const { node } = process.versions;
  const started = performance.now();
  const platform = `${process.platform} ${process.arch}`;
  log.write({
    event: 'start',
    command,
    longattn: version,
    node,
    platform,
    startedWith: versions,
    specHash,
    parts,
    ...shard,
  });
  try {
    const result = await work({ ...hooks, onProgress: tee(log, hooks.onProgress) });
    log.write({ event: 'done', seconds: since(started) });
    return result;
  } catch (error) {
    log.write({ event: 'error', ...describe(error), seconds: since(started) });
    throw error;
  }
}

/** Every event but the progress within a stage; the end of a stage with its seconds. */
function tee(log: RunLog, onProgress: OnProgress | undefined): OnProgress {
  const starts = new Map<StageName, number>();
  return (raw) => {
    const event = withFetched(raw);
    if (event.type === 'stage-start') starts.set(event.stage, performance.now());
    if (event.type !== 'progress') log.write(lineOf(event, starts));
    onProgress?.(event);
  };
}

/** Bytes that came from servers since a stage last ended in this process; those that the plan took count for the first. */
function withFetched(event: ProgressEvent): ProgressEvent {
  if (event.type !== 'stage-done') return event;
  const more = fetchedBytes() - told;
  told += more;
  return more === 0 ? event : { ...event, counts: { ...event.counts, 'bytes fetched': more } };
}

let told = 0;

function lineOf({ type, ...rest }: ProgressEvent, starts: ReadonlyMap<StageName, number>): JsonObject {
  const start = type === 'stage-done' && 'stage' in rest ? starts.get(rest.stage) : undefined;
  return { event: type, ...rest, ...(start !== undefined && { seconds: since(start) }) };
}

function describe(error: unknown): JsonObject {
  const code = error instanceof LongattnError ? error.code : 'FAULT';
  return { code, message: error instanceof Error ? error.message : String(error) };
}

function since(start: number): number {
  return Math.round(performance.now() - start) / 1000;
}
