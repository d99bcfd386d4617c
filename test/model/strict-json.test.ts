import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { JsonError, parsePythonJson, parseStrictJson } from '../../src/model/strict-json.js';

describe('as Python reads it', () => {
  it.each<[string, unknown]>([
    ['{"a": Infinity, "b": [-Infinity, NaN, 1]}', { a: Infinity, b: [-Infinity, NaN, 1] }],
    ['{"NaN": "Infinity", "x": "say \\"NaN\\" or -Infinity"}', { NaN: 'Infinity', x: 'say "NaN" or -Infinity' }],
    ['{"a": 1, "a": 2}', { a: 2 }],
    ['[0, -Infinity]', [0, -Infinity]],
  ])('%s', (text, value) => {
    expect(parsePythonJson(text)).toEqual(value);
  });

  it.each(['{"a": +Infinity}', '{"a": infinity}', '{"a": Infinityx}', '{"a": -NaN}', '{"a": 1', '', '[NaN'])(
    '%j is no JSON there either',
    (text) => {
      expect(() => parsePythonJson(text)).toThrow(JsonError);
    },
  );

  it('is what JSON.parse reads where the text is JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        expect(parsePythonJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('nests no deeper than 64', () => {
    expect(() => parsePythonJson('['.repeat(65) + ']'.repeat(65))).toThrow(/nests deeper/);
  });
});

describe('as a header is read', () => {
  it.each([
    ['{"a": 1, "\\u0061": 2}', /"a" occurs twice/],
    ['{"a": NaN}', /not valid JSON/],
  ])('%s is refused', (text, message) => {
    expect(() => parseStrictJson(text)).toThrow(message);
  });
});
