import { describe, expect, it } from '@jest/globals';
import { memoryWatch } from '../../src/native/memory-warning.js';
import type { ProgressEvent } from '../../src/base/events.js';

describe('memoryWatch', () => {
  it('warns once of new cases, of devices and decoders together', () => {
    let counters: Record<string, number> = { distinctTokens: 5 };
    const events: ProgressEvent[] = [];
    const look = memoryWatch(
      () => counters,
      (event) => events.push(event),
    );
    look();
    expect(events).toEqual([]);
    counters = { deviceOutOfMemory: 1, decoderOutOfMemory: 2 };
    look();
    look();
    expect(events).toEqual([
      expect.objectContaining({
        type: 'warning',
        code: 'DEVICE_OUT_OF_MEMORY',
        message: expect.stringContaining('3 times'),
      }),
    ]);
    counters = { deviceOutOfMemory: 2, decoderOutOfMemory: 2 };
    look();
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({ message: expect.stringContaining('once') });
  });
});
