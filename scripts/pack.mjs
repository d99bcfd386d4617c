#!/usr/bin/env node
// The tarballs of a release, in build/packages: longattn, and the core of this platform as @longattn/PLATFORM; with them a bill of materials
// and a list of licences. Cores of other platforms that scripts/build-portable.mjs has made lie in folders of their own, build/packages/PLATFORM,
// because npm ends with an error where it is asked for one by name. Nothing is published.
//   node scripts/pack.mjs [--model]     after `npm run setup`; takes the core of build/portable where scripts/build-portable.mjs has made one;
//   --model: also that of the clone, as a package of its own
//
// package.json of the clone names no platform package: it would have to be there before it can be installed. So the packed one is
// written here, with the exact version of each platform package that was packed beside it.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeBill } from './lib/bill.mjs';
import { NATIVE, SCRIPTS, TESTS_OF_NATIVE } from './lib/carried.mjs';
import { newestSymbol } from './lib/newest-symbol.mjs';
import { main, root, run, SetupError } from './lib/step.mjs';

const OUT = path.join(root, 'build', 'packages');
const PLATFORM = `${process.platform}-${process.arch}`;
/** Without models; npm's own count of what it unpacks. */
const MAX_BYTES = 5_000_000;
const GCC_RUNTIME = [{ name: 'libgomp', version: '1', licence: 'GPL-3.0-or-later WITH GCC-exception-3.1' }];
const ZIG_RUNTIME = [
  { name: 'libc++', version: 'of Zig 0.17.1', licence: 'Apache-2.0 WITH LLVM-exception' },
  { name: 'compiler_rt', version: 'of Zig 0.17.1', licence: 'MIT' },
];
const LEFT_OUT = new RegExp(`\\.map$|__pycache__|${TESTS_OF_NATIVE.source}`);

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

function stage(name, files, fields, out = OUT) {
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
    run('npm', ['pack', folder, '--json', '--ignore-scripts', `--pack-destination=${out}`], { quiet: true }),
  );
  return { ...packed, file: path.relative(root, path.join(out, packed.filename)) };
}

/** Cores of other platforms, made here by Zig. */
function otherPlatforms() {
  const folder = path.join(root, 'build', 'portable');
  const made = existsSync(folder) ? readdirSync(folder) : [];
  return made.filter((name) => name !== PLATFORM && existsSync(path.join(folder, name, 'longattn.node')));
}

/** The core for a platform, and what a licence asks to be beside it. */
function platformPackage(platform = PLATFORM) {
  const [os, cpu] = platform.split('-');
  const out = platform === PLATFORM ? OUT : path.join(OUT, platform);
  mkdirSync(out, { recursive: true });
  const portable = path.join('build', 'portable', platform);
  const folder = existsSync(path.join(root, portable, 'longattn.node')) ? portable : path.join('build', 'Release');
  const core = path.join(root, folder, 'longattn.node');
  if (!existsSync(core)) throw new SetupError(`${core} is not built. Run \`npm run setup\` first.`);
  const glibc = newestSymbol(core, 'GLIBC');
  // GCC's, beside the core; Zig's build has its own within.
  const runtime = existsSync(path.join(root, folder, 'libgomp.so.1')) ? ['libgomp.so.1'] : [];
  const packed = stage(
    `@longattn/${platform}`,
    [
      [path.join(folder, 'longattn.node'), 'longattn.node'],
      ...runtime.map((file) => [path.join(folder, file), file]),
      ['LICENSE', 'LICENSE'],
      [`scripts/packages/${runtime.length > 0 ? 'core' : 'portable'}-notices.md`, 'README.md'],
    ],
    {
      name: `@longattn/${platform}`,
      version: manifest.version,
      description: `The native core of longattn for ${platform}, glibc ${glibc} or newer`,
      license: manifest.license,
      os: [os],
      cpu: [cpu],
      ...(os === 'linux' && { libc: ['glibc'] }),
      longattn: { glibc },
      files: ['longattn.node', ...runtime],
    },
    out,
  );
  return { packed, glibc, folder, runtime: runtime.length > 0 ? GCC_RUNTIME : ZIG_RUNTIME };
}

/** @param platforms whose cores npm is to look for */
function mainPackage(platforms) {
  for (const file of ['dist/index.js', 'dist/explorer/app.js'])
    if (!existsSync(path.join(root, file))) throw new SetupError(`${file} is not built. Run \`npm run setup\` first.`);
  const { name, version, description, license, type, engines, bin, main, types, exports, binary } = manifest;
  const { dependencies, devDependencies, peerDependencies, peerDependenciesMeta } = manifest;
  const built = ['node-addon-api', 'node-api-headers'];
  const files = ['dist', 'native', 'cmake', 'docs', 'scripts', 'CMakeLists.txt', 'CHANGELOG.md'];
  return stage(
    'longattn',
    [
      ...['dist', ...NATIVE, 'README.md', 'LICENSE', 'CHANGELOG.md'].map((file) => [file, file]),
      ['docs/errors.md', 'docs/errors.md'],
      ['docs/options.md', 'docs/options.md'],
      ...SCRIPTS.map((file) => [file, file]),
    ],
    {
      ...{ name, version, description, license, type, engines, bin, main, types, exports, files, binary },
      ...{ dependencies, peerDependencies, peerDependenciesMeta },
      optionalDependencies: Object.fromEntries(platforms.map((platform) => [`@longattn/${platform}`, version])),
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
  const others = otherPlatforms();
  const whole = mainPackage([PLATFORM, ...others]);
  if (whole.unpackedSize > MAX_BYTES)
    throw new SetupError(`longattn is ${whole.unpackedSize} bytes unpacked; at most ${MAX_BYTES} are allowed.`);
  const model = args.includes('--model') ? [modelPackage()] : [];
  const packed = [whole, core.packed, ...others.map((platform) => platformPackage(platform).packed), ...model];
  for (const { file, size, unpackedSize } of packed) console.log(`${file}  ${size} bytes, ${unpackedSize} unpacked`);
  const carried = writeBill(OUT, manifest.version, core.runtime);
  console.log(
    `${path.join('build', 'packages', `longattn-${manifest.version}.cdx.json`)}  ${carried} packages of others`,
  );
  console.error(`core from ${core.folder}, for glibc ${core.glibc} or newer`);
  rmSync(path.join(OUT, 'stage'), { recursive: true });
});
