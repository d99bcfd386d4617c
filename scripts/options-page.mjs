#!/usr/bin/env node
// Writes docs/options.md from the built tables of options: npm run build:ts && node scripts/options-page.mjs
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { optionsPage } from './lib/options-page.mjs';
import { main, root } from './lib/step.mjs';

await main(async () => {
  const tables = { ...(await import('../dist/options/commands.js')), ...(await import('../dist/options/row.js')) };
  writeFileSync(path.join(root, 'docs', 'options.md'), optionsPage(tables));
});
