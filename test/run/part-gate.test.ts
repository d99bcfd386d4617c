import { describe, expect, it } from '@jest/globals';
import type { LedgerRecord } from '../../src/run/ledger.js';
import { PartGate } from '../../src/run/part-gate.js';

const record = (rows: number): LedgerRecord => ({ rows, bytes: 1, sha256: '', specHash: '', counts: {} });
const { signal } = new AbortController();

describe('PartGate', () => {
  it('lets through who waits, and who comes later, part by part', async () => {
    const gate = new PartGate();
    const passed: number[] = [];
    const waits = [0, 1].map((part) => gate.wait(part, signal).then(({ rows }) => passed.push(rows)));
    gate.open(1, record(11));
    await waits[1];
    expect(passed).toEqual([11]);
    gate.open(0, record(10));
    await waits[0];
    expect(passed).toEqual([11, 10]);
    expect((await gate.wait(1, signal)).rows).toBe(11);
  });

  it('tells a listener of each part once, of those that were open too, until it has heard enough', () => {
    const gate = new PartGate();
    const heard: [number, number][] = [];
    gate.open(2, record(12));
    const end = gate.onOpen((part, { rows }) => heard.push([part, rows]));
    gate.open(0, record(10));
    gate.open(0, record(99));
    end();
    gate.open(1, record(11));
    expect(heard).toEqual([
      [2, 12],
      [0, 10],
    ]);
  });

  it('ends a wait with the reason of the signal', async () => {
    const controller = new AbortController();
    const wait = new PartGate().wait(0, controller.signal);
    controller.abort(new Error('enough'));
    await expect(wait).rejects.toThrow('enough');
  });
});
