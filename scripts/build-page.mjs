#!/usr/bin/env node
// The script and the style of the page, from explorer/ into dist/explorer: one classic script that opens from a disk.
import path from 'node:path';
import { build } from 'esbuild';
import { main, root } from './lib/step.mjs';

await main(async () => {
  await build({
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
});
