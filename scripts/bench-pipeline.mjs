#!/usr/bin/env node
// The whole against its parts, interleaved by rounds: stages alone and overlapped, and the CLI against the bare calls of the addon.
//   node scripts/bench-pipeline.mjs [--json] [--rounds 3] [--window 32768] [--mib 9] [--windows 16] [--model DIR]
//
// Wall time, best of the rounds, and beside it the CPU time of the process: on a machine that others use too, only that means much.
// --mib: text for the stages; a part has 4 MiB, and stages overlap part by part. --windows: for the CLI against the kernel.
// --json: one line a row, as native/core/bench prints them.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { printRows, writeRows } from './lib/bench-rows.mjs';
import { makeDemoCorpus } from './lib/demo-corpus.mjs';
import { main, root, SetupError } from './lib/step.mjs';

/** Of SmolLM2's tokenizer on this text, about. */
const CHARACTERS_A_TOKEN = 4;
const WORK = path.join(root, 'build', 'bench-pipeline');
/** Tells the CPU seconds of the CLI's process on a line of its stderr. */
const REPORT_CPU =
  'process.on("exit",()=>{const{user,system}=process.cpuUsage();process.stderr.write(`\\nbench-cpu ${user+system}\\n`)})';

function options(args) {
  const valueOf = (name, fallback) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
  const number = (name, fallback) => {
    const value = Number(valueOf(name, fallback));
    if (!Number.isInteger(value) || value < 1) throw new SetupError(`${name} must be a whole number, at least 1.`);
    return value;
  };
  return {
    json: args.includes('--json'),
    rounds: number('--rounds', 3),
    window: number('--window', 32_768),
    mib: Number(valueOf('--mib', '9')),
    windows: number('--windows', 16),
    model: valueOf('--model', path.join(root, 'models', 'smollm2-135m-layer0')),
  };
}

/** Real text of the demo's domains in turn, as documents of about 3.5 windows, of which Algorithm 1 makes 4. */
function makeCorpus(name, bytes, window) {
  const texts = makeDemoCorpus('build/demo/corpus').map((input) => {
    const text = readFileSync(path.join(root, input.split('=')[1]), 'utf8');
    if (!input.endsWith('.jsonl')) return text;
    const rows = text.trimEnd().split('\n');
    return rows.map((line) => JSON.parse(line).text).join('\n');
  });
  const size = Math.round(3.5 * CHARACTERS_A_TOKEN * window);
  const rows = [];
  for (let row = 0, written = 0; written < bytes; row++, written += size) {
    const text = texts[row % texts.length];
    const start = (Math.floor(row / texts.length) * size) % Math.max(1, text.length - size);
    rows.push(`${JSON.stringify({ id: `row-${row}`, text: text.slice(start, start + size) })}\n`);
  }
  const file = path.join(WORK, `${name}.jsonl`);
  writeFileSync(file, rows.join(''));
  return [`real=${file}`];
}

async function measure(work) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6, result };
}

function cli(args) {
  const start = performance.now();
  const command = [
    '--import',
    `data:text/javascript,${REPORT_CPU}`,
    path.join(root, 'dist', 'cli', 'main.js'),
    ...args,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', 'pipe'] });
    let stderr = '';
    child.stderr.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject).on('close', (code) => {
      const cpu = /bench-cpu (\d+)/.exec(stderr)?.[1];
      if (code !== 0) reject(new SetupError(`longattn ${args.join(' ')} ended with ${code}:\n${stderr}`));
      else resolve({ wall: (performance.now() - start) / 1000, cpu: Number(cpu) / 1e6 });
    });
  });
}

/** The addon's calls alone, one batch of `batch` windows after the other, on an open model. */
async function kernelAlone({ readWindows, loadRun }, scorer, folder, { window, batch }) {
  const run = await loadRun(folder);
  const windows = [];
  for (let part = 0; part < run.manifest.parts; part++) {
    const file = run.windows.file(`part-${String(part).padStart(5, '0')}`);
    for await (const { tokenIds } of readWindows(file)) windows.push(tokenIds);
  }
  const requests = [];
  for (let at = 0; at < windows.length; at += batch) {
    const slice = windows.slice(at, at + batch);
    const ids = new Int32Array(slice.length * window);
    slice.forEach((tokens, i) => ids.set(tokens, i * window));
    const filled = (value) => new Int32Array(slice.length).fill(value);
    requests.push({
      ids,
      lengths: filled(window),
      k: filled(Math.floor(window / 4)),
      layers: Int32Array.of(0),
      tokens: false,
    });
  }
  return measure(async () => {
    for (const request of requests) await scorer.score(request);
    return windows.length;
  });
}

const best = (list) => ({
  wall: Math.min(...list.map(({ wall }) => wall)),
  cpu: Math.min(...list.map(({ cpu }) => cpu)),
});

await main(async (args) => {
  const { json, rounds, window, mib, windows, model } = options(args);
  rmSync(WORK, { recursive: true, force: true });
  mkdirSync(WORK, { recursive: true });
  const library = await import(path.join(root, 'dist', 'index.js'));
  const { Scorer } = await import(path.join(root, 'dist', 'native', 'scorer.js'));
  const { openModelFolder } = await import(path.join(root, 'dist', 'model', 'open-model.js'));
  const settings = { model, window, batch: 4, memory: 1 << 30 };
  const stages = { ...settings, input: makeCorpus('stages', mib * 2 ** 20, window) };
  const few = { ...settings, input: makeCorpus('few', (windows / 4) * 3.5 * CHARACTERS_A_TOKEN * window, window) };
  const flags = ['--input', few.input[0], '--model', model, '--window', `${window}`];
  const { specText } = await openModelFolder(model, { layers: [0] });

  const runs = { windows: [], scores: [], overlapped: [], kernel: [], cli: [] };
  const lag = monitorEventLoopDelay({ resolution: 5 });
  const note = (name, { wall, cpu, result }) => {
    console.error(`${name}: ${wall.toFixed(2)} s, CPU ${cpu.toFixed(2)} s`);
    runs[name].push({ wall, cpu, result });
  };
  for (let round = 0; round < rounds; round++) {
    const fresh = (name) => path.join(WORK, `${name}-${round}`);
    note('windows', await measure(() => library.window({ ...stages, output: fresh('stages') })));
    note('scores', await measure(() => library.score({ ...stages, output: fresh('stages') })));
    lag.enable();
    note('overlapped', await measure(() => library.score({ ...stages, output: fresh('overlapped') })));
    lag.disable();
    await library.window({ ...few, output: fresh('few') });
    // A model of its own a round: the CLI begins with an empty table of projected tokens, too.
    const scorer = await Scorer.open(specText, { memoryBytes: settings.memory });
    note('kernel', await kernelAlone(library, scorer, fresh('few'), settings));
    await scorer[Symbol.asyncDispose]();
    note('cli', await cli(['score', ...flags, '--output', fresh('few')]));
    ['stages', 'overlapped', 'few'].forEach((name) => rmSync(fresh(name), { recursive: true }));
  }
  const domain = runs.windows[0].result.domains[0];
  const [cut, scores, overlapped, kernel, command] = Object.values(runs).map(best);
  const slowest = cut.wall > scores.wall ? ['windows alone', cut] : ['scores alone', scores];
  const row = (bench, { wall, cpu }, ratioTo, other) => ({
    bench: `${bench}, W=${window}`,
    value: Number(wall.toFixed(2)),
    unit: 's',
    cpu_s: Number(cpu.toFixed(2)),
    ...(other && {
      ratio: Number((other.wall / wall).toFixed(3)),
      ratio_to: ratioTo,
      cpu_ratio: Number((other.cpu / cpu).toFixed(3)),
    }),
  });
  const table = [
    row('pipeline: windows alone', cut),
    row('pipeline: scores alone', scores),
    row('pipeline: text to scores, overlapped', overlapped, ...slowest),
    row('pipeline: kernel alone (calls of the addon)', kernel),
    row('pipeline: longattn score of ready windows', command, 'kernel alone', kernel),
  ];
  writeRows('pipeline', table);
  if (json) return printRows(table, json);
  console.log(
    `stages: ${domain.tokens} tokens, ${domain.windows} windows of ${window}; CLI: ${runs.kernel[0].result} windows; best of ${rounds}`,
  );
  console.table(table);
  const [p99, max] = [lag.percentile(99), lag.max].map((nanoseconds) => (nanoseconds / 1e6).toFixed(0));
  console.log(`event loop, overlapped: 99 % of its turns within ${p99} ms, the longest ${max} ms`);
});
