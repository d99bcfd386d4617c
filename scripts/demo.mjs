#!/usr/bin/env node
// The main job on bundled real text with the bundled model: text -> windows -> scores -> selection -> data set.
//   node scripts/demo.mjs [--quick] [OPTIONS OF `longattn run`]     --quick: four documents a domain
import { rmSync } from 'node:fs';
import path from 'node:path';
import { makeDemoCorpus } from './lib/demo-corpus.mjs';
import { main, root, run, step } from './lib/step.mjs';
import { spawnSync } from 'node:child_process';

const MODEL = 'models/smollm2-135m-layer0';

await main(async (args) => {
  const quick = args.includes('--quick');
  const rest = args.filter((arg) => arg !== '--quick');
  await step('setup', () => run(process.execPath, ['scripts/setup.mjs']) || 'ready');
  let inputs = [];
  await step('corpus', () => {
    inputs = makeDemoCorpus('build/demo/corpus');
    return 'Moby-Dick, 233 State of the Union speeches, the TypeScript compiler';
  });
  const output = path.join('build', 'demo', quick ? 'run-quick' : 'run');
  rmSync(path.join(root, output), { recursive: true, force: true });
  const command = ['dist/cli/bin.cjs', 'run', ...inputs.flatMap((input) => ['--input', input])];
  command.push('--model', MODEL, '--window', '4096', '--keep', '12.5%', '--output', output);
  if (quick) command.push('--limit', '4');
  console.error(`$ longattn ${[...command.slice(1), ...rest].join(' ')}`);
  const result = spawnSync(process.execPath, [...command, ...rest], { cwd: root, stdio: 'inherit' });
  process.exitCode = result.status ?? 1;
  if (process.exitCode !== 0) return;
  console.error(`$ longattn report ${output}`);
  const page = spawnSync(process.execPath, ['dist/cli/bin.cjs', 'report', output], { cwd: root, stdio: 'inherit' });
  process.exitCode = page.status ?? 1;
});
