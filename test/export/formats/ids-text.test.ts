import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { idsText } from '../../../src/export/formats/ids-text.js';

const asJson = (ids: Int32Array): string => JSON.stringify(Array.from(ids));

it('is the JSON of the ids, whatever they are', () => {
  fc.assert(fc.property(fc.int32Array({ maxLength: 50 }), (ids) => expect(idsText(ids).toString()).toBe(asJson(ids))));
});

it('is so where the number of digits changes, and at both ends of int32', () => {
  const powers = Array.from({ length: 10 }, (_, n) => 10 ** n);
  const ids = Int32Array.from([...powers.flatMap((power) => [power - 1, power, -power]), 2 ** 31 - 1, -(2 ** 31)]);
  expect(idsText(ids).toString()).toBe(asJson(ids));
});
