#!/usr/bin/env node
// Prints docs/evidence.md and docs/evidence-scores.md: what scores are worth and can tell apart on ten kinds of text, by the product's own `validate`. Hours on two
// cores, resumable: run it again and it goes on. What the pages say of a plan is kept in docs/evidence/PLAN.json: the pages are printed
// from these, so that one plan can be measured by itself, on any machine.
//   node scripts/evidence.mjs [--quick] [--model MODEL] [--output FOLDER] [--only NAME,NAME,yardstick] [--print]
// --quick: a few windows, minutes.   --only old,new: these plans of scripts/lib/evidence-plans.mjs.   --print: measure nothing, print
// the pages from what is kept. In each case they say which plans are missing.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeDebianCorpora } from './lib/debian-corpora.mjs';
import { makeDemoCorpus } from './lib/demo-corpus.mjs';
import { readDigests, writeDigest } from './lib/digest-files.mjs';
import { digestOf } from './lib/evidence-digest.mjs';
import { evidencePages } from './lib/evidence-page.mjs';
import { FULL, QUICK, validateArguments } from './lib/evidence-plans.mjs';
import { makeLatexCorpus } from './lib/latex-corpus.mjs';
import { main, root, run, SetupError, step } from './lib/step.mjs';
import { measureYardsticks } from './lib/yardstick.mjs';

const CORPUS = 'build/evidence/corpus';
/** The default: all layers of a real LLM, from a Python package. */
const FETCHED = 'smollm2-135m';

function option(args, name, fallback) {
  const at = args.indexOf(name);
  return at < 0 ? fallback : args[at + 1];
}

/** Inputs by name, and what is missing and why. */
function makeCorpora() {
  const latex = makeLatexCorpus(CORPUS);
  const { inputs, missing } = makeDebianCorpora(CORPUS);
  const all = [...makeDemoCorpus(CORPUS), ...(latex.input ? [latex.input] : []), ...inputs];
  return {
    inputs: new Map(all.map((input) => [input.slice(0, input.indexOf('=')), input])),
    missing: [...(latex.missing ? [latex.missing] : []), ...missing],
  };
}

/** Beside a plan: the builds that have measured it, each once. A plan that is measured anew must be removed first, with its list. */
const buildsOf = (run) => path.join(run, 'builds.json');
const readBuilds = (run) => (existsSync(buildsOf(run)) ? JSON.parse(readFileSync(buildsOf(run), 'utf8')) : []);

function noteBuild(run) {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim();
  const changed = git('status', '--porcelain', '--untracked-files=no', 'src', 'native') === '' ? '' : ' and changes';
  const build = `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  const before = readBuilds(run);
  if (before.some((one) => one.build === build)) return;
  mkdirSync(run, { recursive: true });
  writeFileSync(buildsOf(run), `${JSON.stringify([...before, { build }], null, 1)}\n`);
}

function validate(plan, inputs, model, folder) {
  const texts = plan.texts.filter((name) => inputs.has(name));
  const args = validateArguments({ ...plan, texts }, inputs, model, folder);
  console.error(`$ longattn ${args.join(' ')}`);
  const { status } = spawnSync(process.execPath, ['dist/cli/bin.cjs', ...args], { cwd: root, stdio: ['ignore', 2, 2] });
  noteBuild(path.join(root, folder));
  if (status !== 0) throw new SetupError(`longattn validate ended with ${status}. Run this script again: it goes on.`);
}

await main(async (args) => {
  const quick = args.includes('--quick');
  const print = args.includes('--print');
  const model = option(args, '--model', FETCHED);
  const output = option(args, '--output', quick ? 'build/evidence/quick' : 'build/evidence/full');
  const plans = quick ? QUICK : FULL;
  const only = option(args, '--only')?.split(',') ?? [...plans.map(({ name }) => name), 'yardstick'];
  const missing = [];
  if (!print) {
    if (!existsSync(path.join(root, 'dist', 'cli', 'main.js'))) run(process.execPath, ['scripts/setup.mjs']);
    if (model === FETCHED) run(process.execPath, ['dist/cli/bin.cjs', 'model', 'fetch', FETCHED]);
    const asked = plans.filter(({ name }) => only.includes(name));
    const corpora = asked.length > 0 ? makeCorpora() : { inputs: new Map(), missing: [] };
    missing.push(...corpora.missing);
    missing.forEach((note) => console.error(note));
    for (const plan of asked) {
      await step(plan.name, () => validate(plan, corpora.inputs, model, path.join(output, plan.name)));
    }
    for (const { name, yardstick, k } of only.includes('yardstick') ? plans.filter((plan) => plan.yardstick) : []) {
      const run = path.join(root, output, name);
      await step(`yardstick of ${name}`, () => measureYardsticks(run, { controls: yardstick, model, k }));
    }
  }
  const digests = quick ? path.join(root, output, 'digests') : path.join(root, 'docs', 'evidence');
  const runOf = (name) => path.join(root, output, name);
  const isMeasured = ({ name }) => existsSync(path.join(runOf(name), 'evidence', 'report.json'));
  for (const plan of print ? [] : plans.filter(isMeasured)) {
    writeDigest(digests, await digestOf(plan, runOf(plan.name), readBuilds(runOf(plan.name))));
  }
  const measured = readDigests(digests, plans);
  if (measured.length === 0) throw new SetupError('Nothing is measured yet. Run this script without --print.');
  for (const { name, title } of plans.filter((plan) => !measured.some(({ name }) => name === plan.name))) {
    missing.push(`Not measured yet: ${title} (plan \`${name}\`).`);
  }
  const { page, scores } = evidencePages(measured, missing);
  const folder = quick ? path.join(root, output) : path.join(root, 'docs');
  const write = (name, content) => writeFileSync(path.join(folder, name), content);
  write('evidence.md', page);
  write('evidence-scores.md', scores);
  // A picture stays as it is where its plan was not measured here.
  const draw = (plan, name) => {
    const picture = plan && path.join(runOf(plan.name), 'evidence', name);
    if (!print && picture && existsSync(picture)) write(`evidence-${name}`, readFileSync(picture));
  };
  draw(measured[0], 'auc.svg');
  draw(
    measured.findLast(({ frontier }) => frontier),
    'frontier.svg',
  );
  process.stdout.write(page);
  console.error(`written: evidence.md, evidence-scores.md and their pictures in ${folder}`);
});
