#!/usr/bin/env node
// The wheel of the Python package, in build/packages: python/ with dist, the modules of production and the core of this machine.
//   node scripts/wheel.mjs     after `npm run setup`; takes the core of build/portable where there is one, else that of build/Release
//
// The tag names the oldest system that the core can be loaded on, read from the core itself: never a wish.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { NATIVE, SCRIPTS, TESTS_OF_NATIVE } from './lib/carried.mjs';
import { newestSymbol } from './lib/newest-symbol.mjs';
import { main, root, run, SetupError } from './lib/step.mjs';

const OUT = path.join(root, 'build', 'packages');
const STAGE = path.join(root, 'build', 'wheel');
const NODE = path.join(STAGE, 'src', 'longattn', '_node');
const LEFT_OUT = new RegExp(`\\.map$|\\.d\\.[cm]?ts$|__pycache__|${TESTS_OF_NATIVE.source}`);
/** Which manylinux has a libstdc++ with this newest symbol, where that is newer than its glibc tells: auditwheel's table. */
const LIBSTDCXX = { '3.4.30': '2.35', '3.4.31': '2.38', '3.4.32': '2.39', '3.4.33': '2.40' };

function copy(from, to) {
  cpSync(path.join(root, from), to, { recursive: true, filter: (file) => !LEFT_OUT.test(file) });
}

/** Each as npm lists it; what lies inside another comes with that one. */
function copyModules() {
  const listed = run('npm', ['ls', '--omit=dev', '--all', '--parseable'], { quiet: true }).trim().split('\n');
  const modules = listed
    .map((folder) => path.relative(root, folder))
    .filter((folder) => folder.startsWith('node_modules'));
  for (const folder of modules) {
    // The types of DOM and Node.js are of no use at run time.
    if (/^node_modules\/(@types\/|undici-types$)/.test(folder)) continue;
    const to = path.join(NODE, folder);
    const inner = (file) => path.relative(path.join(root, folder), file).split(path.sep).includes('node_modules');
    cpSync(path.join(root, folder), to, { recursive: true, filter: (file) => !LEFT_OUT.test(file) && !inner(file) });
  }
  return modules.length;
}

function platformOf(core) {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError(`Wheels are made on Linux x86-64; this is ${process.platform} ${process.arch}.`);
  const glibc = newestSymbol(core, 'GLIBC') ?? '2.17';
  const library = LIBSTDCXX[newestSymbol(core, 'GLIBCXX')];
  const newer = [glibc, library ?? glibc].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
  return `manylinux_${newer.replace('.', '_')}_x86_64`;
}

await main(() => {
  const portable = path.join('build', 'portable', `${process.platform}-${process.arch}`);
  const folder = existsSync(path.join(root, portable, 'longattn.node')) ? portable : path.join('build', 'Release');
  const core = path.join(root, folder, 'longattn.node');
  for (const file of [core, path.join(root, 'dist/cli/bin.cjs'), path.join(root, 'dist/explorer/app.js')])
    if (!existsSync(file)) throw new SetupError(`${file} is not built. Run \`npm run setup\` first.`);
  rmSync(STAGE, { recursive: true, force: true });
  mkdirSync(NODE, { recursive: true });
  mkdirSync(OUT, { recursive: true });
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
  const modules = copyModules();
  const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const platform = platformOf(core);
  const env = { LONGATTN_WHEEL_VERSION: version, LONGATTN_WHEEL_PLATFORM: platform, PIP_ROOT_USER_ACTION: 'ignore' };
  const pip = ['-m', 'pip', 'wheel', '--quiet', '--disable-pip-version-check', '--no-deps', `--wheel-dir=${OUT}`];
  run('python3', [...pip, STAGE], { env });
  rmSync(STAGE, { recursive: true });
  console.error(`core from ${folder}, ${modules} modules`);
  console.log(path.join('build', 'packages', `longattn-${version}-py3-none-${platform}.whl`));
});
