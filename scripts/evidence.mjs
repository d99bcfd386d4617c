#!/usr/bin/env node
// Prints docs/evidence.md: what a real model's attention can tell apart on book, code, speech and LaTeX. Hours on two cores, resumable:
// run it again and it goes on.
//   node scripts/evidence.mjs [--quick] [--model MODEL] [--output FOLDER] [--until NAME]
// --quick: a few windows and layers, minutes.   --until w2048: stop after that measurement; the page says which are missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeDemoCorpus } from './lib/demo-corpus.mjs';
import { evidencePage } from './lib/evidence-page.mjs';
import { makeLatexCorpus } from './lib/latex-corpus.mjs';
import { main, root, run, SetupError, step } from './lib/step.mjs';

const CORPUS = 'build/evidence/corpus';

/** A window costs so much here: the controls that a document's order and topic decide, and no others. */
const LONG = { windows: 8, layers: 'found', loss: 'none', controls: 'splice,same-document,block-shuffle' };
/** Windows a domain, and which layers: `best` and `found` are those of the first measurement, see bestLayers() and foundLayers(). */
const FULL = [
  { name: 'w2048', window: 2048, windows: 32, layers: 'all', loss: 'real', k: '256,512,1024' },
  { name: 'w4096', window: 4096, windows: 32, layers: 'best', loss: 'none', k: '1024' },
  { name: 'w8192', window: 8192, k: '2048', ...LONG },
  { name: 'w16384', window: 16_384, k: '4096', ...LONG },
];
const QUICK = [
  { name: 'w512', window: 512, windows: 6, layers: '0,14,21', loss: 'all', k: '128,256' },
  { name: 'w1024', window: 1024, windows: 4, layers: 'found', loss: 'none', k: '256' },
];
const BEST_LAYERS = 3;
/** The default: all layers of a real LLM, from a Python package. */
const FETCHED = 'smollm2-135m';

function option(args, name, fallback) {
  const at = args.indexOf(name);
  return at < 0 ? fallback : args[at + 1];
}

/** Layer 0 and the layers whose chosen score tells most controls apart, on average over the controls. */
function bestLayers(report) {
  const { map, model } = report;
  const mean = (row) => map.controls.reduce((sum, { auc }) => sum + auc[row][0], 0) / map.controls.length;
  const ranked = model.layers.map((layer, row) => ({ layer, value: mean(row) })).filter(({ layer }) => layer > 0);
  ranked.sort((a, b) => b.value - a.value);
  return [0, ...ranked.slice(0, BEST_LAYERS).map(({ layer }) => layer)].sort((a, b) => a - b).join(',');
}

/** The best layers, and those in which two scores that see most did best: another layer costs little beside the decoder. */
function foundLayers(report) {
  const others = report.findings
    .filter(({ score }) => ['content', 'entropy'].includes(score))
    .map(({ layer }) => layer);
  const layers = new Set([...bestLayers(report).split(',').map(Number), ...others]);
  return [...layers].sort((a, b) => a - b).join(',');
}

function validate(inputs, model, folder, { window, windows, loss, k, controls }, layers) {
  const args = ['dist/cli/bin.cjs', 'validate', ...inputs.flatMap((input) => ['--input', input])];
  args.push('--model', model, '--window', window, '--windows', windows, '--layers', layers, '--k', k, '--loss', loss);
  if (controls) args.push('--controls', controls);
  args.push('--tokens', '--output', folder);
  console.error(`$ longattn ${args.slice(1).join(' ')}`);
  const { status } = spawnSync(process.execPath, args.map(String), { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new SetupError(`longattn validate ended with ${status}. Run this script again: it goes on.`);
  return JSON.parse(readFileSync(path.join(root, folder, 'evidence', 'report.json'), 'utf8'));
}

function layersOf(wanted, report) {
  return wanted === 'best' ? bestLayers(report) : wanted === 'found' ? foundLayers(report) : wanted;
}

await main(async (args) => {
  const quick = args.includes('--quick');
  const model = option(args, '--model', FETCHED);
  const until = option(args, '--until');
  const output = option(args, '--output', quick ? 'build/evidence/quick' : 'build/evidence/full');
  if (!existsSync(path.join(root, 'dist', 'cli', 'main.js'))) run(process.execPath, ['scripts/setup.mjs']);
  if (model === FETCHED) run(process.execPath, ['dist/cli/bin.cjs', 'model', 'fetch', FETCHED]);
  const latex = makeLatexCorpus(CORPUS);
  const inputs = [...makeDemoCorpus(CORPUS), ...(latex.input ? [latex.input] : [])];
  const missing = latex.missing ? [latex.missing] : [];
  missing.forEach((note) => console.error(note));
  const measured = [];
  const plans = quick ? QUICK : FULL;
  const last = plans.findIndex(({ name }) => name === until);
  for (const plan of plans.slice(0, last < 0 ? plans.length : last + 1)) {
    await step(plan.name, () => {
      const layers = layersOf(plan.layers, measured[0]?.report);
      const folder = path.join(output, plan.name);
      measured.push({
        ...plan,
        folder: path.join(root, folder, 'evidence'),
        report: validate(inputs, model, folder, plan, layers),
      });
    });
  }
  for (const { name } of plans.slice(measured.length)) missing.push(`Not measured yet: ${name}.`);
  const page = evidencePage(measured, missing);
  const target = quick ? path.join(root, output, 'evidence.md') : path.join(root, 'docs', 'evidence.md');
  writeFileSync(target, page);
  const picture = path.join(path.dirname(target), 'evidence-auc.svg');
  writeFileSync(picture, readFileSync(path.join(measured[0].folder, 'auc.svg')));
  process.stdout.write(page);
  console.error(`written: ${target}, ${picture}`);
});
