// docs/performance.md from the rows of the benches: the numbers as they fell, and how to read them.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { readRows, requireRows } from './bench-rows.mjs';
import { putBlocks, withBlock } from './machine-blocks.mjs';
import { processor } from './processor.mjs';
import { root } from './step.mjs';

const PAGE = 'docs/performance.md';
const README_TABLE = /(<!-- bench:groups -->\n)[^]*?(\n<!-- \/bench:groups -->)/;
const SHAPE = /^(.*) H(\d+)\/(\d+) d(\d+) L(\d+)$/;
const GROUPS = [
  ['far mass and squares only', 'far mass and its squares in 32 bins, sink and rest apart', 'always'],
  ['with entropy', 'entropy of a row', 'on'],
  ['with far peak', 'largest far attention of a row', 'on'],
  ['with all defaults', 'all of these', ''],
  ['with token far', 'far mass of every token (`--tokens`)', 'off'],
];

const lines = (...list) => list.join('\n');
const percent = (ratio) => `${ratio >= 1 ? '+' : ''}${(100 * (ratio - 1)).toFixed(1)} %`;

function markdown(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Rows whose name ends with a shape, as {name, shape, label, value, seconds}. */
function shapedRows(rows, unit) {
  return rows.flatMap((row) => {
    const match = SHAPE.exec(row.bench);
    if (match === null || row.unit !== unit) return [];
    const [heads, kvHeads, dim, length] = match.slice(2).map(Number);
    const label = `H=${heads}, Hkv=${kvHeads}, d=${dim}, L=${length.toLocaleString('en')}`;
    return [{ ...row, name: match[1], label, length, seconds: (dim * heads * length ** 2) / (row.value * 1e9) }];
  });
}

const valueOf = (rows, bench) => rows.find((row) => row.bench === bench)?.value;

/** [label, rows] of each shape. */
function byLabel(rows) {
  const shapes = [...new Set(rows.map(({ label }) => label))];
  return shapes.map((label) => [label, rows.filter((row) => row.label === label)]);
}

function kernelTable(rows, all) {
  const peers = ['sgemm', 'sgemm by oneDNN', 'bf16 gemm'].map((name) => [name, valueOf(all, name)]);
  const known = peers.filter(([, value]) => value !== undefined);
  const ours = rows.filter(({ name }) => !/ (only|with) ?/.test(name));
  return markdown(
    ['', 'GFLOP/s', 's a window', ...known.map(([name]) => `x ${name}`)],
    [
      ...known.map(([name, value]) => [name, value.toFixed(0), '', ...known.map(([, to]) => (value / to).toFixed(2))]),
      ...ours.map(({ name, value, seconds }) => [
        name.startsWith('libtorch') ? name : `**${name}**`,
        value.toFixed(0),
        seconds.toFixed(2),
        ...known.map(([, to]) => (value / to).toFixed(2)),
      ]),
    ],
  );
}

/** What a group adds to the time of the sums alone, a column a shape. */
function groupTable(rows) {
  const shapes = byLabel(rows);
  const find = (of, name) => of.find((row) => row.name.endsWith(name));
  return markdown(
    ['statistics', 'default', ...shapes.map(([label]) => `time, ${label}`)],
    GROUPS.map(([name, text, state], at) => [
      text,
      state,
      ...shapes.map(([, of]) => {
        const { seconds } = find(of, name);
        return at === 0 ? `${seconds.toFixed(2)} s` : percent(seconds / find(of, GROUPS[0][0]).seconds);
      }),
    ]),
  );
}

function memoryTable(rows) {
  const memory = shapedRows(rows, 'MB').map((row) => ({ ...row, name: row.name.replace(' memory', '') }));
  return markdown(
    ['kernel', 'window', 'memory beyond Q and K'],
    memory.map(({ name, label, value }) => [name, label, `${value.toFixed(1)} MB`]),
  );
}

function plainTable(rows) {
  return markdown(
    ['', 'measured', 'ratio'],
    rows.map(({ bench, value, unit, ratio, ratio_to: to }) => [
      bench,
      `${value >= 100 ? value.toFixed(0) : value.toPrecision(3)} ${unit}`,
      to ? `${ratio.toFixed(2)} of ${to}` : '',
    ]),
  );
}

function machine() {
  const require = createRequire(import.meta.url);
  const [addon, half] = ['longattn', 'longattn-torch'].map((name) =>
    require(path.join(root, 'build', 'Release', `${name}.node`)),
  );
  const { kernel, features } = addon.cpu();
  return `${processor()}, ${os.availableParallelism()} cores (${features.join(', ')}), kernel ${kernel}, libtorch ${half.torch().version}`;
}

/** Benches of the whole tool, each with a sentence of what was measured; those that have not run are left out. */
const WHOLE = [
  ['pipeline', 'Text to scores', '`npm run bench:pipeline`, wall time.'],
  [
    'select',
    'Selection',
    '`npm run bench:select`: made-up statistics of so many windows, read, ranked, chosen and written, from the page cache.',
  ],
  [
    'select-count',
    'Selection by a count',
    '`npm run bench:select -- --count`: the same by last-recurrence-2 behind the guard, of a run without a model.',
  ],
  [
    'cores',
    'Cores of layer 0',
    '`node scripts/bench-cores.mjs`: text to scores in windows of 4,096 tokens by two cores in turn, and one window of a few tokens, which is what a process costs; medians of the rounds, a ratio that of each round. On a machine that others use a round takes up to a third more than another, so that a ratio near 1 says nothing there.',
  ],
  ['map', 'Maps of attention', '`npm run bench:map`: 9 heads, a map each.'],
  [
    'report',
    'The page',
    '`npm run bench:report`: the page of so many made-up windows from a disk in Chromium, until it is drawn; by the clock, and the work of the main thread.',
  ],
  [
    'export',
    'Exports',
    '`node scripts/bench-export.mjs`, under Node.js 24: made-up token ids to each format, beside pyarrow (Parquet by zstd) and the file of datatrove on the same ids; MB/s of the ids by the clock, which tells of the disk and of other loads too: compare the processor time.',
  ],
  [
    'open',
    'Opening a large checkpoint',
    '`node scripts/measure-open.mjs`: layer 0 of sparse files with the shape of Llama-3.1-8B.',
  ],
];

function wholeSections() {
  return WHOLE.flatMap(([name, title, how]) => {
    const found = readRows(name);
    return found ? [`## ${title}`, `Measured ${found.date} by ${how}`, '', plainTable(found.rows), ''] : [];
  });
}

/** This processor's table of the layers above the first. */
function layerBlock({ rows, date }) {
  return lines(`### ${machine()}`, `Measured ${date}.`, '', plainTable(rows));
}

function page(attention, decoder, old) {
  const rates = shapedRows(attention.rows, 'GFLOP/s');
  const kernels = byLabel(rates).map(([label, of]) => lines(`### ${label}`, kernelTable(of, attention.rows)));
  return lines(
    '# Performance',
    '',
    `Written by \`npm run bench -- --page\` on ${attention.date}. Machine: ${machine()}.`,
    '',
    'A ratio is worth more than a time: peers and kernels run in one process and take turns, so that a change of clock hits all alike.',
    'Each row is the best of several rounds, in CPU time of the process divided by the threads (waiting threads sleep and do not count).',
    'A rate counts the products under the diagonal alone, `2*d*H*L^2/2`: what the exponentials and sums cost shows as a lower rate.',
    '',
    '## Attention kernels',
    'Rows in bold compute all default statistics (docs/definitions.md). The peers are libtorch on the same threads:',
    '- `sgemm`, `bf16 gemm`: `at::mm` of 2048 x 2048 matrices. For float32 that is MKL, which uses AVX2 only on an AMD CPU.',
    '- `sgemm by oneDNN`: `at::mkldnn_linear` of the same size, both matrices in its own layout before: the strongest float32 product in',
    '  libtorch on such a CPU, though not the one that `at::mm` takes.',
    '- `libtorch blocked`: far mass and squares by tiles of `at::mm` and element-wise operations, an online softmax without an L x L matrix.',
    '- `libtorch flash logsumexp`: the same by three flash attentions, from their logsumexps.',
    '',
    'The reference kernel (float64) is for tests and has no row.',
    '',
    ...kernels.flatMap((text) => [text, '']),
    '## What each group of statistics costs',
    'Each against the sums alone. A group that costs more than 5 % would be off unless asked for. On a machine that others use, two',
    'measurements of one thing differ by about 3 %: a cost at or below nought says only that it is less than that.',
    '',
    groupTable(rates),
    '',
    '## Memory',
    'Peak of the resident set during the call, in a process of its own, beyond what it had before. Q and K are not part of it; the kernels',
    'ask for them a block at a time.',
    '',
    memoryTable(attention.rows),
    '',
    '## Layers above the first',
    'Decoders of the shapes of SmolLM2-135M and Llama-3.1-8B with random weights; a table for each processor that `npm run bench -- --only decoder --page`',
    'has run on. A floor is the time that the matrix products of the layers would take at the speed of oneDNN, both matrices in its own layout before, or',
    "of MKL by libtorch's `at::mm`. `one more layer scored` is what the statistics of a layer add to a run, a mean over all layers but the first and the last, beside what a layer takes to run.",
    '',
    '`bf16` is `--dtype weights` with a bf16 model; its weights are not copied to float32, so that they take half the memory. What computes it depends on the processor:',
    '',
    '| processor | products with weights | attention |',
    '| --- | --- | --- |',
    '| with AMX | our bf16 tiles | our bf16 tiles |',
    "| with AVX-512-BF16 alone | oneDNN's, in bf16 | float32 |",
    '| any other with AVX2, AVX-512 or NEON | our float32 tiles; weights are widened as they are packed, activations rounded to bf16 | float32 |',
    '',
    'An fp16 model goes the third way on all of them, its activations rounded to the 11 bits of fp16. So the error is that of rounded factors; oneDNN and a GPU',
    'round the sums too.',
    '',
    withBlock(old, decoder.rows[0].processor, layerBlock(decoder)),
    '',
    ...wholeSections(),
  );
}

/** Makes the page and the README's table anew. Throws SetupError where a bench has not run. */
export function writePage() {
  const attention = requireRows('attention');
  const old = readFileSync(path.join(root, PAGE), 'utf8');
  writeFileSync(path.join(root, PAGE), page(attention, requireRows('decoder'), old));
  const readme = path.join(root, 'README.md');
  const table = groupTable(shapedRows(attention.rows, 'GFLOP/s'));
  writeFileSync(
    readme,
    readFileSync(readme, 'utf8').replace(README_TABLE, (_, before, after) => before + table + after),
  );
  console.error(`${PAGE} and the table in README.md: written`);
}

/** Makes this processor's table of the layers above the first anew. Throws SetupError where the bench has not run. */
export function writeLayers() {
  const decoder = requireRows('decoder');
  const file = path.join(root, PAGE);
  const old = readFileSync(file, 'utf8');
  writeFileSync(file, putBlocks(old, withBlock(old, decoder.rows[0].processor, layerBlock(decoder))));
  console.error(`${PAGE}, layers above the first: written`);
}
