import { describe, expect, it } from '@jest/globals';
import { parseSpec } from '../../src/options/spec.js';
import type { RunOptions } from '../../src/options/run-options.js';

const choice = (tells: boolean): RunOptions => ({
  input: ['book=moby.txt'],
  model: 'm',
  output: 'RUN',
  score: 'last-recurrence-2',
  _found: {
    model: { path: 'm', revision: 'r' },
    chosen: { score: 'last-recurrence-2', k: 1024 },
    certificate: { sha256: 'c', tells, page: 'page' },
  },
});

describe('a choice with a certificate', () => {
  it('is refused where it tells nothing, unless it is forced', () => {
    expect(() => parseSpec(choice(false))).toThrow(expect.objectContaining({ code: 'CHOICE_TELLS_NOTHING' }));
    expect(parseSpec({ ...choice(false), forceChoice: true })).toMatchObject({ score: 'last-recurrence-2' });
  });

  it('may be a count, without layer and heads', () => {
    expect(parseSpec(choice(true))).toMatchObject({ layers: [0], heads: 'all' });
    expect(() => parseSpec({ ...choice(true), layers: 'auto' })).toThrow(
      expect.objectContaining({ code: 'CHOICE_MISSING' }),
    );
  });
});
