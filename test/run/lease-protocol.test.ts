// The protocol by which workers share a run, on a simulated clock and a disk that lags as a bad network disk does: whatever dies, stops or
// is seen late, never a wrong byte and always an end.
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { hash32 } from '../../src/base/random.js';
import { writeTextAtomically } from '../../src/io/atomic-file.js';
import { Failures } from '../../src/run/failures.js';
import { Ledger, partName } from '../../src/run/ledger.js';
import { Leases } from '../../src/run/leases.js';
import { runParts } from '../../src/run/run-parts.js';
import { LaggingDisk } from '../support/lagging-disk.js';

const MINUTE = 60_000;
const PARTS = 12;
/** Parts take up to half an hour: far less than a lease's ten minutes without a beat, and more. */
const LONGEST_PART = 30 * MINUTE;
/** All of it by one worker, twice over, and the longest pause. */
const END = 2 * PARTS * LONGEST_PART + 24 * 60 * MINUTE;
const LEDGER = ['/run/windows', 'hash'] as const;

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate', 'performance'] }));
afterEach(() => void jest.useRealTimers());

/** What becomes of a worker, in milliseconds since the beginning. */
const fate = fc.record({
  begins: fc.integer({ min: 0, max: 40 * MINUTE }),
  /** Nothing is heard of it from then on. */
  dies: fc.option(fc.integer({ min: 0, max: 120 * MINUTE }), { nil: undefined }),
  stops: fc.option(
    fc.record({
      at: fc.integer({ min: 0, max: 120 * MINUTE }),
      for: fc.integer({ min: MINUTE, max: 8 * 60 * MINUTE }),
    }),
    { nil: undefined },
  ),
});
type Fate = typeof fate extends fc.Arbitrary<infer F> ? F : never;

/** @returns how often a part was made, or undefined where it did not end */
async function simulate(seed: number, lagMs: number, fates: readonly Fate[]) {
  jest.clearAllTimers(); // of the dead before
  const disk = new LaggingDisk((file, version, reader) => lagMs * share(`${file} ${version} ${reader}`));
  const share = (text: string): number => hash32(seed, text) / 2 ** 32;
  const made: number[] = [];
  const live = new Set<number>();
  const work = async (who: number, { begins, dies, stops }: Fate): Promise<void> => {
    if (dies !== undefined) setTimeout(() => disk.stoppedUntil.set(who, Infinity), dies);
    if (stops && !(dies! < stops.at + stops.for)) {
      setTimeout(() => disk.stoppedUntil.set(who, Date.now() + stops.for), stops.at);
    }
    await sleep(begins);
    const fs = disk.view(who);
    await using leases = new Leases('/run/leases', { fs });
    const ledger = new Ledger(...LEDGER, fs);
    await runParts({
      ...{ stage: 'windows', workers: 1 + (who % 2), ledger },
      parts: Array.from({ length: PARTS }, (_, part) => part),
      share: {
        ...{ leases, failures: new Failures('/run/failed', fs), stay: true, trustListing: true },
        ...{ start: share(`start ${who}`), pollMs: MINUTE / 2 },
      },
      make: async (part) => {
        await sleep(share(`${part} by ${who}`) * LONGEST_PART);
        made.push(part);
        const written = await writeTextAtomically(ledger.file(partName(part)), `part ${part}`, fs);
        return ledger.commit(partName(part), written, { rows: 1, counts: {} });
      },
    });
    live.delete(who);
  };
  const errors: unknown[] = [];
  fates.forEach((each, who) => {
    if (each.dies === undefined) live.add(who);
    void work(who, each).catch((error: unknown) => errors.push(error));
  });
  const began = Date.now();
  while (live.size > 0 && errors.length === 0 && Date.now() - began < END) await jest.advanceTimersByTimeAsync(MINUTE);
  return { disk, made, errors, left: live.size };
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function expectAllDone(disk: LaggingDisk): Promise<void> {
  const ledger = new Ledger(...LEDGER);
  const later = new Ledger(...LEDGER, disk.view(-1));

  await jest.advanceTimersByTimeAsync(2 * MINUTE);
  for (let part = 0; part < PARTS; part++) {
    expect(disk.whole(ledger.file(partName(part)))?.toString()).toBe(`part ${part}`);
    expect(await later.inspect(partName(part), 'size')).toMatchObject({
      status: 'done',
      record: { bytes: `part ${part}`.length },
    });
  }
}

it('on a prompt disk, where nobody dies or stops and none is slow, makes every part once', async () => {
  const fates = Array.from({ length: 4 }, () => ({ begins: 0, dies: undefined, stops: undefined }));
  const { disk, made, errors, left } = await simulate(3, 0, fates);
  expect({ errors, left, twice: disk.believedTwice }).toEqual({ errors: [], left: 0, twice: 0 });
  expect([...new Set(made)].length).toBe(PARTS);
  await expectAllDone(disk);
});

it('ends with the right bytes, whatever is seen late, dies and stops', async () => {
  let twice = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.integer({ min: 0, max: MINUTE }),
      fc.array(fate, { minLength: 0, maxLength: 5 }),
      fate,
      async (seed, lagMs, fates, last) => {
        const { disk, errors, left } = await simulate(seed, lagMs, [...fates, { ...last, dies: undefined }]);
        expect({ errors, left }).toEqual({ errors: [], left: 0 });
        await expectAllDone(disk);
        twice += disk.believedTwice;
      },
    ),
    { numRuns: 40 },
  );
  // The property says something only where leases were lost.
  expect(twice).toBeGreaterThan(0);
});
