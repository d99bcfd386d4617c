#!/usr/bin/env node
// Proves that the addon's export tables and src/native/binding.ts name the same functions: read from both sources, and from the
// loaded addon if it is built. Exit code 1 and the differences if not.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import ts from 'typescript';
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

const pairs = [
  ['NativeBinding', matches('native/addon/addon.cpp', /InstanceMethod\("(\w+)"/g)],
  ['NativeModel', matches('native/addon/model_wrap.cpp', /InstanceMethod<[^>]+>\("(\w+)"\)/g)],
  ['NativeStats', matches('native/addon/results.cpp', /object\.Set\("(\w+)"/g)],
  [
    'NativeScoreRequest',
    matches('native/addon/request.cpp', /(?:read_ints<\w+>\(object, |object\.Get\()"(tokens|ids|lengths|k|layers)"/g),
  ],
  ['NativeLossRequest', matches('native/addon/request.cpp', /read_ints<\w+>\(object, "(ids|lengths|near)"/g)],
  [
    'NativeModelOptions',
    matches('native/addon/request.cpp', /(?:read_whole\(object, |object\.Get\()"(threads|memoryBytes|device)"/g),
  ],
];

const addon = process.env.LONGATTN_ADDON ?? path.join(root, 'build', 'Release', 'longattn.node');
if (existsSync(addon)) pairs.push(['NativeBinding', Object.keys(createRequire(import.meta.url)(addon))]);

const differences = pairs.flatMap(([name, native]) => {
  const declared = new Set(interfaceMembers(name));
  const exported = new Set(native);
  return [
    ...[...declared]
      .filter((member) => !exported.has(member))
      .map((member) => `${name}.${member} is only in binding.ts`),
    ...[...exported]
      .filter((member) => !declared.has(member))
      .map((member) => `${name}.${member} is only in the addon`),
  ];
});
for (const difference of differences) console.error(difference);
process.exitCode = differences.length > 0 ? 1 : 0;
