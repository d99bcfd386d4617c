import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AROUND_TOKENS, overAround } from '../../explorer/around.js';

it('is each far mass over the mean of those around it that can look back', () => {
  const far = fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 1200 });
  fc.assert(
    fc.property(far, fc.integer({ min: 1, max: 600 }), (values, k) => {
      const found = overAround(Float32Array.from(values), k);
      expect(found).toHaveLength(values.length);
      for (const i of [0, k - 1, k, k + 1, values.length >> 1, values.length - 1].filter((at) => at < values.length)) {
        const near = values.filter((_, at) => at >= k && Math.abs(at - i) <= AROUND_TOKENS / 2);
        const mean = near.reduce((sum, one) => sum + one, 0) / near.length;
        const expected = i < k || !(mean > 1e-9) ? undefined : values[i]! / mean;
        if (i < k) expect(found[i]).toBe(0);
        else if (expected !== undefined) expect(Math.abs(found[i]! - expected)).toBeLessThan(1e-5 * (1 + expected));
      }
    }),
    { numRuns: 50 },
  );
});

it('has no trend where far mass grows with the place alone', () => {
  const found = overAround(
    Float32Array.from({ length: 4096 }, (_, i) => Math.max(0, i - 1023) / (i + 1)),
    1024,
  );
  expect(Math.max(...found.subarray(2000))).toBeLessThan(1.05);
  expect(Math.min(...found.subarray(2000))).toBeGreaterThan(0.85);
});
