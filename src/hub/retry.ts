// Try again what may go better the next time: cut connections, busy servers. Bounded, so that nothing hangs for ever.
//
// Attempts that made progress do not count: a server that cuts every connection after some megabytes still gives the whole file.
import type { LongattnError } from '../base/errors.js';

/** Attempts without progress before it is given up: waits of 0.5, 1, 2, 4 and 8 s lie between them. */
const MAX_ATTEMPTS = 6;
const FIRST_WAIT_MS = 500;
/** Longest time that a server may ask us to wait, and longest sum of such waits. */
const MAX_ASKED_WAIT_MS = 300_000;

export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** A failure that another attempt may mend. */
export class TransientError extends Error {
  constructor(
    /** Thrown when it is given up. */
    readonly final: LongattnError,
    /** How long the server asks to wait. */
    readonly waitMs?: number,
  ) {
    super(final.message, { cause: final });
  }
}

/**
 * Run `attempt` until it succeeds, fails for good, or is given up.
 * @param progress grows when an attempt got something done, e.g. bytes received
 * @throws what `attempt` throws; for a TransientError its `final`; the signal's reason
 */
export async function retrying<T>(
  attempt: () => Promise<T>,
  options: { sleep: Sleep; signal: AbortSignal; progress?: () => number },
): Promise<T> {
  const progress = options.progress ?? (() => 0);
  let failures = 0;
  let asked = 0;
  for (;;) {
    const before = progress();
    try {
      return await attempt();
    } catch (error) {
      options.signal.throwIfAborted();
      if (!(error instanceof TransientError)) throw error;
      failures = progress() > before ? 1 : failures + 1;
      asked += error.waitMs ?? 0;
      if (failures >= MAX_ATTEMPTS || asked > MAX_ASKED_WAIT_MS) throw error.final;
      const backoff = FIRST_WAIT_MS * 2 ** (failures - 1);
      await options.sleep(Math.max(error.waitMs ?? 0, backoff), options.signal);
    }
  }
}

/** Milliseconds that a busy server asks to wait: Retry-After in seconds or as a date, else the `t=` of RateLimit. */
export function askedWait(headers: Headers, now = Date.now()): number | undefined {
  const after = headers.get('retry-after')?.trim();
  if (after !== undefined && /^\d+$/.test(after)) return Number(after) * 1000;
  const date = after === undefined ? NaN : Date.parse(after);
  if (!Number.isNaN(date)) return Math.max(0, date - now);
  const reset = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '');
  return reset ? Number(reset[1]) * 1000 : undefined;
}
