#!/usr/bin/env node
// Opens and closes models, scores windows and starts and stops runs for as long as asked, and watches the process's memory.
//   node scripts/soak.mjs [--minutes 60] [--models 200]     needs a built clone
// Models are opened evenly over the time, twice as many runs are begun and aborted. The line through the resident sets of the last two
// thirds must not rise by more than 16 MB: what a leak of one model (57 MB mapped, 2 MB packed) every ten openings would pass.
//
// It runs itself again with two arenas of glibc's malloc. Each thread frees into the arena that it took from, and glibc has eight a core: until
// each of them has seen its largest text, the resident set rises by memory that is free. Collections are asked for before each sample.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { main, root, SetupError, step } from './lib/step.mjs';

const MALLOC = { MALLOC_ARENA_MAX: '2' };
const ALLOWED_MB = 16;
const WINDOW = 1024;
const MODEL = path.join(root, 'models', 'smollm2-135m-layer0');

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, models: { type: 'string', default: '200' } },
});

/** Least squares: MB a minute of samples [minute, MB]. */
function slopeOf(samples) {
  const mean = (index) => samples.reduce((sum, sample) => sum + sample[index], 0) / samples.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = samples.reduce((sum, [minute]) => sum + (minute - x) ** 2, 0);
  return samples.reduce((sum, [minute, mb]) => sum + (minute - x) * (mb - y), 0) / spread;
}

function windows(seed) {
  return [0, 1].map((n) => Int32Array.from({ length: WINDOW }, (_, i) => (i * i * 31 + i * (7 + seed) + n) % 49_152));
}

/** One model from opening to closing: two windows scored, one batch stopped. Returns the windows that were scored. */
async function useModel(longattn, seed) {
  const model = await longattn.openModel(MODEL);
  let scored = 0;
  const score = async (batch, hooks = {}) => {
    for await (const stats of model.score(batch, {}, hooks)) scored += stats.ds.length > 0 ? 1 : 0;
  };
  const controller = new AbortController();
  try {
    await score(windows(seed));
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await score([new Int32Array(16_384).fill(7)], { signal: controller.signal });
  } catch (error) {
    if (error.message !== 'enough') throw error;
  } finally {
    await model[Symbol.asyncDispose]();
  }
  return scored;
}

/** A run that is stopped soon after it began, or ends. */
async function abortRun(longattn, folder, seed) {
  const output = path.join(folder, 'run');
  rmSync(output, { recursive: true, force: true });
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error('enough')), 20 + ((seed * 97) % 400));
  try {
    await longattn.run(
      { input: [`all=${path.join(folder, 'text.txt')}`], model: MODEL, window: 512, output },
      { signal: controller.signal },
    );
  } catch (error) {
    if (error.message !== 'enough') throw error;
  }
}

/** This script with the settings of malloc, which count from a process's start on. */
function again() {
  const args = ['--expose-gc', import.meta.filename, ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', env: { ...process.env, ...MALLOC } });
  process.exitCode = status ?? 1;
}

async function soak() {
  const longattn = await import('../dist/index.js');
  const [minutes, models] = [Number(values.minutes), Number(values.models)];
  if (!(minutes > 0 && models > 0)) throw new SetupError('--minutes and --models must be above 0.');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-soak-'));
  const text = Array.from({ length: 40_000 }, (_, n) => `word${(n * n) % 9973}`).join(' ');
  writeFileSync(path.join(folder, 'text.txt'), text);
  const start = performance.now();
  const now = () => (performance.now() - start) / 60_000;
  const samples = [];
  let scored = 0;
  await step('soak', async () => {
    for (let n = 0; n < models; n++) {
      scored += await useModel(longattn, n);
      await abortRun(longattn, folder, 2 * n);
      await abortRun(longattn, folder, 2 * n + 1);
      globalThis.gc();
      samples.push([now(), process.memoryUsage.rss() / 1e6]);
      if (n % 20 === 19) console.error(`${n + 1} models, ${now().toFixed(1)} min, ${samples.at(-1)[1].toFixed(0)} MB`);
      const rest = (minutes * (n + 1)) / models - now();
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest * 60_000));
    }
    return `${models} models, ${2 * models} runs, ${scored} windows scored`;
  });
  rmSync(folder, { recursive: true });
  const late = samples.slice(Math.floor(samples.length / 3));
  const rise = slopeOf(late) * (late.at(-1)[0] - late[0][0]);
  const ends = `${late[0][1].toFixed(0)} -> ${late.at(-1)[1].toFixed(0)} MB`;
  console.error(`resident set over the last two thirds: ${ends}, the line through it rises by ${rise.toFixed(1)} MB`);
  if (rise > ALLOWED_MB) throw new SetupError(`the resident set grows: more than ${ALLOWED_MB} MB.`);
}

if (process.env.MALLOC_ARENA_MAX === MALLOC.MALLOC_ARENA_MAX && globalThis.gc) await main(soak);
else again();
