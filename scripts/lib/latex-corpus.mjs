// LaTeX sources as a corpus: the manuals of PARI/GP from Debian's package pari-doc (18 files of mathematics, 3 MB, GPL), by apt-get.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root, run, SetupError } from './step.mjs';

const PACKAGE = 'pari-doc';

/** Write latex.jsonl, a file a row, under `folder` (relative to the root) unless it is there. Returns the input, or why there is none. */
export function makeLatexCorpus(folder) {
  const file = path.join(root, folder, 'latex.jsonl');
  if (!existsSync(file)) {
    const work = path.join(root, folder, `${PACKAGE}.tmp`);
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    try {
      run('apt-get', ['download', PACKAGE], { cwd: work, quiet: true });
      const archive = readdirSync(work).find((name) => name.endsWith('.deb'));
      run('dpkg-deb', ['-x', archive, 'files'], { cwd: work, quiet: true });
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      return { missing: `LaTeX is left out: ${error.message.split('\n')[0]}` };
    }
    const sources = path.join(work, 'files', 'usr', 'share', 'pari', 'doc');
    const names = readdirSync(sources).filter((name) => name.endsWith('.tex'));
    // Written by people in Latin-1 here and there: what is not UTF-8 becomes a replacement character, never an error.
    const rows = names.sort().map((id) => ({ id, text: readFileSync(path.join(sources, id), 'utf8') }));
    writeFileSync(`${file}.tmp`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    renameSync(`${file}.tmp`, file);
    rmSync(work, { recursive: true, force: true });
  }
  return { input: `latex=${path.join(folder, 'latex.jsonl')}` };
}
