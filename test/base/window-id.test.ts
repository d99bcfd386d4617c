import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { colonIn, decimalIn, documentOf, firstTokenOf, makeWindowId } from '../../src/base/window-id.js';

describe('ids of windows', () => {
  it('say document and first token again, as text and as bytes, whatever the key holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', ':', '7', 'é', '😀') }), fc.nat(0x7fffffff), (key, start) => {
        const id = makeWindowId(key, start);
        expect([documentOf(id), firstTokenOf(id)]).toEqual([key, start]);
        const bytes = Buffer.from(`x:1${id}x:2`);
        const [from, end] = [3, bytes.length - 3];
        const colon = colonIn(bytes, from, end);
        expect(bytes.subarray(from, colon).toString()).toBe(key);
        expect(decimalIn(bytes, colon + 1, end)).toBe(start);
      }),
    );
  });

  it('what is none has no colon, or no number', () => {
    const [none, letters, empty] = ['doc', 'doc:1x', 'doc:'].map((text) => Buffer.from(text));
    expect(colonIn(none!, 0, 3)).toBe(-1);
    expect(decimalIn(letters!, 4, 6)).toBeNaN();
    expect(decimalIn(empty!, 4, 4)).toBeNaN();
  });
});
