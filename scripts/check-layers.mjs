#!/usr/bin/env node
// Holds the folders of src/ to their layers: each may import the folders named in its row and no others, types included. A row may
// only name rows above it, so there is no circle between folders; circles between files are looked for too.
//   Exit code 1 and the lines if not. docs/architecture.md says what each folder is for.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/step.mjs';

const LAYERS = {
  base: '',
  io: 'base',
  model: 'base io',
  hub: 'base io model',
  native: 'base model',
  scores: 'base',
  tokenizer: 'base io',
  arrow: 'base io',
  storage: 'base io hub',
  corpus: 'base io arrow storage',
  options: 'base io corpus scores',
  windows: 'base tokenizer',
  run: 'base io arrow storage',
  counts: 'base io arrow run scores',
  documents: 'base io arrow run',
  scoring: 'base io arrow run hub model native options',
  selection: 'base io arrow run windows scores counts documents',
  verify: 'base io arrow run options',
  attention: 'base io arrow corpus hub model native options tokenizer',
  export: 'base io arrow run windows scores selection options',
  'model-tools': 'base io model hub tokenizer',
  pipeline:
    'base io model native scores storage corpus options arrow tokenizer windows run hub scoring selection export counts documents',
  setup: 'base io hub native options',
  cluster: 'base io',
  evidence: 'base io arrow run model hub native scores scoring options counts selection pipeline',
  report: 'base io arrow run windows options selection scores counts pipeline tokenizer',
  serve: 'base io run model native options scores selection pipeline report',
  annotate: 'base io arrow corpus run options selection documents export pipeline report',
  'index.ts': '*',
  cli: '*',
};

const source = path.join(root, 'src');
const files = readdirSync(source, { recursive: true }).filter((file) => file.endsWith('.ts'));
const roomOf = (file) => file.split(path.sep)[0];

/** Files that `file` imports, as paths below src/. */
const importsOf = (file) =>
  [...readFileSync(path.join(source, file), 'utf8').matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, to]) =>
    path.join(path.dirname(file), to.replace(/\.js$/, '.ts')),
  );
const imports = new Map(files.map((file) => [file, importsOf(file)]));

const faults = [];
const above = new Set();
const allowed = new Map();
for (const [room, names] of Object.entries(LAYERS)) {
  const named = names === '*' ? [...above] : names.split(' ').filter(Boolean);
  for (const name of named) if (!above.has(name)) faults.push(`scripts/check-layers.mjs: ${name} is not above ${room}`);
  allowed.set(room, new Set([room, ...named]));
  above.add(room);
}
for (const [file, targets] of imports) {
  const room = roomOf(file);
  if (!allowed.has(room)) faults.push(`src/${file}: ${room} has no row in scripts/check-layers.mjs`);
  for (const target of targets) {
    if (allowed.has(room) && !allowed.get(room).has(roomOf(target)))
      faults.push(`src/${file}: ${room} must not import ${roomOf(target)} (${target})`);
  }
}

/** Depth first: a file that is met again while it is still on the path closes a circle. */
const state = new Map();
function walk(file, trail) {
  if (state.get(file) === 'left') return;
  if (state.get(file) === 'entered') {
    faults.push(`a circle: ${[...trail.slice(trail.indexOf(file)), file].join(' -> ')}`);
    return;
  }
  state.set(file, 'entered');
  for (const target of imports.get(file) ?? []) walk(target, [...trail, file]);
  state.set(file, 'left');
}
for (const file of files) walk(file, []);

for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
