#!/usr/bin/env node
// Writes docs/errors.md from src/base/error-codes.ts: node scripts/errors-page.mjs
//   --check writes nothing and says what is wrong: a page that is not the table's, a code of the core that the table lacks, a code
//   that nothing throws, a code twice. Exit code 1 then. Lint runs it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { importTable } from './lib/import-table.mjs';
import { main, root } from './lib/step.mjs';

const TABLE = 'src/base/error-codes.ts';
const PAGE = 'docs/errors.md';

function page({ ERRORS, EXIT_CODES, WARNINGS }) {
  const rows = Object.entries(ERRORS).flatMap(([kind, codes]) =>
    Object.entries(codes).map(([code, text]) => `| \`${code}\` | ${kind} | ${EXIT_CODES[kind]} | ${text} |`),
  );
  const warnings = Object.entries(WARNINGS).map(([code, text]) => `| \`${code}\` | ${text} |`);
  return `# Errors

Written by \`node scripts/errors-page.mjs\` from \`${TABLE}\`. The codes are stable: scripts may match on them. A command prints the code
behind the message (\`error: ... [CODE]\`, with \`--log-format json\` as a field); an error of the Node API is a \`LongattnError\` with
\`code\`, \`kind\` and \`exitCode\`. The message says more than this page: the value, what is allowed, the file.

A command ends with 0 when all is well, and with 128 and the signal's number when a signal stopped it (130 for Ctrl-C);
\`longattn work\` that was asked to stop ends with 75 ([cluster.md](cluster.md)).

| code | kind | exit code | what it means, and what to do |
| --- | --- | --- | --- |
${rows.sort().join('\n')}

## Warnings
A warning ends nothing. It has one of these codes, or that of an error that the work goes on without.

| code | what it means |
| --- | --- |
${warnings.join('\n')}
`;
}

const read = (file) => readFileSync(path.join(root, file), 'utf8');
const sources = (folder, ending) =>
  readdirSync(path.join(root, folder), { recursive: true })
    .filter((file) => ending.test(file))
    .map((file) => path.join(folder, file));

function faultsOf({ ERRORS, WARNINGS }, text) {
  const codes = [...Object.values(ERRORS), WARNINGS].flatMap((table) => Object.keys(table));
  const core = read('native/core/error.h');
  const native = [...core.matchAll(/=\s*"([A-Z_]+)"/g)].map(([, code]) => code);
  const texts = [core, ...[...sources('src', /\.ts$/), ...sources('native/addon', /\.cpp$/)].map(read)];
  const named = new Set(
    texts.flatMap((source) => [...source.matchAll(/['"]([A-Z][A-Z_]+)['"]/g)].map(([, code]) => code)),
  );
  return [
    ...codes.filter((code, i) => codes.indexOf(code) < i).map((code) => `${TABLE}: ${code} is there twice`),
    ...codes.filter((code) => !named.has(code)).map((code) => `${TABLE}: nothing gives ${code}`),
    ...native.filter((code) => !codes.includes(code)).map((code) => `native/core/error.h: ${code} is not in ${TABLE}`),
    ...(read(PAGE) === text ? [] : [`${PAGE} is not what ${TABLE} says: run node scripts/errors-page.mjs`]),
  ];
}

await main(async (args) => {
  const table = await importTable(TABLE);
  const text = page(table);
  if (!args.includes('--check')) return writeFileSync(path.join(root, PAGE), text);
  const faults = faultsOf(table, text);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
});
