#!/usr/bin/env node
// Damaged corpora, by seed: files of each format with bits, bytes and lengths changed, read through the Node API in child processes.
// Right is a result or a LongattnError with a code; never a crash, a hang or an error without a code. A child takes many cases and is
// replaced when it dies.
//
//   node scripts/mutate-corpus.mjs --cases 10000 [--seed 1] [--kind jsonl,gz,zst,parquet,arrow]
import { fork } from 'node:child_process';
import { clearTimeout, setTimeout } from 'node:timers';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/step.mjs';

const FIXTURES = {
  jsonl: ['rows.jsonl'],
  gz: ['members.jsonl.gz'],
  zst: ['frames.jsonl.zst', 'unchecked.jsonl.zst'],
  parquet: ['snappy', 'gzip', 'zstd', 'lz4', 'brotli', 'none', 'page-index', 'polars'].map((name) => `${name}.parquet`),
  arrow: ['file', 'stream', 'zstd', 'lz4', 'dictionary', 'large', 'polars'].map((name) => `${name}.arrow`),
};
/** No case takes a hundredth of it where nothing hangs. */
const HANG_MS = 60_000;

/** xorshift32: the same cases for the same seed, everywhere. */
function randomFrom(seed) {
  let state = (seed * 2654435761 + 1) >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** One to four changes: a bit, a byte, a 4-byte length, a cut, or a piece copied over another. */
function damage(data, random) {
  let bytes = Buffer.from(data);
  for (let changes = 1 + random(4); changes > 0 && bytes.length > 8; changes--) {
    // Heads and footers lie at the ends, and there the counts are.
    const near = Math.min(bytes.length - 4, 2048);
    const at = [random(bytes.length - 4), random(near), bytes.length - 4 - random(near)][random(3)];
    const kind = random(6);
    if (kind <= 1) bytes[at] ^= 1 << random(8);
    else if (kind === 2) bytes[at] = random(256);
    else if (kind === 3)
      bytes.writeUInt32LE([0, 1, 0x7fffffff, 0x80000000, 0xffffffff, 1 << random(31)][random(6)] >>> 0, at);
    else if (kind === 4) bytes = bytes.subarray(0, 1 + random(bytes.length - 1));
    else bytes.copyWithin(at, random(bytes.length), random(bytes.length));
  }
  return bytes;
}

async function readCase(file) {
  const { planInputs } = await import('../dist/corpus/plan.js');
  const { readSlices } = await import('../dist/corpus/read-slices.js');
  const { parts } = await planInputs([{ domain: 'd', patterns: [file] }]);
  let [documents, rejects] = [0, 0];
  const hooks = { onReject: () => void rejects++ };
  for (const fields of [{}, { idsField: 'input_ids' }]) {
    for (const { slices } of parts) {
      for await (const { text, ids } of readSlices(slices, fields, hooks)) {
        if (text === undefined ? !(ids?.length > 0) : text === '') throw new Error('a document of nothing');
        documents++;
      }
    }
  }
  return documents > 0 ? 'read' : 'refused';
}

async function child() {
  process.on('message', async ({ file }) => {
    try {
      process.send({ outcome: await readCase(file) });
    } catch (error) {
      const isKnown = error?.name === 'LongattnError' && typeof error.code === 'string';
      process.send(isKnown ? { outcome: error.code } : { outcome: 'UNCODED', detail: String(error?.stack ?? error) });
    }
  });
}

/** Runs the cases of a kind; returns how often each outcome came, and the cases that were wrong. */
async function runKind(kind, cases, seed, folder) {
  const outcomes = {};
  const wrong = [];
  let worker;
  for (let i = 0; i < cases; i++) {
    const random = randomFrom(seed * 1_000_003 + i);
    const name = FIXTURES[kind][random(FIXTURES[kind].length)];
    const file = path.join(folder, name);
    writeFileSync(file, damage(readFileSync(path.join(root, 'test', 'fixtures', 'corpus', name)), random));
    worker ??= fork(import.meta.filename, ['--child'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    const result = await oneCase(worker, file);
    outcomes[result.outcome] = (outcomes[result.outcome] ?? 0) + 1;
    if (['CRASH', 'HANG', 'UNCODED'].includes(result.outcome)) {
      wrong.push(`${kind} case ${i} (${name}): ${result.outcome} ${result.detail ?? ''}`);
      worker.kill('SIGKILL');
      worker = undefined;
    }
  }
  worker?.kill();
  return { outcomes, wrong };
}

function oneCase(worker, file) {
  return new Promise((resolve) => {
    let stderr = '';
    const done = (result) => {
      clearTimeout(timer);
      worker.removeAllListeners();
      worker.stderr.removeAllListeners();
      resolve(result);
    };
    const timer = setTimeout(() => done({ outcome: 'HANG' }), HANG_MS);
    worker.stderr.on('data', (chunk) => (stderr = (stderr + chunk).slice(-2000)));
    worker.once('message', done).once('exit', () => done({ outcome: 'CRASH', detail: stderr }));
    worker.send({ file });
  });
}

if (process.argv.includes('--child')) await child();
else {
  const options = {
    cases: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
  };
  const { values } = parseArgs({ options });
  const kinds = values.kind?.split(',') ?? Object.keys(FIXTURES);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-mutate-'));
  try {
    for (const kind of kinds) {
      const { outcomes, wrong } = await runKind(kind, Number(values.cases), Number(values.seed), folder);
      console.log(kind, JSON.stringify(outcomes));
      for (const line of wrong) console.log(`  WRONG ${line}`);
      if (wrong.length > 0) process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
