// The files that a server gives out: those of one folder, as they were when it started, by their names.
//
// A name that is asked for is looked up and never joined to a path, so there is no way out of the folder; links are left out.
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** Path by name: `data/meta.js`. */
export async function listFiles(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    files.map(({ parentPath, name }) => {
      const file = path.join(parentPath, name);
      return [path.relative(folder, file).split(path.sep).join('/'), file];
    }),
  );
}
