#!/usr/bin/env node
// Damaged corpora, by seed: files of each format with bits, bytes and lengths changed, read through the Node API in child processes.
// Right is a result or a LongattnError with a code; never a crash, a hang or an error without a code. A child takes many cases and is
// replaced when it dies.
//
//   node scripts/mutate-corpus.mjs --cases 10000 [--seed 1] [--kind jsonl,gz,zst,parquet,arrow]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { answerCases, damage, runCases } from './lib/damage.mjs';
import { root } from './lib/step.mjs';

const FIXTURES = {
  jsonl: ['rows.jsonl'],
  gz: ['members.jsonl.gz'],
  zst: ['frames.jsonl.zst', 'unchecked.jsonl.zst'],
  parquet: ['snappy', 'gzip', 'zstd', 'lz4', 'brotli', 'none', 'page-index', 'polars'].map((name) => `${name}.parquet`),
  arrow: ['file', 'stream', 'zstd', 'lz4', 'dictionary', 'large', 'polars'].map((name) => `${name}.arrow`),
};
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

function caseOf(kind, folder) {
  return (random) => {
    const name = FIXTURES[kind][random(FIXTURES[kind].length)];
    const file = path.join(folder, name);
    writeFileSync(file, damage(readFileSync(path.join(root, 'test', 'fixtures', 'corpus', name)), random));
    return { name, message: { file } };
  };
}

if (process.argv.includes('--child')) answerCases(({ file }) => readCase(file));
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
      const { outcomes, wrong } = await runCases(
        import.meta.filename,
        Number(values.cases),
        Number(values.seed),
        caseOf(kind, folder),
      );
      console.log(kind, JSON.stringify(outcomes));
      for (const line of wrong) console.log(`  WRONG ${kind} ${line}`);
      if (wrong.length > 0) process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
