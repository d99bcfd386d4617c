#!/usr/bin/env node
// What the map of a whole window takes, through the CLI in a process of its own, next to scoring the same window with the addon.
//   node scripts/bench-map.mjs [--json] [--rounds 3] [--window 32768] [--model DIR]
// Processor time, best of the rounds, and the largest resident set. With the default model: 9 heads, a map each.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { printRows, writeRows } from './lib/bench-rows.mjs';
import { makeDemoCorpus } from './lib/demo-corpus.mjs';
import { main, root, SetupError } from './lib/step.mjs';

const WORK = path.join(root, 'build', 'bench-map');
const REPORT =
  'data:text/javascript,process.on("exit",()=>{const{user,system}=process.cpuUsage();' +
  'process.stderr.write(`\\nbench ${user+system} ${process.resourceUsage().maxRSS}\\n`)})';

/** @returns processor seconds and peak MB of `longattn attention` */
function map(args) {
  const command = ['--import', REPORT, path.join(root, 'dist', 'cli', 'main.js'), 'attention', ...args];
  const { status, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new SetupError(`longattn attention ended with ${status}:\n${stderr}`);
  const [, cpu, peak] = /bench (\d+) (\d+)/.exec(stderr);
  return { cpu: Number(cpu) / 1e6, peak: Number(peak) / 1e3 };
}

/** @returns processor seconds of one window's score, on an open model */
async function score(model, window) {
  const { openModelFolder } = await import('../dist/model/open-model.js');
  const { Scorer } = await import('../dist/native/scorer.js');
  const { specText, vocabSize } = await openModelFolder(model);
  const scorer = await Scorer.open(specText);
  const request = {
    ids: Int32Array.from({ length: window }, (_, i) => (i * 7919) % vocabSize),
    ...{ lengths: Int32Array.of(window), k: Int32Array.of(window >> 2), layers: Int32Array.of(0), tokens: false },
  };
  const before = process.cpuUsage();
  await scorer.score(request);
  const { user, system } = process.cpuUsage(before);
  await scorer[Symbol.asyncDispose]();
  return (user + system) / 1e6;
}

await main(async (args) => {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      window: { type: 'string', default: '32768' },
      model: { type: 'string', default: path.join(root, 'models', 'smollm2-135m-layer0') },
    },
  });
  const [rounds, window] = [Number(values.rounds), Number(values.window)];
  if (!(rounds >= 1 && window >= 1)) throw new SetupError('--rounds and --window must be whole numbers, at least 1.');
  mkdirSync(WORK, { recursive: true });
  const book = makeDemoCorpus('build/demo/corpus')[0].split('=')[1];
  const output = path.join(WORK, 'map.arrow');
  const [maps, scores] = [[], []];
  for (let round = 0; round < rounds; round++) {
    maps.push(map(['--model', values.model, '--input', book, '--window', values.window, '--output', output]));
    scores.push(await score(values.model, window));
  }
  rmSync(WORK, { recursive: true });
  const [cpu, alone] = [Math.min(...maps.map((one) => one.cpu)), Math.min(...scores)];
  const name = `map: longattn attention, 256 x 256 of ${window} tokens`;
  const rows = [
    { bench: 'map: score of the window, processor time', value: alone, unit: 's' },
    { bench: `${name}, processor time`, value: cpu, unit: 's', ratio: cpu / alone, ratio_to: 'the score' },
    { bench: `${name}, largest resident set`, value: Math.max(...maps.map((one) => one.peak)), unit: 'MB' },
  ];
  writeRows('map', rows);
  printRows(rows, values.json);
});
