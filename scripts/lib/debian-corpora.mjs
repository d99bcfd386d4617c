// More real text for docs/evidence.md, a Debian package each, by apt-get: nothing of it is bundled. A domain is one JSONL file.
//
// Two are those that the lift was first looked at on (Perl's manual, CPython's library). Four are of other kinds and were never used
// to decide anything: formal proofs (Coq), a dictionary (FOLDOC), manual pages in German (troff source), scripture (King James).
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  lstatSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { root, run, SetupError } from './step.mjs';

/** Shorter files have no window of 2,048 tokens. */
const FEWEST_BYTES = 12_000;

const CORPORA = [
  { name: 'perl', packages: ['perl-doc'], rows: (files) => filesOf(files, /\.pod$/) },
  { name: 'cpython', packages: ['libpython3.11-stdlib'], rows: (files) => filesOf(files, /\.py$/) },
  { name: 'proofs', packages: ['libcoq-stdlib'], rows: (files) => filesOf(files, /\.v$/) },
  { name: 'german', packages: ['manpages-de'], rows: (files) => filesOf(files, /\.[1-8]\.gz$/) },
  { name: 'dictionary', packages: ['dict-foldoc'], rows: (files) => filesOf(files, /foldoc\.dict\.dz$/) },
  { name: 'scripture', packages: ['bible-kjv', 'bible-kjv-text'], rows: scripture },
];

/** Every matching file as a row, by name. What is not UTF-8 becomes a replacement character, never an error. */
function filesOf(folder, pattern) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => pattern.test(name) && lstatSync(path.join(folder, name)).isFile())
    .sort()
    .flatMap((id) => {
      const bytes = readFileSync(path.join(folder, id));
      const text = (/\.(gz|dz)$/.test(id) ? gunzipSync(bytes) : bytes).toString('utf8');
      return text.length < FEWEST_BYTES ? [] : [{ id, text }];
    });
}

/** A book of the Bible a row, without the numbers of the verses: the package's own program reads its compressed text. */
function scripture(folder) {
  const args = ['-f', '-l79', '-p', path.join(folder, 'usr', 'lib'), 'gen1:1-rev22:21'];
  const all = execFileSync(path.join(folder, 'usr', 'bin', 'bible'), args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const books = new Map();
  let book = '';
  for (const line of all.split('\n')) {
    const verse = /^(\d?[A-Za-z]+)\d+:\d+ /.exec(line);
    if (verse) book = verse[1];
    books.set(book, `${books.get(book) ?? ''}${verse ? line.slice(verse[0].length) : line}\n`);
  }
  return [...books].filter(([, text]) => text.length >= FEWEST_BYTES).map(([id, text]) => ({ id, text }));
}

/** Write NAME.jsonl for each under `folder` (relative to the root) unless it is there. Returns the inputs, and what is missing and why. */
export function makeDebianCorpora(folder) {
  mkdirSync(path.join(root, folder), { recursive: true });
  const inputs = [];
  const missing = [];
  for (const { name, packages, rows } of CORPORA) {
    const file = path.join(root, folder, `${name}.jsonl`);
    try {
      if (!existsSync(file)) write(file, packages, rows);
      inputs.push(`${name}=${path.join(folder, `${name}.jsonl`)}`);
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      missing.push(`${name} is left out: ${error.message.split('\n')[0]}`);
    }
  }
  return { inputs, missing };
}

function write(file, packages, rows) {
  const work = `${file}.tmp.d`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  for (const name of packages) run('apt-get', ['download', name], { cwd: work, quiet: true });
  const archives = readdirSync(work).filter((name) => name.endsWith('.deb'));
  for (const archive of archives) run('dpkg-deb', ['-x', archive, 'files'], { cwd: work, quiet: true });
  const text = rows(path.join(work, 'files'))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join('');
  writeFileSync(`${file}.tmp`, text);
  renameSync(`${file}.tmp`, file);
  rmSync(work, { recursive: true, force: true });
}
