import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findCountScore, findScore, listCountScores, listScores, registerScore } from '../../src/scores/registry.js';
import { resolveScore } from '../../src/scores/resolve.js';
import { extrasOf, plainScore, type AttentionScore } from '../../src/scores/score.js';

const named = (name: string, more: object = {}): AttentionScore => ({
  ...plainScore(name, 'one', 'test', () => 1),
  ...more,
});

describe('the registry of scores', () => {
  it.each(['gzip', 'ds', 'recurrence', 'recurrence-2'])('refuses %s, which is taken, whatever its kind', (name) => {
    for (const score of [named(name), { ...findCountScore('distinct'), name }]) {
      expect(() => registerScore(score)).toThrow(expect.objectContaining({ code: 'SCORE_EXISTS', kind: 'usage' }));
    }
  });

  it.each(['blend:a', 'a*b', 'a+b', 'a@3', '2', '-a', ' a', 'a b', 'a,b', ''])(
    'refuses the name %j, which could not be chosen',
    (name) => {
      expect(() => registerScore(named(name))).toThrow(
        `the name of a score must not be ${JSON.stringify(name)}. It must be a letter, then letters, digits`,
      );
    },
  );

  it('a name that is taken can be chosen, alone and in a blend', () => {
    const taken = new Set<string>();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), (text) => {
        const name = `z${text}`;
        if (taken.has(name)) return;
        const score = named(name);
        try {
          registerScore(score);
        } catch {
          return;
        }
        taken.add(name);
        expect(resolveScore(name)).toEqual({ kind: 'attention', score });
        expect(resolveScore(`blend:gzip+-2.5*${name}`)).toMatchObject({
          parts: [{ weight: 1 }, { weight: -2.5, score: { score } }],
        });
      }),
    );
    expect(taken.size).toBeGreaterThan(0);
  });

  it('refuses what no run stores, and the words of version 0.1', () => {
    expect(() => registerScore(named('mine-reads', { reads: ['tokens'] }))).toThrow('reads of the score mine-reads');
    expect(() => registerScore(named('mine-needs', { needsTokens: true }))).toThrow("reads: ['tokenDs']");
    expect(() => registerScore(named('mine-needs', { needsLosses: true }))).toThrow("reads: ['loss', 'nearLoss']");
  });

  it('names those of a kind where the other is asked for', () => {
    expect(() => findScore('gzip')).toThrow(`It must be one of ${listScores()[0]!.name}, `);
    expect(() => findCountScore('ds')).toThrow(`It must be one of ${listCountScores()[0]!.name}, `);
  });

  it('what must be stored on request follows from what is read', () => {
    const wanting = listScores().flatMap((score) => [...extrasOf(score)].map((extra) => [score.name, extra]));
    expect(wanting).toEqual([
      ['gain', 'tokens'],
      ['nll-gain', 'losses'],
    ]);
  });
});
