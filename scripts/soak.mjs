#!/usr/bin/env node
// Opens and closes models, scores windows and starts and stops runs for as long as asked, and watches the process's memory.
//   node scripts/soak.mjs [--minutes 60] [--models 200] [--only open,score,stop,run] [--samples FILE]
// Needs a built clone, glibc and a C compiler. Models are opened evenly over the time (0 minutes: without a pause), twice as many runs are
// begun and stopped. Over the last two thirds neither what is given out (by malloc and on V8's heap) may rise by more than 4 MB, less than one
// model with its table (4.2 MB) or one tokenizer (11 MB), nor the resident set by more than 16 MB. FILE gets every sample, a line of JSON each.
//
// The resident set is measured after malloc has handed back its free pages. Before that it says how large the largest text was that has been
// in work: glibc keeps up to 64 MB free at the end of each arena once a large block was freed (M_TRIM_THRESHOLD rises with it), and has
// eight arenas a core. What is left over what is given out are pages that malloc or V8 have given out in part.
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { clearTimeout, setTimeout } from 'node:timers';
import { parseArgs } from 'node:util';
import { processMemory } from './lib/process-memory.mjs';
import { main, root, SetupError, step } from './lib/step.mjs';
import { robustLine } from './lib/robust-line.mjs';

const ALLOWED_MB = { live: 4, resident: 16 };
const WINDOW = 1024;
const MODEL = path.join(root, 'models', 'smollm2-135m-layer0');
const WORK = ['open', 'score', 'stop', 'run'];
const EVERY = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    models: { type: 'string', default: '200' },
    only: { type: 'string', default: WORK.join() },
    samples: { type: 'string' },
  },
});

function windows(seed) {
  return [0, 1].map((n) => Int32Array.from({ length: WINDOW }, (_, i) => (i * i * 31 + i * (7 + seed) + n) % 49_152));
}

/** `work` ends, or is ended by its signal. */
async function stopped(work, hooks, milliseconds) {
  const controller = new AbortController();
  const stop = () => controller.abort(new Error('enough'));
  const timer = milliseconds === undefined ? undefined : setTimeout(stop, milliseconds);
  try {
    await work({ ...hooks(stop), signal: controller.signal });
  } catch (error) {
    if (error.message !== 'enough') throw error;
  } finally {
    clearTimeout(timer);
  }
}
const none = () => ({});

/** One model from opening to closing: two windows scored, one batch stopped. Returns the windows that were scored. */
async function useModel({ openModel }, seed, does) {
  let scored = 0;
  const model = await openModel(MODEL);
  const score = async (batch, hooks = {}) => {
    for await (const stats of model.score(batch, {}, hooks)) scored += stats.ds.length > 0 ? 1 : 0;
  };
  try {
    if (does.has('score')) await score(windows(seed));
    if (does.has('stop')) await stopped((hooks) => score([new Int32Array(16_384).fill(7)], hooks), none, 5);
  } finally {
    await model[Symbol.asyncDispose]();
  }
  if (does.has('stop')) {
    const open = async (hooks) => (await openModel(MODEL, {}, hooks))[Symbol.asyncDispose]();
    await stopped(open, none, seed % 20);
  }
  return scored;
}

/**
 * A run that is stopped: every other one at the n-th thing that it reports, the rest after some time. What the clock stops depends on how
 * busy the machine is, and a run that is slow may never come to its scores.
 */
async function stopRun({ run }, folder, seed) {
  const output = path.join(folder, 'run');
  rmSync(output, { recursive: true, force: true });
  let left = (seed >> 1) % 24;
  const atEvent = (stop) => ({ onProgress: () => void (left-- === 0 && stop()) });
  const options = { input: [`all=${path.join(folder, 'text.txt')}`], model: MODEL, window: 512, output };
  const work = (hooks) => run(options, hooks);
  if (seed % 2 === 0) await stopped(work, atEvent);
  else await stopped(work, none, 20 + ((seed * 97) % 400));
}

function line(n, minutes, sample) {
  const parts = Object.entries(sample).map(([name, value]) => `${name} ${Math.round(value * 10) / 10}`);
  return `${n} models, ${minutes.toFixed(1)} min: ${parts.join(', ')}`;
}

/** This script with what counts from a process's start on. */
function again() {
  const args = ['--expose-gc', import.meta.filename, ...process.argv.slice(2)];
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1;
}

async function soak() {
  const longattn = await import('../dist/index.js');
  const [minutes, models] = [Number(values.minutes), Number(values.models)];
  const does = new Set(values.only.split(','));
  if (!(minutes >= 0 && models > 0)) throw new SetupError('--minutes must not be negative, and --models above 0.');
  if ([...does].some((work) => !WORK.includes(work))) throw new SetupError(`--only is of ${WORK.join()}.`);
  const memory = processMemory();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-soak-'));
  const text = Array.from({ length: 40_000 }, (_, n) => `word${(n * n) % 9973}`).join(' ');
  writeFileSync(path.join(folder, 'text.txt'), text);
  const start = performance.now();
  const now = () => (performance.now() - start) / 60_000;
  const samples = [];
  let [scored, runs] = [0, 0];
  await step('soak', async () => {
    for (let n = 0; n < models; n++) {
      if (does.has('open')) scored += await useModel(longattn, n, does);
      for (const seed of does.has('run') ? [2 * n, 2 * n + 1] : []) {
        await stopRun(longattn, folder, seed);
        runs++;
      }
      samples.push(await memory());
      if (values.samples) appendFileSync(values.samples, `${JSON.stringify({ minute: now(), ...samples.at(-1) })}\n`);
      if (n % EVERY === EVERY - 1) console.error(line(n + 1, now(), samples.at(-1)));
      const rest = (minutes * (n + 1)) / models - now();
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest * 60_000));
    }
    return `${models} models, ${runs} runs, ${scored} windows scored`;
  });
  rmSync(folder, { recursive: true });
  const late = samples.slice(Math.floor(samples.length / 3));
  for (const [name, allowed] of Object.entries(ALLOWED_MB)) {
    const { slope, low, high } = robustLine(late.map((sample) => sample[name]));
    const [rise, from, to] = [slope, low, high].map((mb) => (mb * (late.length - 1)).toFixed(1));
    console.error(
      `${name}: the line through the last two thirds rises by ${rise} MB (95 %: ${from} to ${to}), ${allowed} allowed`,
    );
    if (Number(rise) > allowed) process.exitCode = 1;
  }
}

if (globalThis.gc) await main(soak);
else again();
