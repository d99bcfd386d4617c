#!/usr/bin/env node
// From text to the scores of layer 0 by two cores in turn, round by round: what another compiler or an older build costs.
//   node scripts/bench-cores.mjs OLD NEW [--names old,new] [--rounds 7] [--window 4096] [--mib 1] [--model DIR]
//   OLD, NEW: a longattn.node, by this clone's program; or the folder of another clone that is built, by its own
//
// Processor time of the whole process is what is compared, by the median of the rounds' ratios: wall time says little on a machine that others
// use too. One window of a few tokens tells what a process costs before it computes anything, in time and in memory.
// The rows are kept for docs/performance.md (scripts/bench-page.mjs), beside those of other names.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { printRows, readRows, writeRows } from './lib/bench-rows.mjs';
import { main, root, SetupError } from './lib/step.mjs';

const OPTIONS = {
  names: { type: 'string', default: 'old,new' },
  rounds: { type: 'string', default: '7' },
  window: { type: 'string', default: '4096' },
  mib: { type: 'string', default: '1' },
  model: { type: 'string', default: path.join(root, 'models', 'smollm2-135m-layer0') },
};
const SHORT_WINDOW = 128;
/** Writes processor seconds and the largest resident set in MB of the process as the last line of its stderr. */
const REPORT = `process.on("exit",()=>{const{userCPUTime,systemCPUTime,maxRSS}=process.resourceUsage();console.error("\\ncost",(userCPUTime+systemCPUTime)/1e6,maxRSS*1024/1e6)})`;

/** The sources of the project, over and over: real text that every clone has. */
function makeText(bytes) {
  const folder = path.join(root, 'src');
  const files = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  const text = files
    .sort()
    .map((name) => readFileSync(path.join(folder, name), 'utf8'))
    .join('\n');
  return text.repeat(Math.ceil(bytes / text.length)).slice(0, bytes);
}

/** @returns processor and wall seconds of one `longattn run`, and its largest resident set in MB */
function measured(core, words) {
  const clone = statSync(core).isDirectory();
  const program = path.join(clone ? path.resolve(core) : root, 'dist/cli/main.js');
  const begin = performance.now();
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(REPORT)}`, program, 'run', ...words],
    { encoding: 'utf8', env: { ...process.env, ...(!clone && { LONGATTN_ADDON: path.resolve(core) }) } },
  );
  const [, cpu, memory] = /^cost ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? [];
  if (status !== 0 || cpu === undefined) throw new SetupError(`longattn run ended with ${status}:\n${stderr}`);
  return { cpu: Number(cpu), wall: (performance.now() - begin) / 1000, memory: Number(memory) };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

/** Two rows of one quantity: the medians, and the median of the rounds' ratios. */
function rowsOf(what, field, unit, names, runs) {
  const [old, young] = runs.map((list) => list.map((one) => one[field]));
  const label = (name) => `${name}: ${what}`;
  return [
    { bench: label(names[0]), value: median(old), unit },
    {
      ...{ bench: label(names[1]), value: median(young), unit },
      ...{ ratio: median(young.map((value, round) => value / old[round])), ratio_to: names[0] },
    },
  ];
}

await main((argv) => {
  const { values, positionals: cores } = parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  if (cores.length !== 2) throw new SetupError('two cores are to be named: OLD NEW.');
  const names = values.names.split(',');
  if (names.length !== 2) throw new SetupError(`--names must be two, with a comma between, not ${values.names}.`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-cores-'));
  const long = cores.map(() => []);
  const short = cores.map(() => []);
  try {
    const texts = [Number(values.mib) * 2 ** 20, 4 * SHORT_WINDOW].map((bytes) => {
      const file = path.join(folder, `text-${bytes}.txt`);
      writeFileSync(file, makeText(bytes));
      return file;
    });
    const measure = (one, input, window) => {
      const output = path.join(folder, 'run');
      const words = ['--input', `text=${input}`, '--model', values.model, '--window', `${window}`, '--output', output];
      const cost = measured(cores[one], words);
      rmSync(output, { recursive: true });
      return cost;
    };
    for (let round = 0; round < Number(values.rounds); round++) {
      // Who is first changes: the second finds caches warm.
      for (const one of round % 2 ? [1, 0] : [0, 1]) {
        long[one].push(measure(one, texts[0], values.window));
        short[one].push(measure(one, texts[1], SHORT_WINDOW));
        console.error(`${round} ${names[one]}: CPU ${long[one].at(-1).cpu} s, one window ${short[one].at(-1).cpu} s`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  const rows = [
    ...rowsOf('text to scores, processor time', 'cpu', 's', names, long),
    ...rowsOf('text to scores, wall time', 'wall', 's', names, long),
    ...rowsOf('one short window, processor time', 'cpu', 's', names, short),
    ...rowsOf('one short window, wall time', 'wall', 's', names, short),
    ...rowsOf('one short window, largest resident set', 'memory', 'MB', names, short),
  ];
  printRows(rows, false);
  const before = readRows('cores')?.rows ?? [];
  writeRows('cores', [...before.filter(({ bench }) => !rows.some((row) => row.bench === bench)), ...rows]);
});
