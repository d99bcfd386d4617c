import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunOptions } from '../../src/options/run-options.js';
import { parseSpec } from '../../src/options/spec.js';

const minimal = { input: ['book=moby.txt'], model: 'm', output: 'run' };

describe('parseSpec', () => {
  it('fills the defaults of the paper', () => {
    const spec = parseSpec(minimal);
    expect(spec).toMatchObject({
      window: 32_768,
      layers: [0],
      k: 8192,
      kRule: 'quarter',
      alpha: 0.5,
      std: 'zscore',
      keep: 0.125,
      heads: 'all',
    });
    expect(spec.input).toEqual([{ domain: 'book', patterns: ['moby.txt'] }]);
  });

  it('reads text as the CLI, the environment and a config file give it', () => {
    const spec = parseSpec({
      ...minimal,
      window: '4096',
      layers: '7,0',
      keep: '12.5%',
      memory: '512MiB',
      shard: '2/8',
      tokens: 'true',
      k: '1024',
    });
    expect(spec).toMatchObject({
      window: 4096,
      layers: [0, 7],
      keep: 0.125,
      memory: 536_870_912,
      shard: { index: 2, count: 8 },
      tokens: true,
      k: 1024,
    });
    expect(parseSpec({ ...minimal, keepTokens: '1.5B', quota: 'book=60%,code=0.4' })).toMatchObject({
      keepTokens: 1_500_000_000,
      quota: { book: 0.6, code: 0.4 },
    });
  });

  it('takes layer and heads of a choice where they are "auto", and only then', () => {
    const _found = { model: { path: 'm', revision: 'r' }, chosen: { layer: [21], heads: [3, 7], score: 'content' } };
    const choice = { ...minimal, _found, _note: 'for people', layers: [21], heads: [3, 7] };
    expect(parseSpec({ ...choice, layers: 'auto', heads: 'auto' })).toMatchObject({ layers: [21], heads: [3, 7] });
    expect(parseSpec({ ...choice, heads: 'all' })).toMatchObject({ layers: [21], heads: 'all' });
    expect(parseSpec(choice)._found).toEqual(_found);
    expect(parseSpec(choice)).not.toHaveProperty('_note');
    for (const name of ['layers', 'heads']) {
      expect(() => parseSpec({ ...minimal, [name]: 'auto' })).toThrow(
        expect.objectContaining({ code: 'CHOICE_MISSING', exitCode: 2, message: expect.stringContaining(name) }),
      );
    }
    expect(() => parseSpec({ ...minimal, _found: { model: 7 } })).toThrow('take the whole file');
  });

  it('reads the guard rails of a selection', () => {
    expect(parseSpec(minimal)).toMatchObject({ temperature: 0, seed: 1, removalReport: false, maxOverlap: 1 });
    const given = { maxPerDocument: '3', temperature: '0.5', seed: '7', removalReport: 'true' } as const;
    expect(parseSpec({ ...minimal, ...given })).toMatchObject({
      maxPerDocument: 3,
      temperature: 0.5,
      seed: 7,
      removalReport: true,
    });
  });

  it('keeps a "=" that belongs to the path', () => {
    expect(parseSpec({ ...minimal, input: 'moby.txt' }).input).toEqual([{ domain: 'all', patterns: ['moby.txt'] }]);
    const spec = parseSpec({ ...minimal, input: ['data/year=2024/*.parquet', 'code=a=b.txt'], domainField: 'kind' });
    expect(spec.input).toEqual([{ patterns: ['data/year=2024/*.parquet'] }, { domain: 'code', patterns: ['a=b.txt'] }]);
  });

  it.each([
    [{ window: 'abc' }, 'window must not be "abc". It must be a whole number of tokens, at least 1.'],
    [{ window: '0' }, 'window must not be "0".'],
    [{ window: 1.5 }, 'window must not be 1.5.'],
    [{ keep: '120%' }, 'keep must not be "120%".'],
    [{ shard: '3/2' }, 'shard must not be "3/2".'],
    [{ layers: '0,x' }, 'layers must not be "0,x".'],
    [{ std: 'rank' }, 'std must not be "rank". It must be zscore or minmax.'],
    [{ input: [''] }, 'input must not be [""].'],
    [{ input: [] }, 'input must not be [].'],
    [{ model: undefined }, 'model is missing.'],
    [{ keep: '10%', keepTokens: '1B' }, 'must not both be given'],
    [{ quota: 'book=1' }, 'quota must not be given without keepTokens'],
    [{ colour: 'red' }, 'Unknown option colour.'],
    [{ windw: 64 }, 'Unknown option windw (did you mean window?).'],
    [{ device: 'tpu' }, 'device must not be "tpu".'],
    [{ device: 'cuda:' }, 'It must be cpu, cuda, cuda:i with i from 0'],
    [{ device: 'cpu,cuda' }, 'device must not be "cpu,cuda".'],
  ])('says what was wrong and what is allowed: %j', (wrong, message) => {
    expect(() => parseSpec({ ...minimal, ...wrong } as RunOptions)).toThrow(message);
  });

  it('never lets an unchecked value through', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        try {
          const { window } = parseSpec({ ...minimal, window: value as number });
          expect(Number.isSafeInteger(window) && window >= 1).toBe(true);
        } catch (error) {
          expect((error as { code: string }).code).toBe('INVALID_OPTION');
        }
      }),
    );
  });
});
