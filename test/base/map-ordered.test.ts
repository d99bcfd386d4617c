import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { setImmediate } from 'node:timers/promises';
import { mapOrdered } from '../../src/base/map-ordered.js';

async function* numbers(count: number, onClose = (): void => undefined): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) yield i;
  } finally {
    onClose();
  }
}

describe('mapOrdered', () => {
  it('keeps the order and the bounds on what is in flight', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 12 }),
        async (delays, concurrency, maxWeight) => {
          let [running, weight, most] = [0, 0, 0];
          const results: number[] = [];
          const work = async (i: number): Promise<number> => {
            running++;
            weight += i;
            most = Math.max(most, running);
            if (running > 1) expect(weight).toBeLessThanOrEqual(maxWeight);
            for (let turn = 0; turn < delays[i]!; turn++) await setImmediate();
            running--;
            weight -= i;
            return i * 10;
          };
          const options = { concurrency, maxWeight, weigh: (i: number) => i };
          for await (const result of mapOrdered(numbers(delays.length), work, options)) results.push(result);
          expect(results).toEqual(delays.map((_, i) => i * 10));
          expect(most).toBeLessThanOrEqual(concurrency);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('closes the source when the consumer stops, and when work fails after the results before it', async () => {
    let closed = 0;
    const options = { concurrency: 3, maxWeight: 10, weigh: () => 1 };
    for await (const value of mapOrdered(
      numbers(9, () => closed++),
      async (i) => i,
      options,
    ))
      if (value === 1) break;
    expect(closed).toBe(1);
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      const work = async (i: number): Promise<number> => {
        if (i >= 2) throw new Error(`no ${i}`);
        return i;
      };
      for await (const value of mapOrdered(
        numbers(9, () => closed++),
        work,
        options,
      ))
        seen.push(value);
    };
    await expect(run()).rejects.toThrow('no 2');
    expect(seen).toEqual([0, 1]);
    expect(closed).toBe(2);
  });
});
