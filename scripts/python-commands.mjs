#!/usr/bin/env node
// Writes python/src/longattn/_commands.py from the built commands and tables: npm run build:ts && node scripts/python-commands.mjs
//   --check writes nothing, and ends with 1 where the file is not what they say. test/scripts/python-commands.test.ts does the same.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pythonCommands } from './lib/python-commands.mjs';
import { main, root } from './lib/step.mjs';

const FILE = 'python/src/longattn/_commands.py';

await main(async (args) => {
  const load = (name) => import(`../dist/cli/commands/${name}`);
  const files = readdirSync(path.join(root, 'dist/cli/commands')).filter((name) => name.endsWith('.js'));
  const modules = (await Promise.all(files.sort().map(load))).flatMap((found) => Object.values(found).flat());
  const commands = modules.filter((one) => typeof one?.command === 'string');
  const tables = { ...(await import('../dist/options/commands.js')), ...(await import('../dist/options/row.js')) };
  const text = pythonCommands(commands, tables);
  const file = path.join(root, FILE);
  if (!args.includes('--check')) return writeFileSync(file, text);
  if (readFileSync(file, 'utf8') === text) return;
  console.error(`${FILE} is not what the tables of options say: run node scripts/python-commands.mjs`);
  process.exitCode = 1;
});
