#!/usr/bin/env node
// Every file of this repository that a page, a comment or a message names is there: paths that start with a folder of the root, and the
// links of the pages. A `*` stands for part of a name; what holds a placeholder in capitals is passed over. Exit code 1 and the lines if not.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/step.mjs';

const FOLDERS = ['src', 'native', 'scripts', 'docs', 'test'];
const TEXT = /\.(md|ts|mjs|cts|h|cpp|cu|cuh|py)$/;
const NAMED = new RegExp(`(?<![\\w./-])(?:${FOLDERS.join('|')})/[\\w.*/-]*\\w/?`, 'g');
const LINK = /\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g;

const below = (folder) =>
  readdirSync(path.join(root, folder), { recursive: true })
    .filter((file) => TEXT.test(file) && !file.includes('node_modules'))
    .map((file) => path.join(folder, file));
const files = [...readdirSync(root).filter((file) => /\.md$/.test(file)), ...FOLDERS.flatMap(below)];

/** With or without the ending; `name.js` may be said of what is `name.ts` here. */
function isThere(name) {
  if (/[A-Z]{3,}/.test(name.replace(/README|FORMATS|LICENSE/g, ''))) return true;
  if (name.includes('*')) {
    const [folder, pattern] = [path.dirname(name), path.basename(name)];
    const match = new RegExp(`^${pattern.replace(/[.]/g, '\\.').replace(/\*/g, '.*')}$`);
    return (
      folder.includes('*') ||
      (existsSync(path.join(root, folder)) && readdirSync(path.join(root, folder)).some((file) => match.test(file)))
    );
  }
  const place = path.join(root, name);
  const endings = ['', '.ts', '.mjs', '.test.ts', '.h', '.cpp', '.md'];
  return endings.some((ending) => existsSync(place + ending)) || existsSync(place.replace(/\.js$/, '.ts'));
}

const faults = files.flatMap((file) => {
  const text = readFileSync(path.join(root, file), 'utf8');
  const links = file.endsWith('.md') ? [...text.matchAll(LINK)].map(([, to]) => path.join(path.dirname(file), to)) : [];
  const names = [...text.matchAll(NAMED)].map(([name]) => name);
  return [...new Set([...names, ...links])]
    .filter((name) => !isThere(name))
    .map((name) => `${file}: there is no ${name}`);
});
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
