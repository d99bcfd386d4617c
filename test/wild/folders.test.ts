// Folders as people have them: what else lies in them besides the data.
import { expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from '../support/temp-folder.js';
import { rows, runWindow } from './run-window.js';

const files = (contents: Record<string, string | Buffer>): string => {
  const folder = tempFolder();
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
};

it('files of unknown format in a folder are counted in a warning', async () => {
  const folder = files({ 'a.jsonl': rows(5), 'README.md': '# data', 'sub/b.csv': 'id,text' });
  const { documents, warnings } = await runWindow(`d=${folder}`);
  expect(documents).toBe(5);
  expect(warnings).toEqual([{ code: 'FILES_SKIPPED', message: expect.stringMatching(/^2 files .*README\.md/) }]);
});
