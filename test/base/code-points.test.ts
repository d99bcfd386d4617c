import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { codePointCount, codePointSlicer } from '../../src/base/code-points.js';

describe('codePointSlicer', () => {
  it('slices as an array of code points does', () => {
    const text = fc
      .array(fc.constantFrom('a', 'é', '字', '😀', '🇵🇱'), { maxLength: 3000 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.nat({ max: 4000 }), fc.nat({ max: 4000 }), (value, a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a];
        expect(codePointCount(value)).toBe([...value].length);
        expect(codePointSlicer(value)(start, end)).toBe([...value].slice(start, end).join(''));
      }),
    );
  });
});
