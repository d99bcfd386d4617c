import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { splitLines } from '../../src/corpus/lines.js';

async function* chunks(bytes: Buffer, sizes: number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe('splitLines', () => {
  it('gives the lines, numbers and places whatever the chunks', async () => {
    const text = fc.array(fc.constantFrom('a', 'é', '\n', '\r', '\r\n', '😀'), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
        async (parts, sizes) => {
          const bytes = Buffer.from(parts.join(''));
          const expected = bytes.toString().split('\n');
          if (expected.at(-1) === '') expected.pop();
          let [number, end] = [1, 0];
          for await (const line of splitLines(chunks(bytes, sizes))) {
            const raw = expected[number - 1]!;
            end = Math.min(bytes.length, end + Buffer.byteLength(raw) + 1);
            expect([line.number, line.bytes!.toString(), line.end]).toEqual([number, raw.replace(/\r$/, ''), end]);
            number++;
          }
          expect(number - 1).toBe(expected.length);
        },
      ),
    );
  });

  it('a line that is too long is reported and the next one is read', async () => {
    const bytes = Buffer.from(`ok\n${'x'.repeat(11)}\n${'y'.repeat(10)}\r\nend`);
    for (const size of [1, 4, 100]) {
      const lines: (string | undefined)[] = [];
      for await (const line of splitLines(chunks(bytes, [size]), 1, 10)) lines.push(line.bytes?.toString());
      expect(lines).toEqual(['ok', undefined, 'y'.repeat(10), 'end']);
    }
  });

  it('starts with the number given and passes errors of the stream on, without the unfinished line', async () => {
    const stream = async function* (): AsyncGenerator<Buffer> {
      yield Buffer.from('a\nb');
      throw new Error('cut');
    };
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const line of splitLines(stream(), 41)) seen.push(line.number);
    };
    await expect(read()).rejects.toThrow('cut');
    expect(seen).toEqual([41]);
  });
});
