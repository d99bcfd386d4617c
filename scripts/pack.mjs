#!/usr/bin/env node
// The tarballs of a release, in build/packages: longattn, and the core of this platform as @longattn/PLATFORM; with them a bill of materials
// and a list of licences. Nothing is published.
//   node scripts/pack.mjs [--model]     after `npm run setup`; takes the core of build/portable where scripts/build-portable.mjs has made one;
//   --model: also that of the clone, as a package of its own
//
// package.json of the clone names no platform package: it would have to be there before it can be installed. So the packed one is
// written here, with the exact version of each platform package that was packed beside it.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeBill } from './lib/bill.mjs';
import { newestSymbol } from './lib/newest-symbol.mjs';
import { main, root, run, SetupError } from './lib/step.mjs';

const OUT = path.join(root, 'build', 'packages');
const PLATFORM = `${process.platform}-${process.arch}`;
/** Without models; npm's own count of what it unpacks. */
const MAX_BYTES = 5_000_000;
/** What `longattn model fetch` and `longattn setup` start. */
const SCRIPTS = [
  'fetch-libtorch.py',
  'fetch-cuda.py',
  'libtorch',
  'make-smollm2.py',
  'lib/native-tools.mjs',
  'lib/step.mjs',
];
const GCC_RUNTIME = [{ name: 'libgomp', version: '1', licence: 'GPL-3.0-or-later WITH GCC-exception-3.1' }];
const ZIG_RUNTIME = [
  { name: 'libc++', version: 'of Zig 0.17.1', licence: 'Apache-2.0 WITH LLVM-exception' },
  { name: 'compiler_rt', version: 'of Zig 0.17.1', licence: 'MIT' },
];
const LEFT_OUT = /\.map$|__pycache__|native\/core\/(test|bench|fuzz)(\/|$)/;

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

function stage(name, files, fields) {
  const folder = path.join(OUT, 'stage', name.replace('/', '-'));
  mkdirSync(folder, { recursive: true });
  for (const [from, to] of files) {
    cpSync(path.join(root, from), path.join(folder, to), {
      recursive: true,
      filter: (file) => !LEFT_OUT.test(path.relative(root, file)),
    });
  }
  writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(fields, null, 2)}\n`);
  const [packed] = JSON.parse(
    run('npm', ['pack', folder, '--json', '--ignore-scripts', `--pack-destination=${OUT}`], { quiet: true }),
  );
  return packed;
}

/** The core for this platform, and what a licence asks to be beside it. */
function platformPackage() {
  const portable = path.join('build', 'portable', PLATFORM);
  const folder = existsSync(path.join(root, portable, 'longattn.node')) ? portable : path.join('build', 'Release');
  const core = path.join(root, folder, 'longattn.node');
  if (!existsSync(core)) throw new SetupError(`${core} is not built. Run \`npm run setup\` first.`);
  const glibc = newestSymbol(core, 'GLIBC');
  // GCC's, beside the core; Zig's build has its own within.
  const runtime = existsSync(path.join(root, folder, 'libgomp.so.1')) ? ['libgomp.so.1'] : [];
  const packed = stage(
    `@longattn/${PLATFORM}`,
    [
      [path.join(folder, 'longattn.node'), 'longattn.node'],
      ...runtime.map((file) => [path.join(folder, file), file]),
      ['LICENSE', 'LICENSE'],
      [`scripts/packages/${runtime.length > 0 ? 'core' : 'portable'}-notices.md`, 'README.md'],
    ],
    {
      name: `@longattn/${PLATFORM}`,
      version: manifest.version,
      description: `The native core of longattn for ${PLATFORM}, glibc ${glibc} or newer`,
      license: manifest.license,
      os: [process.platform],
      cpu: [process.arch],
      ...(process.platform === 'linux' && { libc: ['glibc'] }),
      longattn: { glibc },
      files: ['longattn.node', ...runtime],
    },
  );
  return { packed, glibc, folder, runtime: runtime.length > 0 ? GCC_RUNTIME : ZIG_RUNTIME };
}

function mainPackage() {
  for (const file of ['dist/index.js', 'dist/explorer/app.js'])
    if (!existsSync(path.join(root, file))) throw new SetupError(`${file} is not built. Run \`npm run setup\` first.`);
  const { name, version, description, license, type, engines, bin, main, types, exports, binary } = manifest;
  const { dependencies, devDependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const built = ['node-addon-api', 'node-api-headers'];
  const files = ['dist', 'native', 'cmake', 'docs', 'scripts', 'CMakeLists.txt', 'CHANGELOG.md'];
  return stage(
    'longattn',
    [
      ...['dist', 'native', 'cmake', 'CMakeLists.txt', 'README.md', 'LICENSE', 'CHANGELOG.md'].map((file) => [
        file,
        file,
      ]),
      ['docs/errors.md', 'docs/errors.md'],
      ['docs/options.md', 'docs/options.md'],
      ...SCRIPTS.map((file) => [path.join('scripts', file), path.join('scripts', file)]),
    ],
    {
      ...{ name, version, description, license, type, engines, bin, main, types, exports, files, binary },
      ...{ dependencies, peerDependencies, peerDependenciesMeta },
      optionalDependencies: { [`@longattn/${PLATFORM}`]: version },
      // npm leaves these alone when the package is a dependency: the versions that a torch half is compiled with.
      devDependencies: Object.fromEntries(built.map((one) => [one, devDependencies[one]])),
    },
  );
}

/** The model that a clone bundles, for those who have no hub at hand: `--model node_modules/@longattn/smollm2-135m-layer0`. */
function modelPackage() {
  const folder = 'models/smollm2-135m-layer0';
  const names = readdirSync(path.join(root, folder));
  return stage(
    '@longattn/smollm2-135m-layer0',
    names.map((file) => [path.join(folder, file), file]),
    {
      name: '@longattn/smollm2-135m-layer0',
      version: manifest.version,
      description: 'Layer 0 of SmolLM2-135M, as longattn reads it',
      license: 'Apache-2.0',
      files: names,
    },
  );
}

await main(async (args) => {
  rmSync(OUT, { recursive: true, force: true });
  mkdirSync(OUT, { recursive: true });
  const core = platformPackage();
  const whole = mainPackage();
  if (whole.unpackedSize > MAX_BYTES)
    throw new SetupError(`longattn is ${whole.unpackedSize} bytes unpacked; at most ${MAX_BYTES} are allowed.`);
  const model = args.includes('--model') ? [modelPackage()] : [];
  for (const { filename, size, unpackedSize } of [whole, core.packed, ...model])
    console.log(`${path.join('build', 'packages', filename)}  ${size} bytes, ${unpackedSize} unpacked`);
  const carried = writeBill(OUT, manifest.version, core.runtime);
  console.log(
    `${path.join('build', 'packages', `longattn-${manifest.version}.cdx.json`)}  ${carried} packages of others`,
  );
  console.error(`core from ${core.folder}, for glibc ${core.glibc} or newer`);
  rmSync(path.join(OUT, 'stage'), { recursive: true });
});
