#!/usr/bin/env node
// The speed of the attention kernels and of the decoder, beside what libtorch reaches in the same process. A quarter of an hour.
//   node scripts/bench.mjs [--json] [--quick] [--page] [--only attention|decoder] [--rounds N]
//
// --json: one line a row, {"bench","value","unit","ratio","ratio_to","processor"}. --quick: short windows, a minute. --rounds: a row
// is the best of so many. --page: also writes docs/performance.md and the README's table; with `--only decoder` no more than this
// processor's table of the layers above the first. Waiting threads sleep unless OMP_WAIT_POLICY says otherwise: a row is CPU time,
// and a thread that spins because a neighbour holds the other core would be counted.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { printRows, writeRows } from './lib/bench-rows.mjs';
import { writeLayers, writePage } from './lib/bench-page.mjs';
import { processor } from './lib/processor.mjs';
import { main, root, run, SetupError } from './lib/step.mjs';

/** Programs, and the arguments of each of their runs; `--quick` has the first alone. */
const BENCHES = {
  attention: { program: 'longattn_bench', runs: [[]] },
  decoder: {
    program: 'longattn_decoder_bench',
    runs: [
      [],
      ['--length', '32768', '--layer', '2', '--rounds', '2'],
      ['--shape', '8B', '--length', '8192', '--layer', '2', '--rounds', '1'],
    ],
  },
};
const FLAGS = ['--json', '--quick', '--page', '--only', '--rounds'];

/** The program's rows, each printed as soon as it is there. */
async function measure(program, args, json) {
  const on = processor();
  const child = spawn(path.join(root, 'build', 'bench', program), ['--json', ...args], {
    env: { OMP_WAIT_POLICY: 'passive', ...process.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const rows = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const row = { ...JSON.parse(line), processor: on };
    rows.push(row);
    printRows([row], json);
  }
  const status = await ended;
  if (status !== 0) throw new SetupError(`${program} ended with ${status}.`);
  return rows;
}

/** Takes a flag and its value out of the arguments. Throws where the value is not `allowed`, which `what` puts into words. */
function take(args, flag, allowed, what) {
  const at = args.indexOf(flag);
  if (at < 0) return undefined;
  const [, value] = args.splice(at, 2);
  if (!allowed(value)) throw new SetupError(`${flag} must not be ${value}. It is ${what}.`);
  return value;
}

await main(async (args) => {
  const names = Object.keys(BENCHES);
  const rounds = take(
    args,
    '--rounds',
    (value) => Number.isInteger(Number(value)) && Number(value) > 0,
    'a whole number above 0',
  );
  const only = take(args, '--only', (value) => names.includes(value), names.join(' or '));
  const unknown = args.find((arg) => !FLAGS.includes(arg));
  if (unknown !== undefined) throw new SetupError(`unknown argument ${unknown}. Known: ${FLAGS.join(', ')}.`);
  const [quick, page, json] = ['--quick', '--page', '--json'].map((flag) => args.includes(flag));
  if (page && quick) throw new SetupError('--page needs the long windows: leave --quick out.');
  if (page && only === 'attention') throw new SetupError('--page needs the decoder too: leave --only out.');
  if (!existsSync(path.join(root, 'node_modules'))) run(process.execPath, ['scripts/setup.mjs']);
  run(process.execPath, ['scripts/build-native.mjs', '--tests', '--benches']);
  for (const name of only ? [only] : names) {
    const { program, runs } = BENCHES[name];
    const rows = [];
    for (const own of quick ? [['--quick']] : runs) {
      rows.push(...(await measure(program, rounds ? [...own, '--rounds', rounds] : own, json)));
      if (!quick) writeRows(name, rows);
    }
  }
  if (page) (only ? writeLayers : writePage)();
});
