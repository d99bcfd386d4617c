#!/usr/bin/env node
// Proves that the addons' export tables and src/native/binding.ts name the same functions and fields, statistics as
// src/base/statistics.ts lists them: read from both sources, and from the loaded addons if they are built. Exit code 1 and the differences if not.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';
import { importTable } from './lib/import-table.mjs';
import { root } from './lib/step.mjs';

const read = (file) => readFileSync(path.join(root, file), 'utf8');

/** Members of an interface of binding.ts, `name` or `name?`. */
function interfaceMembers(name) {
  const source = ts.createSourceFile('binding.ts', read('src/native/binding.ts'), ts.ScriptTarget.ES2022);
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === name);
  return found.members.map((member) => member.name.text);
}

/** First group of every match. */
const matches = (file, pattern) => [...read(file).matchAll(pattern)].map((match) => match[1]);

/** The same within one function of request.cpp. */
function matchesIn(name, pattern) {
  const source = read('native/addon/request.cpp');
  const start = source.indexOf(` ${name}(const Napi::Value& value) {`);
  return [...source.slice(start, source.indexOf('\n}\n', start)).matchAll(pattern)].map((match) => match[1]);
}

/** Statistics that the addon gives: all but the losses, which have a call of their own. */
async function kernelStatistics() {
  const { STATISTICS } = await importTable('src/base/statistics.ts');
  return Object.keys(STATISTICS).filter((name) => STATISTICS[name].when !== 'losses');
}

const inherited = { NativeStats: await kernelStatistics() };

const pairs = [
  ['NativeBinding', matches('native/addon/addon.cpp', /InstanceMethod\("(\w+)"/g)],
  ['NativeCore', matches('native/addon/core_half.cpp', /exports\.Set\("(\w+)"/g)],
  ['NativeTorch', matches('native/addon/torch_half.cpp', /exports\.Set\("(\w+)"/g)],
  ['NativeOpening', matches('native/addon/open_model.cpp', /result\.Set\("(\w+)"/g)],
  ['NativeModel', matches('native/addon/model_wrap.cpp', /InstanceMethod<[^>]+>\("(\w+)"\)/g)],
  [
    'NativeStats',
    [
      ...matches('native/addon/results.cpp', /object\.Set\("(\w+)"/g),
      ...matches('native/core/windows/statistics.h', /^ {4}\{"(\w+)", StatisticShape::/gm),
    ],
  ],
  ['NativeScoreRequest', matchesIn('read_request', /read_\w+(?:<\w+>)?\(object, "(\w+)"/g)],
  ['NativeLossRequest', matchesIn('read_loss_request', /read_\w+(?:<\w+>)?\(object, "(\w+)"/g)],
  ['NativeAttentionRequest', matchesIn('read_attention_request', /read_\w+(?:<\w+>)?\(object, "(\w+)"/g)],
  ['NativeAttention', matches('native/addon/results.cpp', /attention\.Set\("(\w+)"/g)],
  ['NativeModelOptions', matchesIn('read_options', /(?:read_whole\(object, |object\.Get\()"(\w+)"/g)],
];

const built = (name) => path.join(root, 'build', 'Release', name);
for (const [name, addon] of [
  ['NativeCore', process.env.LONGATTN_ADDON ?? built('longattn.node')],
  ['NativeTorch', process.env.LONGATTN_TORCH_ADDON ?? built('longattn-torch.node')],
]) {
  if (!existsSync(addon)) continue;
  const common = new Set(interfaceMembers('NativeBinding'));
  const exported = Object.keys(createRequire(import.meta.url)(addon));
  pairs.push([name, exported.filter((member) => !common.has(member))]);
  pairs.push(['NativeBinding', exported.filter((member) => common.has(member))]);
}

const differences = pairs.flatMap(([name, native]) => {
  const declared = new Set([...interfaceMembers(name), ...(inherited[name] ?? [])]);
  const exported = new Set(native);
  return [
    ...[...declared]
      .filter((member) => !exported.has(member))
      .map((member) => `${name}.${member} is only in TypeScript`),
    ...[...exported]
      .filter((member) => !declared.has(member))
      .map((member) => `${name}.${member} is only in the addon`),
  ];
});
for (const difference of differences) console.error(difference);
process.exitCode = differences.length > 0 ? 1 : 0;
