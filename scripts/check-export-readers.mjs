#!/usr/bin/env node
// The readers of trainers on an export of the demo's run, bit for bit: megatron-core, ai2-olmo-core, datatrove, mosaicml-streaming.
//   node scripts/check-export-readers.mjs [RUN]        RUN: default build/demo/run, of `npm run demo`
//   node scripts/check-export-readers.mjs --goldens    the files that the tests hold every export to, byte by byte
//
// They need torch: 5 GB in a folder of the cache. So this is a command for when an export's code changes, not a part of the tests.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { main, root, run, SetupError } from './lib/step.mjs';

// Without their dependencies where those are heavy and not needed to read, or (datatrove) forbid the huggingface_hub of transformers 4.
const PACKAGES = ['torch==2.13.0', 'torchvision==0.28.0', 'numpy<2.3', 'pyarrow==22.0.0', 'transformers==4.57.3'];
const MORE = [
  'pyyaml',
  'rich',
  'cached_path',
  'requests',
  'omegaconf',
  'boto3',
  'google-cloud-storage',
  'zstandard',
  'xxhash',
  'loguru',
  'humanize',
  'multiprocess',
  'fsspec',
  'dataclass-extensions',
  'bettermap',
  'importlib_resources',
  'pandas',
  'brotli',
  'catalogue<3',
  'matplotlib',
  'paramiko<4',
  'python-snappy',
  'tqdm',
  'zstd',
];
const BARE = ['datatrove==0.10.1', 'megatron-core==0.16.1', 'ai2-olmo-core==3.0.0', 'mosaicml-streaming==0.13.0'];

function environment() {
  const cache = process.env.LONGATTN_CACHE || path.join(os.homedir(), '.cache', 'longattn');
  const folder = path.join(cache, 'export-readers');
  const python = path.join(folder, 'bin', 'python');
  if (existsSync(path.join(folder, 'complete'))) return python;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  run('python3', ['-m', 'venv', folder]);
  run(python, ['-m', 'pip', 'install', '--quiet', ...PACKAGES, ...MORE]);
  run(python, ['-m', 'pip', 'install', '--quiet', '--no-deps', ...BARE]);
  writeFileSync(path.join(folder, 'complete'), '');
  return python;
}

/** @param folders of the formats arrow, tokens and mds */
function read(folders) {
  const script = path.join(root, 'scripts', 'lib', 'read_exports.py');
  const { status } = spawnSync(environment(), [script, ...folders], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

await main(async ([from = path.join(root, 'build', 'demo', 'run')]) => {
  if (from === '--goldens') {
    // Copies: a reader may write beside what it reads.
    const copy = path.join(root, 'build', 'export-goldens');
    rmSync(copy, { recursive: true, force: true });
    cpSync(path.join(root, 'test', 'fixtures', 'exports'), copy, { recursive: true });
    return read(['arrow', 'tokens', 'mds'].map((format) => path.join(copy, format)));
  }
  if (!existsSync(path.join(from, 'selection', 'selection.arrow')))
    throw new SetupError(`${from} is no run with a selection. Run npm run demo first, or name a run.`);
  const { exportRun } = await import('../dist/index.js');
  const out = path.join(root, 'build', 'export-readers');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  // A copy: the user's own export stays.
  const copy = path.join(out, 'run');
  cpSync(from, copy, { recursive: true });
  const folders = ['arrow', 'tokens', 'mds'].map((format) => path.join(out, format));
  for (const folder of folders) {
    const { result } = await exportRun({ output: copy, format: path.basename(folder) });
    renameSync(result, folder);
  }
  read(folders);
});
