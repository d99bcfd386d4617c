#!/usr/bin/env node
// The wheel as a user has it: a fresh environment without Node.js on its PATH, scores equal to the clone's to the bit, errors by their
// codes, tables, and every line of Python in docs/python.md and the README. After `npm run setup`.
//   node scripts/check-python.mjs [--engines | --setup]
//
// Before that what lies in the wheel, and in those of other platforms whose core scripts/build-portable.mjs has made: these are not run.
//
// --engines: the extras on the real engines in place of the wheel alone, and the lines that use them too. That downloads 0.4 GB and takes
// minutes, so CI leaves it out; CONTRIBUTING.md has its last result.
// --setup: `longattn setup` of the wheel, by a download and by the torch of its extra, each with a run by layer 1, in place of the rest.
// Downloads 3 GB, takes 8 GB of disk and compiles twice; docs/release.md has its last result.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
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

const AUDITORS = 'auditwheel==6.8.2 wheel==0.48.0';
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

/** Read by those who know: `wheel` holds each file against RECORD, auditwheel the tag against the binaries. */
function checkContents(wheels) {
  const tools = path.join(folder, 'tools');
  pip(`pip install --target '${tools}' ${AUDITORS}`, folder);
  const files = wheels.map((wheel) => path.join(root, wheel));
  const env = { PYTHONPATH: tools };
  run(path.join(bin, 'python'), [path.join(root, 'test', 'python', 'check_contents.py'), ...files], { env });
  return `${wheels.length} of ${wheels.length}`;
}

/** What the wheel compiles has the bits of the clone's half. The environment is not active: its console script alone is called. */
function setUp(name) {
  const env = {
    ...{ PATH: `${bin}:${process.env.PATH}`, LONGATTN_CACHE: path.join(folder, `cache-${name}`) },
    ...{
      VIRTUAL_ENV: undefined,
      LONGATTN_LIBTORCH: undefined,
      LONGATTN_TORCH_ADDON: undefined,
      LONGATTN_ADDON: undefined,
    },
  };
  const longattn = (words) => run(path.join(bin, 'longattn'), words, { cwd: folder, env, quiet: true });
  const made = JSON.parse(longattn(['setup', '--json']));
  const place = name === 'torch' ? path.join(folder, 'venv') : env.LONGATTN_CACHE;
  if (made.how !== 'compiled' || !made.addon.startsWith(env.LONGATTN_CACHE) || !made.libtorch.startsWith(place))
    throw new SetupError(`it made ${JSON.stringify(made)}`);
  const { how } = JSON.parse(longattn(['setup', '--json']));
  if (how !== 'there') throw new SetupError(`a second time it says ${how}`);
  const model = path.join(root, 'test', 'fixtures', 'models', 'llama');
  const corpus = ['--input', 'ids.jsonl', '--ids-field', 'ids', '--window', '128'];
  const asked = ['run', ...corpus, '--model', model, '--layers', '1', '--output'];
  longattn([...asked, `RUN-${name}`]);
  const clone = [path.join(root, 'dist/cli/bin.cjs'), ...asked, `CLONE-${name}`];
  run(process.execPath, clone, { cwd: folder, quiet: true });
  const [mine, clones] = [`RUN-${name}`, `CLONE-${name}`].map((one) => {
    const scores = path.join(folder, one, 'scores');
    const parts = readdirSync(scores).filter((file) => file.endsWith('.arrow'));
    return parts.map((file) => readFileSync(path.join(scores, file)));
  });
  if (mine.length === 0 || !mine.every((part, at) => part.equals(clones[at])))
    throw new SetupError('the scores of layer 1 differ from those of the clone');
  return `torch ${made.torch}, layer 1 equal to the bit`;
}

async function checkSetup() {
  const ids = Array.from({ length: 1024 }, (_, at) => 3 + ((at * at + 7 * at) % 50));
  writeFileSync(path.join(folder, 'ids.jsonl'), `${JSON.stringify({ ids })}\n`);
  await step('longattn setup by a download', () => setUp('download'));
  await step('the extra torch', () => {
    pip("pip install 'longattn[torch]'", folder);
    return run(path.join(bin, 'python'), ['-c', 'import torch; print(torch.__version__)'], { quiet: true }).trim();
  });
  await step('longattn setup by that torch', () => setUp('torch'));
}

await main(async (args) => {
  const engines = args.includes('--engines');
  const wheels = run(process.execPath, ['scripts/wheel.mjs'], { quiet: true }).trim().split('\n');
  makeFolder();
  try {
    await step('the wheel in a fresh environment', () => {
      run('python3', ['-m', 'venv', path.join(folder, 'venv')]);
      // Where the README has the clone.
      symlinkSync(root, path.join(folder, 'longattn'));
      pip(readmeLine('pip install'), roomFor('pip'));
      return path.basename(wheels[0]);
    });
    await step('what lies in the wheels', () => checkContents(wheels));
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
