import { describe, expect, it } from '@jest/globals';
import { MAX_PARTS } from '../../src/base/part-count.js';
import { LongattnError } from '../../src/base/errors.js';
import { makeManifest, parseManifest } from '../../src/run/manifest.js';

const text = (parts: number): string =>
  JSON.stringify(
    makeManifest({ spec: {}, specHash: 'a', hashes: { windows: 'a', scores: 'b' }, versions: {}, inputs: [], parts }),
  );

describe('the number of parts in run.json', () => {
  it('may be the largest that is planned', () => {
    expect(parseManifest(text(MAX_PARTS), 'run.json').parts).toBe(MAX_PARTS);
  });

  // Work lists are made of it: two thousand million of them end the process.
  it.each([MAX_PARTS + 1, 2 ** 31, 2 ** 53, -1, 0.5])('is refused as damage when it is %d', (parts) => {
    const parse = (): unknown => parseManifest(text(parts), 'run.json');
    expect(parse).toThrow(LongattnError);
    expect(parse).toThrow(/^run\.json is no run description: parts: /);
  });
});
