#!/usr/bin/env node
// The speed of the attention kernels and of the decoder, beside what libtorch reaches in the same process. About five minutes.
//   node scripts/bench.mjs [--json] [--quick] [--page] [--rounds N]
//
// --json: one line a row, {"bench","value","unit","ratio","ratio_to"}. --quick: short windows, a minute. --rounds: a row is the
// best of so many. --page: also writes docs/performance.md and the README's table. Waiting threads sleep unless OMP_WAIT_POLICY
// says otherwise: a row is CPU time, and a thread that spins because a neighbour holds the other core would be counted.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { printRows, writeRows } from './lib/bench-rows.mjs';
import { writePage } from './lib/bench-page.mjs';
import { main, root, run, SetupError } from './lib/step.mjs';

const BENCHES = { attention: 'longattn_bench', decoder: 'longattn_decoder_bench' };
const FLAGS = ['--json', '--quick', '--page', '--rounds'];

/** The program's rows, each printed as soon as it is there. */
async function measure(program, args, json) {
  const child = spawn(path.join(root, 'build', 'bench', program), ['--json', ...args], {
    env: { OMP_WAIT_POLICY: 'passive', ...process.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const rows = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const row = JSON.parse(line);
    rows.push(row);
    printRows([row], json);
  }
  const status = await ended;
  if (status !== 0) throw new SetupError(`${program} ended with ${status}.`);
  return rows;
}

/** Takes `--rounds N` out of the arguments: what to hand on to the programs. */
function takeRounds(args) {
  const at = args.indexOf('--rounds');
  if (at < 0) return [];
  const [flag, value] = args.splice(at, 2);
  if (!(Number.isInteger(Number(value)) && Number(value) > 0)) {
    throw new SetupError(`--rounds must not be ${value}. It is a whole number above 0.`);
  }
  return [flag, value];
}

await main(async (args) => {
  const rounds = takeRounds(args);
  const unknown = args.find((arg) => !FLAGS.includes(arg));
  if (unknown !== undefined) throw new SetupError(`unknown argument ${unknown}. Known: ${FLAGS.join(', ')}.`);
  if (args.includes('--page') && args.includes('--quick')) {
    throw new SetupError('--page needs the long windows: leave --quick out.');
  }
  if (!existsSync(path.join(root, 'node_modules'))) run(process.execPath, ['scripts/setup.mjs']);
  run(process.execPath, ['scripts/build-native.mjs', '--tests', '--benches']);
  const quick = args.includes('--quick');
  for (const [name, program] of Object.entries(BENCHES)) {
    const rows = await measure(program, quick ? ['--quick', ...rounds] : rounds, args.includes('--json'));
    if (!quick) writeRows(name, rows);
  }
  if (args.includes('--page')) writePage();
});
