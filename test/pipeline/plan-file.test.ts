import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { InputPart } from '../../src/corpus/plan.js';
import { parsePlan, planText } from '../../src/pipeline/plan-file.js';

const PARTS = [0, 1].map((part): InputPart => ({
  part,
  slices: [
    {
      ...{ format: 'jsonl', path: 'a.jsonl', name: 'a.jsonl', bytes: 100, domain: 'd', compression: 'none' },
      range: { start: 50 * part, end: 50 * part + 50, line: 1 + 5 * part },
    },
  ],
}));

describe('a plan', () => {
  it('comes back', () => {
    expect(parsePlan(planText(PARTS))).toEqual(PARTS);
  });

  it('with any change is none', () => {
    const text = planText(PARTS);
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.integer({ min: 32, max: 126 }), (at, code) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        if (changed !== text) expect(parsePlan(changed)).toBeUndefined();
      }),
    );
  });

  it('of an earlier version has no digest, and its form is checked', () => {
    expect(parsePlan(`${JSON.stringify(PARTS)}\n`)).toEqual(PARTS);
    for (const wrong of [
      {},
      [{}],
      [{ part: 0 }],
      [{ part: 1, slices: PARTS[0]!.slices }],
      [{ part: 0, slices: [{}] }],
      [{ part: 0, slices: [{ ...PARTS[0]!.slices[0], domain: 0.5 }] }],
      1,
    ]) {
      expect(parsePlan(JSON.stringify(wrong))).toBeUndefined();
    }
  });
});
