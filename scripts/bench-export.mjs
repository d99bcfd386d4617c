#!/usr/bin/env node
// MB/s and memory of an export of 2 GB of token ids (synthetic windows) to each format, beside pyarrow and datatrove on the same ids.
//   node scripts/bench-export.mjs [--gb N] [--json]
// A process a format, one after the other. MB/s are those of the ids, 4 bytes each, by the clock, whatever the format makes of them. Ours
// checks the sha256 of what it reads, makes that of what it writes, and syncs it to the disk; the others do none of that.
// pyarrow and datatrove are those of the venv that scripts/check-export-readers.mjs makes; without it they are skipped, and that is said.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { printRows, writeRows } from './lib/bench-rows.mjs';
import { main, root, SetupError, step } from './lib/step.mjs';
import { loadExportRun, makeExportRun, WINDOW_BYTES } from './lib/synthetic-export.mjs';
import { exportWindows } from '../dist/export/export-windows.js';
import { EXPORT_FORMAT_NAMES } from '../dist/options/export-formats.js';

/** The promise of the project, MB. */
const MEMORY = 500;

/** In the child: export once, and say what it took. */
async function measureOnce(dir, format, folder) {
  const { run, selection } = await loadExportRun(dir);
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  await exportWindows(run, selection, { format, folder, textOf: noText });
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  console.log(JSON.stringify({ wall, cpu: (user + system) / 1e6, peak: process.resourceUsage().maxRSS * 1024 }));
}

/** Windows of ready ids have none; whoever asks for one is wrong. */
function noText() {
  throw new Error('the text of a window without characters was asked for');
}

function measured(command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new SetupError(`${path.basename(args[0])} ended with ${status}.\n${stderr}`);
  return JSON.parse(stdout);
}

/** Of the venv that scripts/check-export-readers.mjs makes. */
function pythonWith(module) {
  const cache = process.env.LONGATTN_CACHE || path.join(os.homedir(), '.cache', 'longattn');
  const python = path.join(cache, 'export-readers', 'bin', 'python');
  return existsSync(python) && spawnSync(python, ['-c', `import ${module}`]).status === 0 ? python : undefined;
}

const told = ({ cpu, peak }) => `${cpu.toFixed(1)} s of processor, ${(peak / 1e6).toFixed(0)} MB`;

/** Name -> what it took; who is not installed is left out, and that is said. */
async function measurePeers(dir, out) {
  const peers = {};
  for (const name of ['pyarrow', 'datatrove']) {
    await step(name, () => {
      const python = pythonWith(name);
      if (!python) return 'SKIPPED: not installed (see scripts/check-export-readers.mjs)';
      const took = measured(python, [path.join(root, 'scripts', 'lib', 'write_peers.py'), name, dir, out]);
      peers[name] = took;
      rmSync(out, { recursive: true });
      return told(took);
    });
  }
  return peers;
}

await main(async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      gb: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      measure: { type: 'string', multiple: true },
    },
  });
  if (values.measure) return measureOnce(...values.measure);
  const windows = Math.ceil((Number(values.gb) * 1e9) / WINDOW_BYTES);
  if (!(windows >= 1)) throw new SetupError('--gb must be a number above 0.');
  const dir = path.join(root, 'build', 'bench', `export-${windows}`);
  const out = `${dir}-out`;
  rmSync(out, { recursive: true, force: true });
  await step(`${windows.toLocaleString('en')} windows`, async () => {
    if (existsSync(path.join(dir, 'made'))) return 'there already';
    rmSync(dir, { recursive: true, force: true });
    mkdirSync(path.dirname(dir), { recursive: true });
    await makeExportRun(dir, windows);
    writeFileSync(path.join(dir, 'made'), '');
  });
  const size = `${values.gb} GB of ids`;
  const rate = ({ wall }) => (windows * WINDOW_BYTES) / 1e6 / wall;
  const peers = await measurePeers(dir, out);
  const rows = Object.entries(peers).flatMap(([name, took]) => rowsOf(`${size}, ${name}`, took, rate(took)));
  for (const format of EXPORT_FORMAT_NAMES) {
    await step(format, () => {
      if (format === 'jsonl.zst' && !zlib.createZstdCompress) return 'SKIPPED: it needs Node.js 22.15';
      const script = fileURLToPath(import.meta.url);
      const flags = [dir, format, out].flatMap((value) => ['--measure', value]);
      const took = measured(process.execPath, [script, ...flags]);
      rmSync(out, { recursive: true });
      const peer = { parquet: 'pyarrow', tokens: 'datatrove' }[format];
      const beside = peers[peer] && { ratio: took.cpu / peers[peer].cpu, ratio_to: peer };
      const promise = { ratio: took.peak / 1e6 / MEMORY, ratio_to: `the promised ${MEMORY} MB` };
      rows.push(...rowsOf(`${size}, longattn ${format}`, took, rate(took), beside, promise));
      writeRows('export', rows);
      return told(took);
    });
  }
  printRows(rows, values.json);
});

function rowsOf(name, { cpu, peak }, rate, beside = {}, promise = {}) {
  return [
    { bench: name, value: rate, unit: 'MB/s' },
    { bench: `${name}, processor time`, value: cpu, unit: 's', ...beside },
    { bench: `${name}, largest resident set`, value: peak / 1e6, unit: 'MB', ...promise },
  ];
}
