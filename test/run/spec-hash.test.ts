import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, hashJson, type Json } from '../../src/io/canonical-json.js';
import { requireSameSpec, stageHashes } from '../../src/run/spec-hash.js';

describe('canonicalJson', () => {
  it('spells a value one way, whatever the order of its keys', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'ü' }], a: undefined, A: true })).toBe(
      '{"A":true,"b":[1,{"c":"ü","d":null}]}',
    );
  });

  it('parses back to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('refuses numbers that JSON has no form for', () => {
    expect(() => canonicalJson({ alpha: NaN })).toThrow('NaN');
  });
});

describe('stageHashes', () => {
  const stages = (windows: number, scores: number) =>
    stageHashes(
      [
        ['windows', { window: windows }],
        ['scores', { k: scores }],
      ],
      { inputs: [] },
    );

  it('changes a stage and those after it, not those before it', () => {
    expect(stages(4, 1)).toEqual(stages(4, 1));
    expect(stages(4, 2).windows).toBe(stages(4, 1).windows);
    expect(stages(4, 2).scores).not.toBe(stages(4, 1).scores);
    expect(stages(8, 1).windows).not.toBe(stages(4, 1).windows);
    expect(stages(8, 1).scores).not.toBe(stages(4, 1).scores);
  });

  it('depends on the inputs', () => {
    expect(stageHashes([['windows', {}]], { inputs: [{ path: 'a', bytes: 1 }] })).not.toEqual(
      stageHashes([['windows', {}]], { inputs: [] }),
    );
    expect(hashJson({ a: 1 })).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe('requireSameSpec', () => {
  it('tells inputs as they were typed, and what was not given', () => {
    const input = (name: string) => [{ domain: 'code', patterns: [name] }, { patterns: ['b'] }];
    expect(() => requireSameSpec('RUN', { input: input('a.jsonl') }, { input: input('c.jsonl') })).toThrow(
      'input must not be "code=c.jsonl b" in RUN: that run was started with "code=a.jsonl b".',
    );
    expect(() => requireSameSpec('RUN', { limit: 3 }, {})).toThrow('limit must not be none in RUN');
  });

  it('names the option, the old value and the new one', () => {
    expect(() => requireSameSpec('RUN', { window: 32768, k: 'quarter' }, { window: 4096, k: 'quarter' })).toThrow(
      expect.objectContaining({
        code: 'SPEC_CHANGED',
        exitCode: 2,
        message: expect.stringMatching(/^window must not be 4096 in RUN: .* with 32768\./),
      }),
    );
  });

  it('sees an option that is given now and was absent, and the other way round', () => {
    expect(() => requireSameSpec('RUN', {}, { limit: 5 })).toThrow('limit must not be 5');
    expect(() => requireSameSpec('RUN', { limit: 5 }, {})).toThrow('limit must not be none');
    expect(() => requireSameSpec('RUN', { a: undefined, b: [1] }, { b: [1] })).not.toThrow();
  });
});
