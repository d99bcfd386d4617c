#!/usr/bin/env node
// From text to the scores of layer 0 by two cores in turn, round by round: what another compiler or an older build costs.
//   node scripts/bench-cores.mjs OLD.node NEW.node [--rounds 7] [--window 4096] [--mib 1] [--model DIR]
//
// CPU time of the whole process is what is compared, by the median of the rounds' ratios: wall time says little on a machine that others use too.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { main, root, SetupError } from './lib/step.mjs';

const OPTIONS = {
  rounds: { type: 'string', default: '7' },
  window: { type: 'string', default: '4096' },
  mib: { type: 'string', default: '1' },
  model: { type: 'string', default: path.join(root, 'models', 'smollm2-135m-layer0') },
};
/** Writes the CPU seconds of the process as the last line of its stderr. */
const REPORT = `process.on("exit",()=>{const{user,system}=process.cpuUsage();console.error("\\ncpu",(user+system)/1e6)})`;

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

/** @returns CPU and wall seconds of one `longattn run` */
function timed(core, words) {
  const program = [
    '--import',
    `data:text/javascript,${encodeURIComponent(REPORT)}`,
    path.join(root, 'dist/cli/main.js'),
  ];
  const begin = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [...program, 'run', ...words], {
    encoding: 'utf8',
    env: { ...process.env, LONGATTN_ADDON: path.resolve(core) },
  });
  const cpu = /^cpu ([\d.]+)$/m.exec(stderr)?.[1];
  if (status !== 0 || cpu === undefined) throw new SetupError(`longattn run ended with ${status}:\n${stderr}`);
  return { cpu: Number(cpu), wall: (performance.now() - begin) / 1000 };
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

await main((argv) => {
  const { values, positionals: cores } = parseArgs({ args: argv, options: OPTIONS, allowPositionals: true });
  if (cores.length !== 2) throw new SetupError('two cores are to be named: OLD.node NEW.node.');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-cores-'));
  const runs = cores.map(() => []);
  try {
    const input = path.join(folder, 'text.txt');
    writeFileSync(input, makeText(Number(values.mib) * 2 ** 20));
    for (let round = 0; round < Number(values.rounds); round++) {
      // Who is first changes: the second finds caches warm.
      for (const one of round % 2 ? [1, 0] : [0, 1]) {
        const output = path.join(folder, `run-${round}-${one}`);
        const words = ['--input', input, '--model', values.model, '--window', values.window, '--output', output];
        const measured = timed(cores[one], words);
        runs[one].push(measured);
        console.error(`${round} ${cores[one]}: CPU ${measured.cpu.toFixed(2)} s, wall ${measured.wall.toFixed(2)} s`);
        rmSync(output, { recursive: true });
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  for (const what of ['cpu', 'wall']) {
    const [old, young] = runs.map((list) => list.map((one) => one[what]));
    const ratio = median(young.map((seconds, round) => seconds / old[round]));
    const each = [old, young].map((list) => `${median(list).toFixed(2)} s`).join(' and ');
    console.log(
      `${what}: ${each}, median of the ratios ${ratio.toFixed(3)}, least of both ${(Math.min(...young) / Math.min(...old)).toFixed(3)}`,
    );
  }
});
