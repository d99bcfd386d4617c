import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LongattnError } from '../../src/base/errors.js';
import { headerLength, parseSafetensorsHeader, readSafetensorsHeader } from '../../src/model/safetensors-header.js';
import { layOut, safetensorsBytes, temporaryFolder } from './tiny-model.js';

function parse(bytes: Buffer) {
  const length = headerLength(bytes.subarray(0, 8), bytes.length, 'x.safetensors');
  return parseSafetensorsHeader(bytes.subarray(8, 8 + length), bytes.length, 'x.safetensors');
}

const two = (a: object, b: object, dataBytes = 48) => safetensorsBytes(JSON.stringify({ a, b }), dataBytes);
const F32 = (shape: number[], begin: number, end: number) => ({ dtype: 'F32', shape, data_offsets: [begin, end] });

describe('a right header', () => {
  it('locates every tensor from the start of the file', () => {
    const { header, dataBytes } = layOut({ a: [2, 3], b: [4], empty: [0, 7], scalar: [] });
    const bytes = safetensorsBytes(JSON.stringify({ __metadata__: { format: 'pt' }, ...header }), dataBytes);
    const { tensors, metadata, dataStart } = parse(bytes);
    expect(metadata.get('format')).toBe('pt');
    expect(tensors.get('a')).toEqual({ dtype: 'F32', shape: [2, 3], offset: dataStart, bytes: 24 });
    expect(tensors.get('b')).toEqual({ dtype: 'F32', shape: [4], offset: dataStart + 24, bytes: 16 });
    expect(tensors.get('empty')!.bytes).toBe(0);
    expect(tensors.get('scalar')!.bytes).toBe(4);
  });

  it('may be padded with spaces, list its tensors in any order and hold dtypes that are never used as weights', () => {
    const header = { b: { dtype: 'I64', shape: [1], data_offsets: [24, 32] }, a: F32([2, 3], 0, 24) };
    const { tensors } = parse(safetensorsBytes(`${JSON.stringify(header)}      `, 32));
    expect([...tensors.keys()].sort()).toEqual(['a', 'b']);
  });

  it('may name a tensor __proto__', () => {
    const { tensors } = parse(safetensorsBytes('{"__proto__":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4));
    expect(tensors.get('__proto__')!.bytes).toBe(4);
  });
});

describe('a wrong header is refused, saying what is wrong', () => {
  const cases: [string, Buffer, RegExp][] = [
    ['empty file', Buffer.alloc(0), /has 0 bytes/],
    ['file of 5 bytes', Buffer.alloc(5), /has 5 bytes/],
    ['truncated header', two(F32([2], 0, 8), F32([10], 8, 48)).subarray(0, 40), /truncated/],
    [
      'truncated data',
      two(F32([2], 0, 8), F32([10], 8, 48)).subarray(0, -1),
      /lies at bytes 8 to 48, and the data has 47/,
    ],
    ['bytes left over', two(F32([2], 0, 8), F32([10], 8, 48), 50), /accounts for/],
    ['header length of 2^63', Buffer.from([0, 0, 0, 0, 0, 0, 0, 0x80, 1]), /claims 9223372036854775808 bytes/],
    ['overlap', two(F32([6], 0, 24), F32([7], 20, 48)), /"b" overlaps tensor "a"/],
    ['the same range twice', two(F32([12], 0, 48), F32([12], 0, 48)), /overlaps/],
    ['gap', two(F32([2], 0, 8), F32([9], 12, 48)), /gap of 4 bytes before tensor "b"/],
    ['range beyond the file', two(F32([2], 0, 8), F32([100], 8, 408)), /lies at bytes 8 to 408/],
    ['range backwards', two(F32([2], 8, 0), F32([10], 8, 48)), /lies at bytes 8 to 0/],
    ['shape that needs more', two(F32([3], 0, 8), F32([10], 8, 48)), /needs 12 bytes, not 8/],
    ['shape whose product overflows', two(F32([2 ** 40, 2 ** 40], 0, 8), F32([10], 8, 48)), /needs \d{20,} bytes/],
    ['negative size', two(F32([-2], 0, 8), F32([10], 8, 48)), /shape \[-2\]/],
    ['fractional size', two(F32([2.5], 0, 8), F32([10], 8, 48)), /shape \[2.5\]/],
    ['offset beyond 2^53', two(F32([2], 0, 8), F32([10], 8, 2 ** 60)), /data_offsets/],
    ['three offsets', two({ dtype: 'F32', shape: [2], data_offsets: [0, 4, 8] }, F32([10], 8, 48)), /data_offsets/],
    [
      'unknown dtype',
      two({ dtype: 'F31', shape: [2], data_offsets: [0, 8] }, F32([10], 8, 48)),
      /dtype "F31"; known are/,
    ],
    ['dtype of the prototype', two({ dtype: 'toString', shape: [2], data_offsets: [0, 8] }, F32([10], 8, 48)), /dtype/],
    ['unknown field', two({ ...F32([2], 0, 8), strides: [1] }, F32([10], 8, 48)), /unknown field "strides"/],
    ['tensor that is a list', safetensorsBytes('{"a":[]}', 0), /must be an object/],
    ['metadata of numbers', safetensorsBytes('{"__metadata__":{"a":1}}', 0), /__metadata__\.a must be a string/],
    ['list as header', safetensorsBytes('[]', 0), /does not start with/],
    ['spaces in front', safetensorsBytes(' {}', 0), /does not start with/],
    ['broken JSON', safetensorsBytes('{"a":', 0), /not valid JSON/],
    ['not UTF-8', Buffer.concat([safetensorsBytes('', 0).fill(2, 0, 1), Buffer.from([0x7b, 0xff])]), /not valid UTF-8/],
    [
      'repeated key',
      safetensorsBytes(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}',
        8,
      ),
      /the key "a" occurs twice/,
    ],
    ['nesting', safetensorsBytes(`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 0), /nests deeper/],
  ];
  it.each(cases)('%s', (_, bytes, message) => {
    expect(() => parse(bytes)).toThrow(
      expect.objectContaining({ code: 'SAFETENSORS_INVALID', message: expect.stringMatching(message) }),
    );
  });
});

describe('readSafetensorsHeader', () => {
  it('names the file that cannot be read', async () => {
    const path = join(await temporaryFolder(), 'none.safetensors');
    await expect(readSafetensorsHeader(path)).rejects.toMatchObject({
      code: 'MODEL_FILE_UNREADABLE',
      message: expect.stringContaining(path),
    });
  });

  it('reads the header alone, whatever the size of the data', async () => {
    const path = join(await temporaryFolder(), 'a.safetensors');
    const { header, dataBytes } = layOut({ a: [1000, 1000] });
    await writeFile(path, safetensorsBytes(JSON.stringify(header), dataBytes));
    expect((await readSafetensorsHeader(path)).tensors.get('a')!.shape).toEqual([1000, 1000]);
  });
});

describe('mutated files', () => {
  const { header, dataBytes } = layOut({ a: [2, 3], b: [4], c: [1, 1, 2] });
  const good = safetensorsBytes(JSON.stringify(header), dataBytes);

  /** Either a clear error, or tensors that lie inside of the file and do not overlap. */
  function expectSafe(bytes: Buffer) {
    let result;
    try {
      result = parse(bytes);
    } catch (error) {
      expect(error).toBeInstanceOf(LongattnError);
      return;
    }
    const ranges = [...result.tensors.values()].sort((x, y) => x.offset - y.offset);
    let end = result.dataStart;
    for (const { offset, bytes: size } of ranges) {
      expect(offset).toBeGreaterThanOrEqual(end);
      end = offset + size;
    }
    expect(end).toBeLessThanOrEqual(bytes.length);
  }

  it('never give a tensor out of range, whatever bytes change', () => {
    const change = fc.tuple(fc.nat(good.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), fc.nat(good.length), (changes, cut) => {
        const bytes = Buffer.from(good);
        for (const [at, value] of changes) bytes[at] = value;
        expectSafe(bytes);
        expectSafe(bytes.subarray(0, cut));
      }),
      { numRuns: 2000 },
    );
  });

  it('never give a tensor out of range, whatever values the fields have', () => {
    const size = fc.oneof(fc.nat(12), fc.integer(), fc.double(), fc.constant(2 ** 53), fc.constant(null), fc.string());
    const entry = fc.record({
      dtype: fc.oneof(fc.constantFrom('F32', 'BF16', 'I8', 'F4', 'BOOL'), fc.string()),
      shape: fc.oneof(fc.array(size, { maxLength: 4 }), size),
      data_offsets: fc.oneof(fc.array(size, { maxLength: 3 }), fc.tuple(fc.nat(64), fc.nat(64))),
    });
    const root = fc.dictionary(
      fc.string(),
      fc.oneof({ weight: 5, arbitrary: entry }, { weight: 1, arbitrary: fc.anything() }),
    );
    fc.assert(
      fc.property(root, fc.nat(64), (value, extra) => {
        expectSafe(safetensorsBytes(JSON.stringify(value) ?? '{}', extra));
      }),
      { numRuns: 2000 },
    );
  });
});
