import { expect, it } from '@jest/globals';
import { nearest } from '../../src/base/nearest.js';

const NAMES = ['keep', 'keep-tokens', 'max-per-document', 'std', 'k', 'select', 'score', 'show'];

it.each([
  ['kep', 'keep'],
  ['keep-token', 'keep-tokens'],
  ['max-per-doc', 'max-per-document'],
  ['slect', 'select'],
  ['scoer', 'score'],
  // Begins two of them, and is three letters from none.
  ['kee', 'keep'],
  ['foo', undefined],
  ['', undefined],
])('%p may stand for %p', (typed, name) => {
  expect(nearest(typed, NAMES)).toBe(name);
});
