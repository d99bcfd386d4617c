#!/usr/bin/env node
// The wheel as a user has it: a fresh environment without Node.js on its PATH, scores equal to the clone's to the bit, errors by their
// codes, tables, and every line of Python in docs/python.md and the README. After `npm run setup`.
//   node scripts/check-python.mjs
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
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

/** The blocks of a page that are Python and use this package, in their order. */
function writeExamples() {
  for (const page of ['docs/python.md', 'README.md']) {
    const blocks = [...readFileSync(path.join(root, page), 'utf8').matchAll(/```python\n(.*?)```/gs)].map(
      ([, code]) => code,
    );
    const own = blocks.filter((code) => /\blongattn\b/.test(code));
    if (own.length === 0) throw new SetupError(`${page} has no Python of longattn`);
    const at = path.join(folder, `example-${path.basename(page, '.md')}`);
    mkdirSync(at);
    for (const name of ['moby.txt', 'models']) symlinkSync(path.join(folder, name), path.join(at, name));
    writeFileSync(path.join(at, 'example.py'), own.join('\n'));
  }
}

/** What the user's environment has, and no more: no Node.js, no variables of ours. */
function python(args, cwd = folder) {
  const env = { PATH: bin, HOME: os.homedir(), LANG: 'C.UTF-8' };
  const child = spawn(path.join(bin, 'python'), args, { cwd, env, stdio: ['ignore', 2, 2] });
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new SetupError(`python ${args.join(' ')} ended with ${code ?? signal}`));
    });
  });
}

await main(async () => {
  const wheel = run(process.execPath, ['scripts/wheel.mjs'], { quiet: true }).trim().split('\n').at(-1);
  makeFolder();
  try {
    await step('the wheel in a fresh environment', () => {
      run('python3', ['-m', 'venv', path.join(folder, 'venv')]);
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', path.join(root, wheel)];
      run(path.join(bin, 'python'), pip);
      return path.basename(wheel);
    });
    await step('the same run by the clone', () => {
      const options = ['--model', 'models/smollm2-135m-layer0', '--window', '512', '--keep', '25%'];
      const inputs = ['--input', 'book=moby.txt', '--input', 'pages=rows.jsonl'];
      run(process.execPath, [path.join(root, 'dist/cli/bin.cjs'), 'run', 'CLONE', ...inputs, ...options], {
        cwd: folder,
        quiet: true,
      });
    });
    await step('scores, errors, tables', () => python([path.join(root, 'test/python/check_wheel.py')]));
    writeExamples();
    for (const name of ['python', 'README'])
      await step(`the lines of ${name}.md`, () => python(['example.py'], path.join(folder, `example-${name}`)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
