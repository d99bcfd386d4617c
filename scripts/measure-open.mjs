#!/usr/bin/env node
// Prints what opening layer 0 of a 16 GB checkpoint takes, in time and memory.
//
// The shards have the shape of Llama-3.1-8B in bfloat16 and are sparse files, so that the disk holds only their headers. The tensors that
// layer 0 needs are mapped, and Wq and Wk repacked in their own type: those bytes are "the tensors themselves", the rest is overhead.
//
//   npm run setup && node scripts/measure-open.mjs
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { printRows, writeRows } from './lib/bench-rows.mjs';
import { HIDDEN, KEYS, makeSparseCheckpoint } from './lib/sparse-checkpoint.mjs';
import { main } from './lib/step.mjs';

/** Resident memory of this process, MB. */
const resident = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1000;

await main(async (args) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-open-'));
  try {
    const bytes = makeSparseCheckpoint(folder);
    const { openModelFolder } = await import('../dist/model/open-model.js');
    const { Scorer } = await import('../dist/native/scorer.js');
    const { loadBinding } = await import('../dist/native/load.js');
    loadBinding();
    const before = resident();
    const cpu = process.cpuUsage();
    const start = performance.now();
    const model = await openModelFolder(folder);
    const scorer = await Scorer.open(model.specText);
    const wall = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    const kept = (2 * HIDDEN * (HIDDEN + KEYS)) / 1e6;
    const own = resident() - kept;
    await scorer[Symbol.asyncDispose]();
    const rows = [
      { bench: 'open: checkpoint, sparse', value: bytes / 1e9, unit: 'GB' },
      { bench: 'open: layer 0, wall time', value: wall, unit: 's' },
      { bench: 'open: layer 0, processor time', value: (user + system) / 1e6, unit: 's' },
      { bench: 'open: Wq and Wk', value: kept, unit: 'MB' },
      { bench: 'open: resident beyond them', value: own, unit: 'MB' },
      { bench: 'open: of that, Node.js and the addon before it', value: before, unit: 'MB' },
    ];
    writeRows('open', rows);
    printRows(rows, args.includes('--json'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
