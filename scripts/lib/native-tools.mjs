// The programs that building the native half takes: found on the PATH, new enough, or an error that says what to install.
import { spawnSync } from 'node:child_process';
import os from 'node:os';
import { SetupError } from './step.mjs';

/** How many compilers run at a time. Without a number, `cmake --build --parallel` starts them all at once where it builds with make. */
export const JOBS = String(os.availableParallelism());

const MINIMUM_CMAKE = [3, 18];

function answers(command, args) {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return status === 0 ? stdout : undefined;
}

function oldCmake() {
  const found = /version (\d+)\.(\d+)/.exec(answers('cmake', ['--version']) ?? '');
  if (!found) return true;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  return major < MINIMUM_CMAKE[0] || (major === MINIMUM_CMAKE[0] && minor < MINIMUM_CMAKE[1]);
}

const none = (...commands) => commands.every(([command, ...args]) => answers(command, args) === undefined);

const TOOLS = [
  {
    name: 'a C++20 compiler (GCC 10 or newer, Clang 13 or newer)',
    missing: () => none(...[process.env.CXX, 'c++', 'g++', 'clang++'].filter(Boolean).map((c) => [c, '--version'])),
    get: 'apt install g++, dnf install gcc-c++, or xcode-select --install',
  },
  {
    name: `CMake ${MINIMUM_CMAKE.join('.')} or newer`,
    missing: oldCmake,
    get: 'apt install cmake, brew install cmake, or pip install cmake',
  },
  {
    name: 'make or ninja',
    missing: () => none(['make', '--version'], ['ninja', '--version']),
    get: 'apt install make',
  },
  {
    name: 'Python 3.8 or newer',
    missing: () => none(['python3', '-c', 'import sys; sys.exit(sys.version_info < (3, 8))']),
    get: 'apt install python3',
  },
];

/** Fetches libtorch, and the readers that tests run. */
const PIP = {
  name: 'pip',
  missing: () => none(['python3', '-m', 'pip', '--version']),
  get: 'apt install python3-pip, or python3 -m ensurepip',
};

/** What building takes and is not there, and how to get it; undefined: all is there. `longattn setup` asks too. */
export function missingNativeTools() {
  return missingOf(TOOLS);
}

export function hasNinja() {
  return !none(['ninja', '--version']);
}

/** @throws SetupError naming every tool that building takes and that is missing */
export function checkNativeTools() {
  refuse(missingOf(TOOLS));
}

/** What the whole set-up takes. @throws SetupError as above */
export function checkTools() {
  refuse(missingOf([...TOOLS, PIP]));
}

function missingOf(tools) {
  const missing = tools.filter((tool) => tool.missing());
  return missing.length === 0
    ? undefined
    : `Missing: ${missing.map(({ name, get }) => `${name} (${get})`).join('; ')}.`;
}

function refuse(missing) {
  if (missing !== undefined) throw new SetupError(missing);
}
