#!/usr/bin/env node
// The wheel as a user has it: a fresh environment without Node.js on its PATH, scores equal to the clone's to the bit, errors by their
// codes, tables, and every line of Python in docs/python.md and the README. After `npm run setup`.
//   node scripts/check-python.mjs [--engines | --setup]
//
// --engines: the extras on the real engines in place of the wheel alone, and the lines that use them too. That downloads 0.4 GB and takes
// minutes, so CI leaves it out; CONTRIBUTING.md has its last result.
// --setup: `longattn setup` of the wheel with the libtorch of this clone, and a run by layer 1, in place of the rest. Compiles for minutes.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fetchLibtorch } from './lib/libtorch.mjs';
import { readmeLine } from './lib/readme-line.mjs';
import { main, root, run, SetupError, step } from './lib/step.mjs';

const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-python-'));
const bin = path.join(folder, 'venv', 'bin');

/** Some pages of docs/ are the corpus: a book of a few windows of 4,096 tokens, and rows. */
function makeFolder() {
  const docs = readdirSync(path.join(root, 'docs')).filter((name) => /^[a-d].*\.md$/.test(name));
  const text = docs.map((name) => readFileSync(path.join(root, 'docs', name), 'utf8'));
  writeFileSync(path.join(folder, 'moby.txt'), text.join('\n'));
  const rows = text.map((one, id) => `${JSON.stringify({ id: docs[id], text: one.slice(0, 6000) })}\n`);
  writeFileSync(path.join(folder, 'rows.jsonl'), rows.join(''));
  symlinkSync(path.join(root, 'models'), path.join(folder, 'models'));
}

/** A folder of its own for each check, with the corpus and the model. */
function roomFor(name) {
  const room = path.join(folder, `room-${name}`);
  mkdirSync(room);
  for (const one of ['moby.txt', 'rows.jsonl', 'models']) symlinkSync(path.join(folder, one), path.join(room, one));
  return room;
}

const ENGINES = ['ray', 'datatrove'];
/** What datatrove's own readers and filters ask for when they are used. */
const OF_EXAMPLES = 'orjson regex';
const OF_ENGINES = new RegExp(`\\blongattn\\.(${ENGINES.join('|')})\\b`);

/** The blocks of a page that are Python and use this package, in their order. */
function writeExamples(engines) {
  for (const page of ['docs/python.md', 'README.md']) {
    const blocks = [...readFileSync(path.join(root, page), 'utf8').matchAll(/```python\n(.*?)```/gs)].map(
      ([, code]) => code,
    );
    const own = blocks.filter((code) => /\blongattn\b/.test(code) && (engines || !OF_ENGINES.test(code)));
    if (own.length === 0) throw new SetupError(`${page} has no Python of longattn`);
    writeFileSync(path.join(roomFor(path.basename(page, '.md')), 'example.py'), own.join('\n'));
  }
}

/** What the user's environment has, and no more: no Node.js, no variables of ours. */
function python(args, cwd = folder) {
  const env = { PATH: bin, HOME: folder, LANG: 'C.UTF-8', RAY_USAGE_STATS_ENABLED: '0' };
  const child = spawn(path.join(bin, 'python'), args, { cwd, env, stdio: ['ignore', 2, 2] });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new SetupError(`python ${args.join(' ')} ended with ${code ?? signal}`));
    });
  });
}

function pip(line, cwd) {
  run('/bin/sh', ['-c', line], { env: { PATH: bin, PIP_QUIET: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' }, cwd });
}

async function checkWheel() {
  await step('the same run by the clone', () => {
    const options = ['--model', 'models/smollm2-135m-layer0', '--window', '512', '--keep', '25%'];
    const inputs = ['--input', 'book=moby.txt', '--input', 'pages=rows.jsonl'];
    run(process.execPath, [path.join(root, 'dist/cli/bin.cjs'), 'run', 'CLONE', ...inputs, ...options], {
      cwd: folder,
      quiet: true,
    });
  });
  await step('scores, errors, tables', () => python([path.join(root, 'test/python/check_wheel.py')]));
}

async function checkEngines() {
  await step('the extras', () => pip(`pip install 'longattn[${ENGINES}]' ${OF_EXAMPLES}`, folder));
  for (const engine of ENGINES)
    await step(engine, () => python([path.join(root, 'test', 'python', `check_${engine}.py`)], roomFor(engine)));
}

/** What the wheel compiles has the bits of the clone's half. */
async function checkSetup() {
  const env = {
    ...{ PATH: `${bin}:${process.env.PATH}`, VIRTUAL_ENV: path.join(folder, 'venv') },
    ...{ LONGATTN_CACHE: path.join(folder, 'cache'), LONGATTN_LIBTORCH: fetchLibtorch() },
  };
  const longattn = (words) => run(path.join(bin, 'longattn'), words, { cwd: folder, env, quiet: true });
  await step('longattn setup', () => {
    const made = JSON.parse(longattn(['setup', '--json']));
    if (made.how !== 'compiled' || !made.addon.startsWith(env.LONGATTN_CACHE))
      throw new SetupError(`it made ${JSON.stringify(made)}`);
    return `compiled against torch ${made.torch}`;
  });
  await step('longattn setup again', () => {
    const { how } = JSON.parse(longattn(['setup', '--json']));
    if (how !== 'there') throw new SetupError(`a second time it says ${how}`);
    return how;
  });
  await step('layer 1', () => {
    const ids = Array.from({ length: 1024 }, (_, at) => 3 + ((at * at + 7 * at) % 50));
    writeFileSync(path.join(folder, 'ids.jsonl'), `${JSON.stringify({ ids })}\n`);
    const model = path.join(root, 'test', 'fixtures', 'models', 'llama');
    const asked = ['run', '--input', 'ids.jsonl', '--ids-field', 'ids', '--window', '128', '--model', model];
    longattn([...asked, '--layers', '1', '--output', 'MINE']);
    const clone = [path.join(root, 'dist/cli/bin.cjs'), ...asked, '--layers', '1', '--output', 'CLONES'];
    run(process.execPath, clone, { cwd: folder, quiet: true });
    const [mine, clones] = ['MINE', 'CLONES'].map((name) => {
      const scores = path.join(folder, name, 'scores');
      const parts = readdirSync(scores).filter((file) => file.endsWith('.arrow'));
      return parts.map((file) => readFileSync(path.join(scores, file)));
    });
    if (mine.length === 0 || !mine.every((part, at) => part.equals(clones[at])))
      throw new SetupError('the scores of layer 1 differ from those of the clone');
    return 'equal to the bit';
  });
}

await main(async (args) => {
  const engines = args.includes('--engines');
  const wheel = run(process.execPath, ['scripts/wheel.mjs'], { quiet: true }).trim().split('\n').at(-1);
  makeFolder();
  try {
    await step('the wheel in a fresh environment', () => {
      run('python3', ['-m', 'venv', path.join(folder, 'venv')]);
      // Where the README has the clone.
      symlinkSync(root, path.join(folder, 'longattn'));
      pip(readmeLine('pip install'), roomFor('pip'));
      return path.basename(wheel);
    });
    if (args.includes('--setup')) return await checkSetup();
    if (engines) await checkEngines();
    else await checkWheel();
    writeExamples(engines);
    for (const name of ['python', 'README'])
      await step(`the lines of ${name}.md`, () => python(['example.py'], path.join(folder, `room-${name}`)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
