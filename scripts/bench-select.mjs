#!/usr/bin/env node
// Seconds and memory of a selection from 10 million windows' statistics (synthetic), from score files to selection.arrow.
//   node scripts/bench-select.mjs [--windows N] [--times N] [--count] [--json]
// --count: by last-recurrence-2 behind the guard, of a run without a model; without it by the score of the paper.
// Measured in a process of its own: reading the stored columns, ranking, choosing, writing selection.arrow and syncing it to the disk.
// Not included: the start of Node, and the sha256 of the score files, which a selection checks once a file. The files are read from
// the page cache where they fit it.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { printRows, writeRows } from './lib/bench-rows.mjs';
import { DOMAINS, HEADS, makeCountedRun, makeSyntheticRun } from './lib/synthetic-scores.mjs';
import { main, root, SetupError, step } from './lib/step.mjs';
import { loadRun } from '../dist/run/directory.js';
import { selectWindows } from '../dist/selection/select-windows.js';

/** The promise of the project. */
const TARGET = { seconds: 10, gigabytes: 2 };
const SETTINGS = { alpha: 0.5, std: 'zscore', heads: 'all', keep: 0.125, maxOverlap: 1 };

/** Bytes that this process has read by system calls; undefined where the system does not say. */
function bytesRead() {
  const counters = '/proc/self/io';
  return existsSync(counters) ? Number(/rchar: (\d+)/.exec(readFileSync(counters, 'utf8'))[1]) : undefined;
}

/** In the child: select once, and say what it took. */
async function measureOnce(dir, score) {
  const run = await loadRun(dir);
  const before = bytesRead();
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { domains } = await selectWindows(run, { ...SETTINGS, score }, { check: 'size' });
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const kept = domains.reduce((sum, domain) => sum + domain.kept, 0);
  const peak = process.resourceUsage().maxRSS * 1024;
  const read = before === undefined ? undefined : bytesRead() - before;
  console.log(JSON.stringify({ wall, cpu: (user + system) / 1e6, peak, kept, read }));
}

function measureInChild(dir, score) {
  const args = [fileURLToPath(import.meta.url), '--measure', dir, '--score', score];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new SetupError(`the selection ended with ${status}.\n${stderr}`);
  return JSON.parse(stdout);
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

await main(async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      windows: { type: 'string', default: '10000000' },
      times: { type: 'string', default: '3' },
      count: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      measure: { type: 'string' },
      score: { type: 'string' },
    },
  });
  if (values.measure !== undefined) return measureOnce(values.measure, values.score);
  const windows = Number(values.windows);
  const times = Number(values.times);
  if (!(Number.isInteger(windows) && windows > 0 && Number.isInteger(times) && times > 0))
    throw new SetupError('--windows and --times must be whole numbers, at least 1.');
  const { count } = values;
  const dir = path.join(root, 'build', 'bench', `select${count ? '-count' : ''}-${windows}`);
  const score = count ? 'last-recurrence-2' : 'longattn';
  const what = count ? 'counts alone' : `${HEADS} heads`;
  await step(`${windows.toLocaleString('en')} windows, ${DOMAINS.length} domains, ${what}`, async () => {
    if (existsSync(path.join(dir, 'made'))) return 'there already';
    rmSync(dir, { recursive: true, force: true });
    const bytes = await (count ? makeCountedRun : makeSyntheticRun)(dir, windows);
    writeFileSync(path.join(dir, 'made'), '');
    return `${(bytes / 1e9).toFixed(1)} GB of ${count ? 'counts' : 'score files, most of it holes'}`;
  });
  const runs = Array.from({ length: times }, () => measureInChild(dir, score));
  const promised = (value, target, unit) => ({
    value,
    unit,
    ratio: value / target,
    ratio_to: `the promised ${target} ${unit}`,
  });
  const name = `select: ${windows.toLocaleString('en')} windows${count ? ' by a count' : ''}`;
  const wall = median(runs.map((one) => one.wall));
  const peak = Math.max(...runs.map((one) => one.peak)) / 1e9;
  const rows = [
    { bench: `${name}, wall time`, ...promised(wall, TARGET.seconds, 's') },
    { bench: `${name}, processor time`, value: median(runs.map(({ cpu }) => cpu)), unit: 's' },
    ...(runs[0].read === undefined ? [] : [{ bench: `${name}, read`, value: runs[0].read / 1e9, unit: 'GB' }]),
    { bench: `${name}, largest resident set`, ...promised(peak, TARGET.gigabytes, 'GB') },
  ];
  writeRows(count ? 'select-count' : 'select', rows);
  printRows(rows, values.json);
});
