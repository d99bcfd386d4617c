import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { processPlace, sweepTemporaries, temporaryPath } from '../../src/io/temporary.js';
import { tempFolder } from '../support/temp-folder.js';

/** The id of a process that has ended. */
function deadPid(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('sweepTemporaries', () => {
  it('removes what a dead process of this place left, files and folders, and nothing else', async () => {
    const folder = tempFolder();
    const mine = path.basename(temporaryPath(path.join(folder, 'part-00000.arrow')));
    const dead = mine.replace(`.${process.pid}.`, `.${deadPid()}.`);
    const elsewhere = dead.replace(processPlace(), '0123456789ab');
    const old = elsewhere.replace('part-00000', 'part-00001');
    for (const name of [mine, dead, elsewhere, old, 'part-00000.arrow', 'notes.tmp']) {
      writeFileSync(path.join(folder, name), 'x');
    }
    const deadFolder = dead.replace('part-00000.arrow', 'export');
    mkdirSync(path.join(folder, deadFolder));
    writeFileSync(path.join(folder, deadFolder, 'data.arrow'), 'x');
    utimesSync(path.join(folder, old), 1, Date.now() / 1000 - 2 * 86_400);

    const removed = await sweepTemporaries(folder);
    expect(removed.sort()).toEqual([dead, deadFolder, old].sort());
    expect(readdirSync(folder).sort()).toEqual([mine, elsewhere, 'part-00000.arrow', 'notes.tmp'].sort());
  });

  it('has nothing to do where the folder does not exist', async () => {
    expect(await sweepTemporaries(path.join(tempFolder(), 'none'))).toEqual([]);
  });
});
