#!/usr/bin/env node
// Odd corpora, models and habits, one after the other: the command, its exit code and the last lines that it printed. What only a test can
// show (a server, a signal in the middle of a batch) is the test's command. test/wild and its neighbours hold the same to exact values.
//   node scripts/wild-transcript.mjs [--only WORDS]     needs a built clone; ten minutes, most of them of tests
// Exit code 1 where a test fails; what a command should have printed only a reader can tell.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/step.mjs';
import { commandCases, CORE_CASES, TEST_CASES } from './lib/wild-cases.mjs';

const LINES = 4;
/** Of what `model inspect` prints: what the cases change, and what is wrong. */
const FACTS =
  /^│ (architecture|window limit|sliding windows|asked layers|read for them|around a text|config keys)|^\w+:/;
const CORE_TESTS = 'build/tests';
const JEST = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-wild-'));

/** What a shell would be given. */
const quoted = (words) => words.map((word) => (/^[\w./=:@,-]+$/.test(word) ? word : `'${word}'`)).join(' ');

/** Returns whether the program ended with 0. */
function show(title, words, env = {}, program = process.execPath) {
  if (values.only && !title.includes(values.only)) return true;
  const { status, signal, stdout, stderr } = spawnSync(program, words, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  const printed = `${stdout}${stderr}`.trim().split('\n');
  const lines = words.includes('inspect') ? printed.filter((line) => FACTS.test(line)) : printed.slice(-LINES);
  const command = [...Object.entries(env).map(([name, value]) => `${name}=${value}`), path.basename(program), ...words];
  const text = [`## ${title}`, `$ ${quoted(command)}`, ...lines.map((line) => `  ${line.slice(0, 500)}`)];
  console.log(`${text.join('\n')}\n  exit ${status ?? signal}\n`.replaceAll(folder, 'TMP').replaceAll(root, '.'));
  return status === 0;
}

try {
  for (const [title, words, env, program] of commandCases(folder))
    show(title, program ? words : ['dist/cli/bin.cjs', ...words], env, program);
  const passed = TEST_CASES.map(([title, file, name]) => show(title, [...JEST, file, ...(name ? ['-t', name] : [])]));
  if (existsSync(path.join(root, CORE_TESTS)))
    for (const [title, name] of CORE_CASES)
      passed.push(show(title, ['--test-dir', CORE_TESTS, '-R', `^${name}$`], {}, 'ctest'));
  else {
    const titles = CORE_CASES.map(([title]) => title).join('; ');
    console.log(`not shown, for the core's tests are not built (node scripts/setup.mjs --tests): ${titles}`);
  }
  if (passed.includes(false)) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
