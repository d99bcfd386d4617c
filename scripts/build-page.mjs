#!/usr/bin/env node
// The script and the style of the page, from explorer/ into dist/explorer: one classic script that opens from a disk; and the licences of
// the libraries in it, which want to be there wherever it goes.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { main, root } from './lib/step.mjs';

/** Of every package that a file of the bundle comes from; one without a licence ends the build. */
function licences(inputs) {
  const packages = new Set(
    inputs.flatMap((file) => /^(?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? []),
  );
  return [...packages]
    .sort()
    .map((name) => {
      const folder = path.join(root, 'node_modules', name);
      const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
      if (file === undefined || !existsSync(path.join(folder, 'package.json')))
        throw new Error(`${name} has no licence to go with the page`);
      const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
      return `${name} ${version}\n\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(78)}\n\n`);
}

await main(async () => {
  const { metafile } = await build({
    metafile: true,
    entryPoints: { app: path.join(root, 'explorer', 'main.ts') },
    outdir: path.join(root, 'dist', 'explorer'),
    bundle: true,
    minify: true,
    format: 'iife',
    target: ['chrome105', 'firefox128', 'safari17.2'],
    supported: { 'color-functions': true },
    tsconfig: path.join(root, 'explorer', 'tsconfig.json'),
    legalComments: 'linked',
    logLevel: 'warning',
  });
  writeFileSync(path.join(root, 'dist', 'explorer', 'LICENSES.txt'), licences(Object.keys(metafile.inputs)));
});
