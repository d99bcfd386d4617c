// Where libtorch is, for the scripts that build against it.
import { spawnSync } from 'node:child_process';
import { root, SetupError } from './step.mjs';

/** The folder of libtorch, fetched if there is none; its progress goes to the terminal. */
export function fetchLibtorch() {
  const { status, stdout } = spawnSync('python3', ['scripts/fetch-libtorch.py'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new SetupError('libtorch was neither found nor fetched: the lines above say why.');
  return stdout.trim();
}
