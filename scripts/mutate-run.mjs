#!/usr/bin/env node
// Damaged models and run directories, by seed, through the Node API in child processes: what lies on a disk for months, is copied by hand, or
// comes from a stranger. Right is a result of finite numbers or a LongattnError with a code; never a crash, a hang or an error without a code.
//
//   node scripts/mutate-run.mjs --cases 10000 [--seed 1] [--kind weights,config,tokenizer,run,plan,ledger,parts,choice] [--jobs 1]
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { answerCases, damage, damageJson, runCases } from './lib/damage.mjs';
import { root } from './lib/step.mjs';

const MODEL = path.join(root, 'test', 'fixtures', 'models', 'llama');
const DEMO = path.join(root, 'models', 'smollm2-135m-layer0');
/** Of 49,152: tokenizer.json is read in a hundredth of the time, and damage to its bytes hits more than the vocabulary. */
const TOKENS = 512;
const TEXT = 'Call me Ishmael. Some years ago, never mind how long; 白鯨. <|endoftext|>\n'.repeat(4);

/** What is damaged, by kind: files of a model's folder or of a run. */
const KINDS = {
  weights: ['model.safetensors'],
  config: ['config.json'],
  tokenizer: ['tokenizer.json', 'tokenizer_config.json'],
  run: ['run.json'],
  plan: ['windows/plan.json'],
  ledger: ['windows/part-00000.done.json', 'scores/part-00001.done.json', 'counts/part-00000.done.json'],
  parts: ['windows/part-00001.arrow', 'scores/part-00000.arrow', 'counts/part-00000.arrow'],
  choice: ['choice.json'],
};
const OF_MODELS = ['weights', 'config'];

function finite(numbers) {
  for (const value of numbers) if (!Number.isFinite(value)) throw new Error(`a result is ${value}`);
}

async function useModel(folder) {
  const { openModel } = await import('../dist/index.js');
  const model = await openModel(folder);
  try {
    const ids = Int32Array.from({ length: 64 }, (_, i) => (i * 7) % Math.min(model.vocabSize, 50));
    for await (const stats of model.score([ids])) {
      for (const values of Object.values(stats)) if (values instanceof Float32Array) finite(values);
    }
  } finally {
    await model[Symbol.asyncDispose]();
  }
}

async function useTokenizer(folder) {
  const { openTokenizer } = await import('../dist/index.js');
  const { ids } = await (await openTokenizer(folder)).encode(TEXT);
  finite(ids);
}

/** Goes on with a run, and reads what it made. */
async function useRun(folder, options) {
  const longattn = await import('../dist/index.js');
  const output = path.join(folder, 'RUN');
  const { domains } = await longattn.run({ output, format: 'jsonl', ...options });
  for (const domain of domains) finite([domain.windows, domain.tokens, domain.dsMean, domain.duMean, domain.kept]);
}

async function act({ kind, folder, corpus }) {
  if (OF_MODELS.includes(kind)) await useModel(folder);
  else if (kind === 'tokenizer') await useTokenizer(folder);
  else if (kind === 'choice') {
    const { collectOptions } = await import('../dist/cli/options.js');
    const { RUN } = await import('../dist/options/table.js');
    await useRun(folder, { ...collectOptions(RUN, { config: path.join(folder, 'choice.json') }, {}), ...corpus });
  } else await useRun(folder, {});
  return 'done';
}

/** The demo's tokenizer with the first of its tokens. */
function makeTokenizer(folder) {
  const json = JSON.parse(readFileSync(path.join(DEMO, 'tokenizer.json'), 'utf8'));
  const { vocab, merges } = json.model;
  json.model.vocab = Object.fromEntries(Object.entries(vocab).filter(([, id]) => id < TOKENS));
  json.model.merges = merges.filter((merge) => {
    const [left, right] = typeof merge === 'string' ? merge.split(' ') : merge;
    return [left, right, left + right].every((token) => vocab[token] < TOKENS);
  });
  mkdirSync(path.join(folder, 'TOKENIZER'));
  writeFileSync(path.join(folder, 'TOKENIZER', 'tokenizer.json'), JSON.stringify(json));
  for (const file of ['config.json', 'tokenizer_config.json'])
    cpSync(path.join(DEMO, file), path.join(folder, 'TOKENIZER', file));
}

/** A run of two parts, whole but for its selection. */
async function makeRun(folder) {
  const { score } = await import('../dist/index.js');
  const row = (id) =>
    JSON.stringify({ id: `d${id}`, input_ids: Array.from({ length: 130 }, (_, i) => (i * 7 + id) % 50) });
  for (const name of ['a', 'b']) {
    // Two files of half a part each and a bit.
    const rows = Array.from({ length: 12 }, (_, id) => row(id)).join('\n') + ' '.repeat(3 << 20);
    writeFileSync(path.join(folder, `${name}.jsonl`), `${rows}\n`);
  }
  const corpus = { input: [`book=${folder}/*.jsonl`], idsField: 'input_ids', model: MODEL, window: 64 };
  await score({ ...corpus, output: path.join(folder, 'RUN') });
  return { corpus, revision: JSON.parse(readFileSync(path.join(folder, 'RUN', 'run.json'), 'utf8')).spec.revision };
}

/** Values changed in what is JSON still. */
function damagedValues(name, bytes, random) {
  if (name === 'plan.json') {
    // It has its digest in a second line: kept by a change by hand, and taken away for a plan of an earlier version.
    const [json, ...digest] = bytes.toString().split('\n');
    const end = random(2) > 0 ? '' : digest.join('\n');
    return Buffer.concat([damageJson(json, random), Buffer.from(`\n${end}`)]);
  }
  if (name.endsWith('.done.json') && random(2) > 0) {
    // An entry of an earlier version, which has no sum of its own: the numbers in it are looked at one by one.
    return damageJson(JSON.stringify({ ...JSON.parse(bytes), entrySha256: undefined }), random);
  }
  if (name === 'run.json' && random(2) > 0) {
    // Only the options: the form of all else is looked at when a run is opened, and a change is mostly refused there.
    const manifest = JSON.parse(bytes);
    const spec = JSON.parse(damageJson(JSON.stringify(manifest.spec), random));
    return Buffer.from(JSON.stringify({ ...manifest, spec }));
  }
  return damageJson(bytes, random);
}

function damaged(file, random) {
  const bytes = readFileSync(file);
  if (file.endsWith('.json') && random(3) > 0) return damagedValues(path.basename(file), bytes, random);
  if (!file.endsWith('.safetensors')) return damage(bytes, random);
  // The header; the weights behind it are numbers like any others.
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  return Buffer.concat([damage(bytes.subarray(0, end), random), bytes.subarray(end)]);
}

function caseOf(kind, { corpus, revision }, folder) {
  return (random, job) => {
    const target = path.join(folder, `case-${job}`);
    rmSync(target, { recursive: true, force: true });
    const name = KINDS[kind][random(KINDS[kind].length)];
    const isRun = !OF_MODELS.includes(kind) && kind !== 'tokenizer';
    if (isRun) cpSync(path.join(folder, 'RUN'), path.join(target, 'RUN'), { recursive: true });
    else cpSync(kind === 'tokenizer' ? path.join(folder, 'TOKENIZER') : MODEL, target, { recursive: true });
    if (kind === 'choice') {
      rmSync(path.join(target, 'RUN'), { recursive: true });
      const found = {
        model: { path: MODEL, revision },
        chosen: { score: 'longattn', layer: [0], heads: [0, 1], k: 16 },
      };
      const choice = {
        _found: found,
        window: 64,
        score: 'longattn',
        layers: [0],
        selectLayer: 0,
        heads: [0, 1],
        selectK: 16,
        keep: 0.5,
      };
      writeFileSync(path.join(target, name), JSON.stringify(choice));
    }
    const file = path.join(target, isRun && kind !== 'choice' ? 'RUN' : '', name);
    writeFileSync(file, damaged(file, random));
    // A plan is asked only for what is still to be done.
    if (kind === 'plan' && random(4) > 0) {
      for (const part of ['windows/part-00000', 'windows/part-00001', 'scores/part-00001']) {
        for (const end of ['.arrow', '.done.json']) rmSync(path.join(target, 'RUN', part + end), { force: true });
      }
    }
    return { name, message: { kind, folder: target, corpus } };
  };
}

if (process.argv.includes('--child')) answerCases(act);
else {
  const options = {
    cases: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    kind: { type: 'string' },
    jobs: { type: 'string', default: '1' },
  };
  const { values } = parseArgs({ options });
  const kinds = values.kind?.split(',') ?? Object.keys(KINDS);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-mutate-'));
  try {
    makeTokenizer(folder);
    const base = await makeRun(folder);
    for (const kind of kinds) {
      const make = caseOf(kind, base, folder);
      const [cases, seed, jobs] = [values.cases, values.seed, values.jobs].map(Number);
      const { outcomes, wrong } = await runCases(import.meta.filename, cases, seed, make, jobs);
      console.log(kind, JSON.stringify(outcomes));
      for (const line of wrong) console.log(`  WRONG ${kind} ${line}`);
      if (wrong.length > 0) process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
