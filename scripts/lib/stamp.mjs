// Skip a build step whose inputs have not changed: a hash of its files' paths, sizes and contents in one stamp file.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './step.mjs';

/** Hash of all files under the given paths (relative to the root), in sorted order. */
export function hashFiles(paths) {
  const hash = createHash('sha256');
  const visit = (file) => {
    const full = path.join(root, file);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) {
      for (const name of readdirSync(full).sort()) visit(path.join(file, name));
    } else {
      hash.update(`${file}\0`).update(readFileSync(full)).update('\0');
    }
  };
  paths.forEach(visit);
  return hash.digest('hex');
}

/** Run `build` unless the stamp says that it ran with this key and its outputs still exist. Returns what happened. */
export function unlessStamped(name, key, outputs, build) {
  const stamp = path.join(root, 'build', 'stamps', name);
  const fresh = existsSync(stamp) && readFileSync(stamp, 'utf8') === key;
  if (fresh && outputs.every((file) => existsSync(path.join(root, file)))) return 'up to date';
  build();
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, key);
  return 'built';
}
