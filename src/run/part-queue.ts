// Which part next: the order in which any number of workers, started anywhere at any time, share the parts of a run without a server.
//
// A worker begins at its own place and takes any open part, then those whose holders are dead, then the one that is leased longest a
// second time, so that one slow machine does not hold up all. It tries a part once: what fails here may succeed elsewhere.
import type { Failures } from './failures.js';
import { partName, type Ledger } from './ledger.js';
import type { Lease, Leases } from './leases.js';

/** A part is a straggler when it is held so long, and as many times as long as this worker needs for one. */
const STRAGGLER_MS = 600_000;
const STRAGGLER_TIMES = 3;
const POLL_MS = 2000;
const LONGEST_PAUSE_MS = 60_000;
/** A worker that waits looks at so many leases at a time, and the more there are the seldomer: thousands would drown a file system. */
export const LOOKED_AT = 100;

/** Parts that wait for another stage, in this process or elsewhere. */
export interface Readiness {
  has(part: number): boolean;
  /** Look at what other processes have done. */
  refresh(): Promise<void>;
  /** Resolves when a part becomes ready here. */
  changed(): Promise<void>;
  /** No further part becomes ready here. */
  ended(): boolean;
}

export interface QueueOptions {
  stage: string;
  /** Those that are not done, in the order in which they are to be made. */
  parts: readonly number[];
  ledger: Ledger;
  /** Without them this process has the parts for itself. */
  leases?: Leases | undefined;
  failures?: Failures | undefined;
  ready?: Readiness | undefined;
  /** Stay until every part is done, made here or elsewhere. Otherwise end when there is nothing to take. */
  stay: boolean;
  /** A part that another process has finished. */
  onDone: (part: number) => Promise<void>;
  pollMs?: number | undefined;
  stragglerMs?: number | undefined;
}

export interface Taken {
  part: number;
  release(): Promise<void>;
}

export class PartQueue {
  private readonly open: Set<number>;
  private readonly tried = new Set<number>();
  private turn: Promise<unknown> = Promise.resolve();
  private fastest = Infinity;
  private looked = false;
  /** Parts for this worker that others had at its last look. */
  private held = 0;
  /** Parts that are left alone, because they failed too often. */
  readonly left = new Set<number>();

  constructor(private readonly options: QueueOptions) {
    this.open = new Set(options.parts);
  }

  /**
   * The next part for a worker of this process, or undefined when there is none for it.
   * @throws the signal's reason
   */
  next(signal: AbortSignal, drain?: AbortSignal): Promise<Taken | undefined> {
    // One at a time: the workers of a process must not try for the same lease.
    const turn = this.turn.then(() => this.find(signal, drain));
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  /** The part is there, or has failed here. */
  end(part: number, seconds?: number): void {
    this.open.delete(part);
    if (seconds !== undefined) this.fastest = Math.min(this.fastest, seconds);
  }

  private async find(signal: AbortSignal, drain?: AbortSignal): Promise<Taken | undefined> {
    if (!this.looked) await this.refresh();
    this.looked = true;
    const began = Date.now();
    for (;;) {
      signal.throwIfAborted();
      if (drain?.aborted) return undefined;
      const taken = (await this.takeOpen(signal)) ?? (await this.takeHeld());
      if (taken) return taken;
      if (!(await this.isWorthWaiting())) return undefined;
      await this.pause(Date.now() - began, signal, drain);
      await this.refresh();
    }
  }

  private get untried(): number[] {
    return [...this.open].filter((part) => !this.tried.has(part) && !this.left.has(part));
  }

  private async takeOpen(signal: AbortSignal): Promise<Taken | undefined> {
    const { leases, ready } = this.options;
    const parts = this.untried;
    if (parts.length === 0) return undefined;
    const held = new Set(await leases?.names());
    for (const part of parts) {
      signal.throwIfAborted();
      if (held.has(this.name(part)) || (ready && !ready.has(part))) continue;
      if (!leases) return this.taken(part, undefined);
      const lease = await leases.take(this.name(part));
      const taken = lease && (await this.unlessDone(part, lease));
      if (taken) return taken;
    }
    return undefined;
  }

  /** Of the dead, or of the slow. */
  private async takeHeld(): Promise<Taken | undefined> {
    const { leases, ready, stay, stragglerMs = STRAGGLER_MS } = this.options;
    if (!leases) return undefined;
    const names = new Map(
      this.untried.filter((part) => ready?.has(part) ?? true).map((part) => [this.name(part), part]),
    );
    if (names.size === 0) return undefined;
    const held = (await leases.names()).filter((name) => names.has(name.replace(SECOND, '')));
    this.held = held.length;
    // A worker that does not stay ends after this look, and looks at all.
    const views = await leases.list(stay ? some(held, LOOKED_AT) : held);
    for (const { name, stale } of views) {
      const part = names.get(name.replace(SECOND, ''));
      if (!stale || part === undefined) continue;
      const lease = await leases.takeOver(name);
      const taken = lease && (await this.unlessDone(part, lease));
      if (taken) return taken;
    }
    const slow = Math.max(stragglerMs, 1000 * STRAGGLER_TIMES * (this.fastest === Infinity ? 0 : this.fastest));
    const stragglers = views.filter(({ name, heldMs }) => names.has(name) && heldMs > slow);
    for (const { name } of stragglers.sort((a, b) => b.heldMs - a.heldMs)) {
      const lease = await leases.take(`${name}.second`);
      const taken = lease && (await this.unlessDone(names.get(name)!, lease));
      if (taken) return taken;
    }
    return undefined;
  }

  /** Another may have finished it between our look and our lease. */
  private async unlessDone(part: number, lease: Lease): Promise<Taken | undefined> {
    if ((await this.options.ledger.inspect(partName(part), 'size')).status !== 'done') return this.taken(part, lease);
    await lease.release();
    await this.done(part);
    return undefined;
  }

  private taken(part: number, lease: Lease | undefined): Taken {
    this.tried.add(part);
    return { part, release: async () => lease?.release() };
  }

  private async done(part: number): Promise<void> {
    if (this.open.delete(part)) await this.options.onDone(part);
  }

  private async isWorthWaiting(): Promise<boolean> {
    const { ready, stay } = this.options;
    const coming = ready && !ready.ended() ? this.untried.filter((part) => !ready.has(part)) : [];
    if (!stay) return coming.length > 0;
    return coming.length > 0 || this.untried.some((part) => ready?.has(part) ?? true);
  }

  private async refresh(): Promise<void> {
    const { leases, failures, ready, ledger } = this.options;
    if (!leases) return;
    await ready?.refresh();
    const listed = await ledger.listed();
    for (const part of this.untried) {
      if (listed.has(part) && (await ledger.inspect(partName(part), 'size')).status === 'done') await this.done(part);
    }
    for (const { name, left } of (await failures?.list())?.values() ?? []) {
      const part = this.partOf(name);
      if (left && part !== undefined) this.left.add(part);
    }
  }

  private async pause(waitedMs: number, signal: AbortSignal, drain: AbortSignal | undefined): Promise<void> {
    const { ready, pollMs = POLL_MS } = this.options;
    let stop = (): void => undefined;
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    // Not all at once, where thousands wait.
    const timer = setTimeout(stop, pauseMs(pollMs, this.held, waitedMs) * (0.75 + Math.random() / 2));
    signal.addEventListener('abort', stop, { once: true });
    drain?.addEventListener('abort', stop, { once: true });
    try {
      await Promise.race([stopped, ready?.changed() ?? stopped]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      drain?.removeEventListener('abort', stop);
    }
  }

  private name(part: number): string {
    return `${this.options.stage}-${partName(part)}`;
  }

  private partOf(name: string): number | undefined {
    const match = /^(\w+)-part-(\d+)$/.exec(name);
    return match?.[1] === this.options.stage ? Number(match[2]) : undefined;
  }
}

const SECOND = /\.second$/;

/**
 * Between two looks of a worker that waits: so long that all who wait make few calls together.
 * @param held leases of others
 * @param waitedMs since it had a part: a tenth of it is no loss, nor is a minute
 */
export function pauseMs(pollMs: number, held: number, waitedMs: number): number {
  return Math.max(pollMs, (pollMs * held) / LOOKED_AT, Math.min(waitedMs / 10, LONGEST_PAUSE_MS));
}

/** So many of them, in their order, from a place by chance: those who wait do not all look at the same. */
function some<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  const start = Math.floor(Math.random() * items.length);
  return [...items.slice(start), ...items.slice(0, start)].slice(0, most);
}
