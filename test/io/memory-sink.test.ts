import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemorySink } from '../../src/io/memory-sink.js';

it('gives what was written since the last time, whatever the chunks', () =>
  fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.uint8Array({ maxLength: 300 }))), async (turns) => {
      const sink = new MemorySink();
      for (const chunks of turns) {
        for (const chunk of chunks) await sink.write(chunk);
        expect(Buffer.compare(sink.take(), Buffer.concat(chunks))).toBe(0);
      }
    }),
  ));

it('grows', async () => {
  const sink = new MemorySink();
  const chunk = new Uint8Array(50_000).fill(7);
  for (let n = 0; n < 5; n++) await sink.write(chunk);
  expect(Buffer.compare(sink.take(), new Uint8Array(250_000).fill(7))).toBe(0);
  expect(sink.take().length).toBe(0);
});
