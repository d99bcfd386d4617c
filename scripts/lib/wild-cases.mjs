// The odd corpora, models and habits of scripts/wild-transcript.mjs: what makes each, and the command that meets it.
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './step.mjs';

const MODEL = 'models/smollm2-135m-layer0';
const WILD = 'test/wild/files';
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;
const FACTOR = { rope_type: 'yarn', rope_theta: 10_000, factor: 2, attn_factor: 0.8 };
/** Of the old form, where `rope_parameters` stands in a config of today. */
const inert = (rope_scaling) => ({ rope_parameters: undefined, rope_scaling });
/** Says at its end what the process held at most. */
const PEAK = 'process.on(`exit`,()=>console.error(`peak`,process.resourceUsage().maxRSS>>10,`MiB`))';

const row = (id) =>
  `${JSON.stringify({ id: `d${id}`, input_ids: Array.from({ length: 80 }, (_, i) => (i * 7 + id) % 300) })}\n`;
const rows = (count) => Array.from({ length: count }, (_, id) => row(id)).join('');
const notFinite = () => rows(20).replaceAll('}\n', ',"p":NaN,"q":[-Infinity,Infinity]}\n');
const chinese = (bytes) => {
  const text = '白鲸在海里游了很久，船长一直看着它。水手们什么也没有说；';
  return text.repeat(bytes / Buffer.byteLength(text));
};

/** The commands of `longattn`, with files that are made under `folder`: [title, words, environment, program]. */
export function commandCases(folder) {
  /** A folder under the temporary one with these files. */
  const files = (name, contents) => {
    for (const [file, content] of Object.entries(contents)) {
      mkdirSync(path.dirname(path.join(folder, name, file)), { recursive: true });
      writeFileSync(path.join(folder, name, file), content);
    }
    return path.join(folder, name);
  };
  /** The fixture llama with other values in its config. */
  const inspect = (name, change, ...args) => {
    const target = path.join(folder, name);
    cpSync(path.join(root, 'test/fixtures/models/llama'), target, { recursive: true });
    const file = path.join(target, 'config.json');
    // As Python writes it.
    const config = JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), ...change });
    writeFileSync(file, config.replaceAll('"Infinity"', 'Infinity'));
    return ['model', 'inspect', target, ...args];
  };
  let runs = 0;
  const window = (...args) => [
    ...['window', ...args, '--model', MODEL, '--window', '64', '--ids-field', 'input_ids'],
    ...['--output', path.join(folder, `run-${runs++}`)],
  ];
  /** Text, read with a tokenizer. */
  const text = (length, ...args) => [
    ...['window', ...args, '--window', String(length), '--output', path.join(folder, `run-${runs++}`)],
  ];
  const corpus = (name, contents) => ['--input', `d=${files(name, contents)}`];

  const links = corpus('links', { 'a.jsonl': rows(10) });
  symlinkSync('../missing', path.join(folder, 'links', 'b.jsonl'));
  const array = `[${rows(20).trim().split('\n').join(',\n')}]`;
  const pretty = JSON.stringify(JSON.parse(row(1)), null, 1);
  const spark = files('spark', { 'x.jsonl/part-0.jsonl': rows(9), 'x.jsonl/_SUCCESS': '', _SUCCESS: '' });
  const hive = files('hive', { 'source=wiki/a.jsonl': rows(9), _SUCCESS: '' });
  const prose = corpus('text', { 'a.txt': 'Call me Ishmael. Some years ago, never mind how long.' });
  const stopped = window(...corpus('empty', { 'a.csv': 'x' }));
  const cut = window(...corpus('cut', { 'a.jsonl.gz': gzipSync(rows(2000)).subarray(0, -20), 'b.jsonl': rows(200) }));
  return [
    ['a run that stops before its first part', stopped],
    ['what is left of it', [stopped.at(-1)], {}, 'ls'],
    ['a shard that was cut', cut],
    ['the same run, allowed', [...cut, '--allow-refused-files']],
    ['zstd Arrow, 8-byte columns', window('--input', `d=${WILD}/eight-bytes.zstd.arrow`)],
    ['LZ4 feather', window('--input', `d=${WILD}/eight-bytes.lz4.feather`)],
    ['a broken link', window(...links)],
    ['a Git LFS pointer as text', window(...corpus('lfs', { 'a.txt': POINTER }))],
    ['a Git LFS pointer as Parquet', window(...corpus('lfs2', { 'a.parquet': POINTER }))],
    ['a Git LFS pointer in a .gz', window(...corpus('lfs3', { 'a.jsonl.gz': POINTER }))],
    ['whole numbers as domains', window('--input', `${WILD}/int8-score.parquet`, '--domain-field', 'score')],
    ['a Spark folder in a glob', window('--input', `d=${spark}/*.jsonl`)],
    ['a path that names the domain', window('--input', hive, '--domain-field', 'source')],
    ['NaN and Infinity that nobody asked for', window(...corpus('nan', { 'a.jsonl': notFinite() }))],
    ['a JSON array', window(...corpus('array', { 'a.jsonl': array }))],
    ['pretty-printed JSON', window(...corpus('pretty', { 'a.jsonl': pretty }))],
    ['bzip2', window('--input', `d=${files('bz2', { 'a.jsonl.bz2': 'BZh9' })}/a.jsonl.bz2`)],
    ['bzip2 beside good rows', window(...corpus('bz2-rows', { 'a.jsonl.bz2': 'BZh9', 'b.jsonl': rows(20) }))],
    ['CSV', window('--input', `d=${files('csv', { 'a.csv': 'id,text\n1,x\n' })}/a.csv`)],
    [
      '64 MB of Chinese, one document',
      text(4096, ...corpus('chinese', { 'a.txt': chinese(64e6) }), '--model', MODEL),
      { NODE_OPTIONS: `--import=data:text/javascript,${PEAK}` },
    ],
    ['no domain', window('--input', files('none', { 'a.jsonl': rows(20) }))],
    ['a misspelt command', ['rnu']],
    ['check before hours', ['check', '--input', `d=${path.join(folder, 'cut')}`, '--ids-field', 'input_ids']],
    ['first ids, bits, layers', ['model', 'inspect', MODEL]],
    ['per_layer_config', inspect('per-layer', { per_layer_config: { 1: { sliding_window: 8 } } })],
    ['attn_factor', inspect('factor', { rope_parameters: FACTOR })],
    [
      'attn_factor, overridden',
      inspect('override', { rope_parameters: FACTOR }, '--config-override', 'rope_parameters.attention_factor=1'),
    ],
    ['finetuned', inspect('finetuned', inert({ type: 'linear', factor: 2, finetuned: true }))],
    [
      'original_max_position_embeddings of a dynamic one',
      inspect('dynamic', inert({ type: 'dynamic', factor: 2, original_max_position_embeddings: 32 })),
    ],
    ['mrope_section', inspect('mrope', inert({ type: 'default', mrope_section: [2, 3, 3] }))],
    ['long_mscale', inspect('mscale', inert({ ...longrope(), long_mscale: 1.2, short_mscale: 1.1 }))],
    ['layer 1 of gpt-oss', ['model', 'inspect', 'test/fixtures/models/gpt_oss_mxfp4', '--layers', '1']],
    ['an empty quantization_config', inspect('empty', { quantization_config: {} })],
    ['AWQ', inspect('awq', { quantization_config: { quant_method: 'awq' } })],
    ['text of a model with vision', ['model', 'inspect', 'test/fixtures/models/qwen2_vl']],
    ['a family that is not known', inspect('family', { model_type: 'gemma4' })],
    ['another head', inspect('head', { architectures: ['LlamaForSequenceClassification'] })],
    ['no tokenizer.json', text(8, ...prose, '--model', 'test/fixtures/models/llama')],
    ['another tokenizer', text(8, ...prose, '--model', MODEL, '--tokenizer', 'test/fixtures/tokenizers/tekken')],
    ['Infinity in a config', inspect('infinity', { initializer_range: 'Infinity' })],
    ['neither folder nor model', ['model', 'inspect', 'no-such-folder/'], { HF_HUB_OFFLINE: '1' }],
  ];
}

const longrope = () => ({
  ...{ rope_type: 'longrope', factor: 2, original_max_position_embeddings: 32 },
  ...{ long_factor: Array(8).fill(1), short_factor: Array(8).fill(1) },
});

/** What only a test can show: [title, file, words of its name]. */
export const TEST_CASES = [
  ['a damaged row group', 'test/wild/files', 'damaged row group'],
  ['200 damaged corpora of each kind', 'test/wild/mutate-corpus', ''],
  ['200 damaged models and runs of each kind', 'test/wild/mutate-run', ''],
  ['datasets folders', 'test/wild/folders', 'state.json decides'],
  ['special tokens beyond the embedding', 'test/wild/texts', 'special token'],
  ['a document that cannot be cut', 'test/wild/texts', 'cannot be cut'],
  ['pieces of byte-level BPE, of any script', 'test/tokenizer/pieces', ''],
  ['pieces of SentencePiece', 'test/tokenizer/word-pieces', 'in pieces'],
  ['lists of strings', 'test/wild/files', 'list of strings'],
  ['.zstd and zstd windows', 'test/wild/files', 'compression'],
  ['BOS as transformers 5 and 4', 'test/tokenizer/template', ''],
  ['keys of every family', 'test/model/config-keys', ''],
  ['every model type', 'test/model/families', 'every model of the fixtures|another name'],
  ['mxfp4 and fp8', 'test/model/families', 'quantized weights'],
  ['a read-only cache', 'test/hub/resolve-model', 'cannot be written'],
  ['names of models', 'test/hub/resolve-model', 'other ways'],
  ['tables of ranks', 'test/tokenizer/tiktoken', ''],
  ['exit and terminate', 'test/native/process', 'ends|wait'],
  ['signals, and the pool of tokenisers', 'test/cli/signals', ''],
  ['processors that may be used', 'test/base/processors', ''],
  ['threads of several models', 'test/native/process', 'worker threads'],
  ['an exception in a native entry', 'test/native/process', 'memory that an argument'],
  ['proxies', 'test/hub/proxy', ''],
];

/** Tests of the core, which are built by `node scripts/setup.mjs --tests`: [title, name]. */
export const CORE_CASES = [
  ['a weight file that is cut under a process', 'mapped_tensor_test'],
  ['an emulated GPU where the compiler fortifies', 'emulated_machine_test'],
];
