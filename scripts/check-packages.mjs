#!/usr/bin/env node
// The tarballs of scripts/pack.mjs as a user meets them: in an empty folder, with no compiler, CMake or Python on the PATH.
//   node scripts/check-packages.mjs [--kernels] [--setup [VENV]]     after `npm run setup`; packs first
//   --kernels: the scores of every kernel that this processor has, not of the fastest alone; of use where the packed core is another compiler's
//   --setup: also `longattn setup` and a run by layer 1, from the torch of VENV if it is given and from a download. Compiles for minutes and
//   fetches half a gigabyte.
//
// Installed in one call, by the README's own line, they score the bits of the clone; a TypeScript project compiles against them under `strict`
// without skipLibCheck and runs as ESM and as CommonJS; where the core is not there, doctor says how to get it. The packages they depend on
// come from npm's cache or its registry.
import { createHash } from 'node:crypto';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readmeLine } from './lib/readme-line.mjs';
import { main, root, run, SetupError, step } from './lib/step.mjs';

const MODEL = path.join(root, 'models', 'smollm2-135m-layer0');
const LAYERS_MODEL = path.join(root, 'test', 'fixtures', 'models', 'llama');
const MAX_MODULES = 60_000_000;
const MAX_SECONDS = 20;

/** A folder for the PATH that has Node and npm, and the shell that npm starts commands with. */
function barePath(folder) {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin);
  const npm = realpathSync(execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim());
  const tools = { node: process.execPath, npm, npx: path.join(path.dirname(npm), 'npx-cli.js'), sh: '/bin/sh' };
  for (const [name, target] of Object.entries(tools)) symlinkSync(target, path.join(bin, name));
  return bin;
}

/** @returns what a command did, in `cwd` and on the bare PATH; any exit code but `code` is an error */
function user(cwd, bin, command, { code = 0, env = {} } = {}) {
  const { LONGATTN_ADDON, LONGATTN_TORCH_ADDON, LONGATTN_LIBTORCH, ...mine } = process.env; // eslint-disable-line no-unused-vars
  const result = spawnSync(path.join(bin, command[0]), command.slice(1), {
    cwd,
    encoding: 'utf8',
    env: { ...mine, PATH: bin, LONGATTN_CACHE: path.join(cwd, '..', 'cache'), ...env },
  });
  if (result.status !== code)
    throw new SetupError(
      `${command.join(' ')} ended with ${result.status}, not ${code}:\n${result.stdout}${result.stderr}`,
    );
  return result;
}

function bytesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath ?? entry.path, entry.name)).size, 0);
}

/** The same command as the clone does it. */
function inClone(cwd, words, env) {
  run(process.execPath, [path.join(root, 'dist/cli/bin.cjs'), ...words], { cwd, env, quiet: true });
}

/** sha256 of each table of scores. */
function sums(folder) {
  const files = readdirSync(path.join(folder, 'scores')).filter((file) => file.endsWith('.arrow'));
  if (files.length === 0) throw new SetupError(`${folder} has no scores.`);
  return files.map((file) =>
    createHash('sha256')
      .update(readFileSync(path.join(folder, 'scores', file)))
      .digest('hex'),
  );
}

const SCRIPT = `import { run, LongattnError, type RunOptions, type RunSummary } from 'longattn';
const options: RunOptions = { input: ['book.txt'], model: 'no-such-folder', window: 512, output: 'RUN-API' };
try {
  const summary: RunSummary = await run(options);
  console.log(summary);
} catch (error) {
  if (!(error instanceof LongattnError)) throw error;
  console.log('code', error.code satisfies string);
}
`;
const COMMON = `async function start(): Promise<void> {
  const { version, standardize }: typeof import('longattn', { with: { 'resolution-mode': 'import' } }) = await import('longattn');
  console.log(typeof version, typeof standardize);
}
void start();
`;
const COMPILER = {
  compilerOptions: {
    strict: true,
    target: 'ES2022',
    lib: ['ES2023', 'ESNext.Disposable'],
    module: 'NodeNext',
    types: ['node'],
  },
  files: ['esm.mts', 'common.cts'],
};

await main(async (args) => {
  run(process.execPath, ['scripts/pack.mjs']);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-packages-'));
  const project = path.join(folder, 'project');
  mkdirSync(project);
  writeFileSync(path.join(project, 'package.json'), '{ "private": true }\n');
  writeFileSync(
    path.join(project, 'book.txt'),
    readFileSync(path.join(root, 'src', 'model', 'rope.ts'), 'utf8').repeat(2),
  );
  const ids = Array.from({ length: 1024 }, (_, at) => 3 + ((at * at + 7 * at) % 50));
  writeFileSync(path.join(project, 'ids.jsonl'), `${JSON.stringify({ ids })}\n`);
  const bin = barePath(folder);
  const longattn = (...args) => ['npx', '--no-install', 'longattn', ...args];
  /** `longattn setup` into a cache of its own, with everything on the PATH, then layer 1 with what it made. */
  const setUp = (name, env) => {
    const all = { ...env, PATH: `${bin}:${process.env.PATH}`, LONGATTN_CACHE: path.join(folder, `cache-${name}`) };
    const made = JSON.parse(user(project, bin, longattn('setup', '--json'), { env: all }).stdout);
    if (made.how !== 'compiled' || !made.addon.startsWith(all.LONGATTN_CACHE))
      throw new SetupError(`it made ${JSON.stringify(made)}`);
    const again = JSON.parse(user(project, bin, longattn('setup', '--json'), { env: all }).stdout);
    if (again.how !== 'there') throw new SetupError(`a second time it made ${JSON.stringify(again)}`);
    const input = ['--input', 'ids.jsonl', '--ids-field', 'ids', '--window', '128'];
    const asked = ['run', ...input, '--model', LAYERS_MODEL, '--layers', '1'];
    user(project, bin, longattn(...asked, '--output', `RUN-${name}`), { env: all });
    const clone = path.join(folder, `clone-${name}`);
    inClone(project, [...asked, '--output', clone]);
    if (sums(path.join(project, `RUN-${name}`)).join() !== sums(clone).join())
      throw new SetupError('the scores of layer 1 differ from those of the clone');
    return `torch ${made.torch} of ${made.libtorch}, layer 1 equal to the bit`;
  };
  // Where the README has the clone.
  symlinkSync(root, path.join(folder, 'longattn'));
  try {
    await step('npm install', () => {
      const env = { npm_config_audit: 'false', npm_config_fund: 'false' };
      const begin = performance.now();
      user(project, bin, ['sh', '-c', readmeLine('npm install')], { env });
      const seconds = (performance.now() - begin) / 1000;
      // Said and no error: a busy machine or a slow network is no fault of the packages.
      if (seconds > MAX_SECONDS) console.error(`npm install took ${seconds.toFixed(1)} s; ${MAX_SECONDS} are meant.`);
      const bytes = bytesBelow(path.join(project, 'node_modules'));
      if (bytes > MAX_MODULES)
        throw new SetupError(`node_modules has ${bytes} bytes; at most ${MAX_MODULES} are allowed.`);
      return `${(bytes / 1e6).toFixed(1)} MB`;
    });
    const doctor = () => JSON.parse(user(project, bin, longattn('doctor', '--json')).stdout);
    await step('doctor', () => {
      const found = doctor();
      if (!found['addon path']?.includes(path.join('node_modules', '@longattn')))
        throw new SetupError(`the core is not that of the package: ${JSON.stringify(found)}`);
      return `kernel ${found.kernel}`;
    });
    const kernels = args.includes('--kernels') ? doctor().kernels.split(' ') : [''];
    for (const kernel of kernels) {
      await step(`the same scores${kernel && `, kernel ${kernel}`}`, () => {
        const env = { LONGATTN_CPU_KERNEL: kernel };
        const asked = ['run', '--input', 'book.txt', '--model', MODEL, '--window', '512'];
        const mine = path.join(project, `RUN-${kernel}`);
        const theirs = path.join(folder, `clone-${kernel}`);
        user(project, bin, longattn(...asked, '--output', mine), { env });
        inClone(project, [...asked, '--output', theirs], env);
        if (sums(mine).join() !== sums(theirs).join())
          throw new SetupError(`the scores of the package differ: ${sums(mine)} and ${sums(theirs)}`);
        return `${sums(mine).length} part, equal to the bit`;
      });
    }
    await step('setup without Python', () => {
      const { stderr } = user(project, bin, longattn('setup'), { code: 4 });
      if (!/\[PYTHON_MISSING\]/.test(stderr)) throw new SetupError(`setup says: ${stderr}`);
      return 'says what is missing';
    });
    const at = args.indexOf('--setup');
    if (at >= 0) {
      const venv = args[at + 1];
      if (venv !== undefined && !venv.startsWith('--'))
        await step('setup from a torch of Python', () => setUp('venv', { VIRTUAL_ENV: path.resolve(venv) }));
      await step('setup from a download', () => setUp('download', { VIRTUAL_ENV: '' }));
    }
    await step('types', () => {
      writeFileSync(path.join(project, 'esm.mts'), SCRIPT);
      writeFileSync(path.join(project, 'common.cts'), COMMON);
      writeFileSync(path.join(project, 'tsconfig.json'), JSON.stringify(COMPILER));
      run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', project], { quiet: true });
      const esm = user(project, bin, ['node', 'esm.mjs']).stdout.trim();
      const common = user(project, bin, ['node', 'common.cjs']).stdout.trim();
      if (!/^code MODEL_/.test(esm) || common !== 'string function')
        throw new SetupError(`unexpected: ${esm}; ${common}`);
      return 'strict, ESM and CommonJS';
    });
    await step('without the core', () => {
      rmSync(path.join(project, 'node_modules', '@longattn'), { recursive: true });
      const { stdout } = user(project, bin, longattn('doctor', '--json'), { code: 4 });
      const { addon } = JSON.parse(stdout);
      if (!/^missing: .*install @longattn\//.test(addon)) throw new SetupError(`doctor says: ${addon}`);
      return 'doctor says which package to install';
    });
  } finally {
    if (!process.env.LONGATTN_KEEP) rmSync(folder, { recursive: true });
    else if (existsSync(folder)) console.error(folder);
  }
});
