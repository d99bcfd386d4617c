#!/usr/bin/env node
// Odd corpora, models and habits, one after the other: the command, its exit code and the last lines that it printed. What only a test can
// show (a server, a signal in the middle of a batch) is the test's command. test/wild and its neighbours hold the same to exact values.
//   node scripts/wild-transcript.mjs [--only WORD]     needs a built clone
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { root } from './lib/step.mjs';

const LINES = 4;
const MODEL = 'models/smollm2-135m-layer0';
const WILD = 'test/wild/files';
const { values } = parseArgs({ options: { only: { type: 'string' } } });
const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-wild-'));

const row = (id, more = {}) =>
  `${JSON.stringify({ id: `d${id}`, input_ids: Array.from({ length: 80 }, (_, i) => (i * 7 + id) % 300), ...more })}\n`;
const rows = (count, more) => Array.from({ length: count }, (_, id) => row(id, more)).join('');
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;

/** A folder under the temporary one with these files. */
function files(name, contents) {
  for (const [file, content] of Object.entries(contents)) {
    mkdirSync(path.dirname(path.join(folder, name, file)), { recursive: true });
    writeFileSync(path.join(folder, name, file), content);
  }
  return path.join(folder, name);
}

/** The fixture llama with other values in its config. */
function model(name, change) {
  const target = path.join(folder, name);
  cpSync(path.join(root, 'test/fixtures/models/llama'), target, { recursive: true });
  const file = path.join(target, 'config.json');
  // As Python writes it.
  const config = JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change });
  writeFileSync(file, config.replaceAll('"Infinity"', 'Infinity'));
  return target;
}

let runs = 0;
const window = (...args) => [
  ...['window', ...args, '--model', MODEL, '--window', '64', '--ids-field', 'input_ids'],
  ...['--output', path.join(folder, `run-${runs++}`)],
];
/** Text, read with a tokenizer. */
const bare = (args) => ['window', ...args, '--window', '8', '--output', path.join(folder, `run-${runs++}`)];
const inspect = (name, change, ...args) => ['model', 'inspect', model(name, change), ...args];

const cut = gzipSync(rows(2000)).subarray(0, -20);
const broken = () => {
  const at = files('links', { 'a.jsonl': rows(10) });
  symlinkSync('../missing', path.join(at, 'b.jsonl'));
  return at;
};
const notFinite = rows(20).replaceAll('}\n', ',"p":NaN,"q":[-Infinity,Infinity]}\n');
const spark = { 'x.jsonl/part-0.jsonl': rows(9), 'x.jsonl/_SUCCESS': '', _SUCCESS: '' };
const FACTOR = { rope_type: 'yarn', rope_theta: 10_000, factor: 2, attn_factor: 0.8 };
const CLI = () => [
  ['a run that stops before its first part', window('--input', `d=${files('empty', { 'a.csv': 'x' })}`)],
  ['a shard that was cut', window('--input', `d=${files('cut', { 'a.jsonl.gz': cut, 'b.jsonl': rows(200) })}`)],
  ['the same, allowed', window('--input', `d=${path.join(folder, 'cut')}`, '--allow-refused-files')],
  ['zstd Arrow, 8-byte columns', window('--input', `d=${WILD}/eight-bytes.zstd.arrow`)],
  ['LZ4 feather', window('--input', `d=${WILD}/eight-bytes.lz4.feather`)],
  ['a broken link', window('--input', `d=${broken()}`)],
  ['a Git LFS pointer as text', window('--input', `d=${files('lfs', { 'a.txt': POINTER })}`)],
  ['a Git LFS pointer as Parquet', window('--input', `d=${files('lfs2', { 'a.parquet': POINTER })}`)],
  ['a Git LFS pointer in a .gz', window('--input', `d=${files('lfs3', { 'a.jsonl.gz': POINTER })}`)],
  ['whole numbers as domains', window('--input', `${WILD}/int8-score.parquet`, '--domain-field', 'score')],
  ['NaN and Infinity that nobody asked for', window('--input', `d=${files('nan', { 'a.jsonl': notFinite })}`)],
  [
    'a JSON array',
    window('--input', `d=${files('array', { 'a.jsonl': `[${rows(20).trim().split('\n').join(',\n')}]` })}`),
  ],
  [
    'pretty-printed JSON',
    window('--input', `d=${files('pretty', { 'a.jsonl': JSON.stringify(JSON.parse(row(1)), null, 1) })}`),
  ],
  ['bzip2', window('--input', `d=${files('bz2', { 'a.jsonl.bz2': 'BZh9' })}/a.jsonl.bz2`)],
  [
    'bzip2 beside good rows',
    window('--input', `d=${files('bz2-rows', { 'a.jsonl.bz2': 'BZh9', 'b.jsonl': rows(20) })}`),
  ],
  ['CSV', window('--input', `d=${files('csv', { 'a.csv': 'id,text\n1,x\n' })}/a.csv`)],
  ['a Spark folder in a glob', window('--input', `d=${files('spark', spark)}/*.jsonl`)],
  ['no domain', window('--input', files('none', { 'a.jsonl': rows(20) }))],
  [
    'a path that names the domain',
    window('--input', files('hive', { 'source=wiki/a.jsonl': rows(9), _SUCCESS: '' }), '--domain-field', 'source'),
  ],
  ['a misspelt command', ['rnu']],
  ['check before hours', ['check', '--input', `d=${path.join(folder, 'cut')}`, '--ids-field', 'input_ids']],
  ['first ids, bits, layers', ['model', 'inspect', MODEL]],
  ['per_layer_config', inspect('per-layer', { per_layer_config: { 1: { sliding_window: 8 } } })],
  ['Infinity in a config', inspect('infinity', { initializer_range: 'Infinity' })],
  ['another head', inspect('head', { architectures: ['LlamaForSequenceClassification'] })],
  ['a family that is not known', inspect('family', { model_type: 'gemma4' })],
  ['an empty quantization_config', inspect('empty', { quantization_config: {} })],
  ['AWQ', inspect('awq', { quantization_config: { quant_method: 'awq' } })],
  ['attn_factor', inspect('factor', { rope_parameters: FACTOR })],
  [
    'attn_factor, overridden',
    inspect('override', { rope_parameters: FACTOR }, '--config-override', 'rope_parameters.attention_factor=1'),
  ],
  [
    'rotary keys without effect',
    inspect('inert', {
      rope_scaling: { type: 'linear', factor: 2, finetuned: true, original_max_position_embeddings: 32 },
      rope_parameters: undefined,
    }),
  ],
  ['layer 1 of gpt-oss', ['model', 'inspect', 'test/fixtures/models/gpt_oss_mxfp4', '--layers', '1']],
  ['text of a model with vision', ['model', 'inspect', 'test/fixtures/models/qwen2_vl']],
  ['neither folder nor model', ['model', 'inspect', 'no-such-folder/'], { HF_HUB_OFFLINE: '1' }],
  [
    'no tokenizer.json',
    bare(['--input', `d=${files('text', { 'a.txt': 'x' })}`, '--model', 'test/fixtures/models/llama']),
  ],
];
const TESTS = [
  ['datasets folders', 'test/wild/folders', 'state.json decides'],
  ['special tokens beyond the embedding', 'test/wild/texts', 'special token'],
  ['a document that cannot be cut', 'test/wild/texts', 'cannot be cut'],
  ['pieces of SentencePiece', 'test/tokenizer/word-pieces', 'in pieces'],
  ['lists of strings', 'test/wild/files', 'list of strings'],
  ['zstd windows', 'test/wild/files', 'window of 128'],
  ['BOS as transformers 5 and 4', 'test/tokenizer/template', ''],
  ['keys of every family', 'test/model/config-keys', ''],
  ['fp8 and mxfp4', 'test/model/families', 'fp8'],
  ['a read-only cache', 'test/hub/resolve-model', 'cannot be written'],
  ['names of models', 'test/hub/resolve-model', 'other ways'],
  ['proxies', 'test/hub/proxy', ''],
  ['signals', 'test/cli/signals', ''],
  ['exit and terminate', 'test/native/process', 'ends|wait'],
  ['processors that may be used', 'test/base/processors', ''],
  ['threads of several models', 'test/native/process', 'worker threads'],
  ['an exception in a native entry', 'test/native/process', 'memory that an argument'],
  ['tables of ranks', 'test/tokenizer/tiktoken', ''],
];
/** Tests of the core, which are built by `node scripts/setup.mjs --tests`. */
const CORE = [
  ['a weight file that is cut under a process', 'mapped_tensor_test'],
  ['an emulated GPU where the compiler fortifies', 'emulated_machine_test'],
];
const CORE_TESTS = 'build/tests';

/** What a shell would be given. */
const quoted = (words) => words.map((word) => (/^[\w./=:@,-]+$/.test(word) ? word : `'${word}'`)).join(' ');

function show(title, words, env = {}, program = process.execPath) {
  if (values.only && !title.includes(values.only)) return;
  const { status, stdout, stderr } = spawnSync(program, words, {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  const lines = `${stdout}${stderr}`.trim().split('\n').slice(-LINES);
  console.log(`## ${title}\n$ ${quoted([path.basename(program), ...words])}`.replaceAll(folder, 'TMP'));
  console.log(
    `${lines.map((line) => `  ${line.slice(0, 400)}`).join('\n')}\n  exit ${status}\n`.replaceAll(folder, 'TMP'),
  );
}

const JEST = ['--no-warnings', '--experimental-vm-modules', 'node_modules/jest/bin/jest.js'];
try {
  for (const [title, args, env] of CLI()) show(title, ['dist/cli/bin.cjs', ...args], env);
  show('what is left of a run that stopped before its first part', [path.join(folder, 'run-0')], {}, 'ls');
  for (const [title, file, name] of TESTS) show(title, [...JEST, file, ...(name ? ['-t', name] : [])]);
  if (!existsSync(path.join(root, CORE_TESTS))) {
    console.log(`not shown, for the core's tests are not built (node scripts/setup.mjs --tests): ${CORE.join('; ')}`);
  } else for (const [title, name] of CORE) show(title, ['--test-dir', CORE_TESTS, '-R', `^${name}$`], {}, 'ctest');
} finally {
  rmSync(folder, { recursive: true });
}
