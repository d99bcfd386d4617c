// `longattn status`: how far a run is, from its own files alone. A scheduler's word is not asked: after the death of a node it shows
// dead jobs as running for minutes.
import { isScored, loadRun } from '../run/directory.js';
import type { FailedPart } from '../run/failures.js';
import { kernelsOf } from '../run/kernel.js';
import type { LeaseView } from '../run/leases.js';
import { partName, type Ledger } from '../run/ledger.js';
import { meanTokens } from './plan.js';

/** So many leases are told one by one. */
const SLOWEST = 10;

export interface StageStatus {
  done: number;
  /** At work. */
  leased: number;
  /** Their holder is dead: the next worker takes them. */
  stale: number;
  /** Left alone after they failed too often; `failed` counts those that will be tried again. */
  left: number;
  failed: number;
  /** Nobody is at work on them, and nothing has failed. */
  open: number;
}

export interface HeldLease {
  /** Such as scores-part-00007. */
  name: string;
  host: string;
  pid: number;
  job?: string | undefined;
  heldSeconds: number;
  stale: boolean;
}

export interface RunStatus {
  run: string;
  parts: number;
  complete: boolean;
  windows: StageStatus;
  /** Absent in a run without a model. */
  scores?: StageStatus;
  /** Processes that hold a lease. */
  workers: number;
  /** Of all workers that have scored a part; absent before. */
  tokensPerSecond?: number;
  secondsLeft?: number;
  /** Held longest first. */
  leases: HeldLease[];
  failures: FailedPart[];
  /** More than one: the run was let mix them. */
  kernels: string[];
}

/** @throws LongattnError RUN_MISSING, RUN_UNREADABLE, RUN_FORMAT */
export async function status(dir: string): Promise<RunStatus> {
  const run = await loadRun(dir);
  const { parts } = run.manifest;
  const views = await run.leases.list();
  const failures = [...(await run.failures.list()).values()];
  const windows = await stageStatus('windows', run.windows, parts, views, failures);
  const scores = isScored(run.manifest) ? await stageStatus('scores', run.scores, parts, views, failures) : undefined;
  const live = views.filter(({ stale, record }) => !stale && record);
  const rates = new Map(
    live.flatMap(({ record }) => (record?.tokensPerSecond ? [[holder(record), record.tokensPerSecond]] : [])),
  );
  const tokensPerSecond = [...rates.values()].reduce((sum, rate) => sum + rate, 0);
  const tokens = tokensPerSecond > 0 ? await meanTokens(run.scores, [...(await run.scores.listed())]) : undefined;
  return {
    ...{ run: dir, parts, complete: windows.done === parts && (!scores || scores.done === parts), windows },
    ...(scores && { scores }),
    workers: new Set(live.map(({ record }) => holder(record!))).size,
    ...(tokensPerSecond > 0 && { tokensPerSecond }),
    ...(tokens !== undefined && scores && { secondsLeft: (tokens * (parts - scores.done)) / tokensPerSecond }),
    leases: views
      .sort((a, b) => b.heldMs - a.heldMs)
      .slice(0, SLOWEST)
      .map(held),
    failures,
    kernels: await kernelsOf(run),
  };
}

const holder = ({ place, pid }: { place: string; pid: number }): string => `${place} ${pid}`;

function held({ name, record, heldMs, stale }: LeaseView): HeldLease {
  const { host = '?', pid = 0, job } = record ?? {};
  return { name, host, pid, ...(job !== undefined && { job }), heldSeconds: Math.round(heldMs / 1000), stale };
}

async function stageStatus(
  stage: string,
  ledger: Ledger,
  parts: number,
  views: readonly LeaseView[],
  failures: readonly FailedPart[],
): Promise<StageStatus> {
  const done = await ledger.listed();
  // A part may be leased twice, and have failed elsewhere while it is: it counts once, by the best that is known of it.
  const names = new Map<string, keyof StageStatus>();
  for (const { name, left } of failures) names.set(name, left ? 'left' : 'failed');
  for (const { name, stale } of [...views].sort((a, b) => Number(b.stale) - Number(a.stale)))
    names.set(name.replace(/\.second$/, ''), stale ? 'stale' : 'leased');
  const result: StageStatus = { done: 0, leased: 0, stale: 0, left: 0, failed: 0, open: 0 };
  for (let part = 0; part < parts; part++) {
    result[done.has(part) ? 'done' : (names.get(`${stage}-${partName(part)}`) ?? 'open')]++;
  }
  return result;
}
