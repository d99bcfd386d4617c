#!/usr/bin/env node
// Prints what opening layer 0 of a 16 GB checkpoint takes, in time and memory: the figures of docs/models.md.
//
// The shards have the shape of Llama-3.1-8B in bfloat16 and are sparse files, so that the disk holds only their headers. The tensors that
// layer 0 needs are mapped, and Wq and Wk converted to float32: those bytes are "the tensors themselves", the rest is overhead.
//
//   npm run build && node scripts/measure-open.mjs
import {
  mkdtempSync,
  openSync,
  closeSync,
  ftruncateSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const SHARDS = 4;
const LAYERS = 32;
const HIDDEN = 4096;
const KEYS = 1024;
const INNER = 14336;
const VOCAB = 128_256;
const CONFIG = {
  model_type: 'llama',
  hidden_size: HIDDEN,
  num_hidden_layers: LAYERS,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: INNER,
  vocab_size: VOCAB,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-5,
  rope_theta: 500_000,
};
const LAYER = {
  input_layernorm: [HIDDEN],
  'self_attn.q_proj': [HIDDEN, HIDDEN],
  'self_attn.k_proj': [KEYS, HIDDEN],
  'self_attn.v_proj': [KEYS, HIDDEN],
  'self_attn.o_proj': [HIDDEN, HIDDEN],
  post_attention_layernorm: [HIDDEN],
  'mlp.gate_proj': [INNER, HIDDEN],
  'mlp.up_proj': [INNER, HIDDEN],
  'mlp.down_proj': [HIDDEN, INNER],
};

function shapesOf(shard) {
  const ends = [
    { 'model.embed_tokens.weight': [VOCAB, HIDDEN] },
    { 'lm_head.weight': [VOCAB, HIDDEN], 'model.norm.weight': [HIDDEN] },
  ];
  const shapes = { ...ends[shard] };
  for (let layer = shard; layer < LAYERS; layer += SHARDS) {
    for (const [part, shape] of Object.entries(LAYER)) shapes[`model.layers.${layer}.${part}.weight`] = shape;
  }
  return shapes;
}

function writeShard(file, shapes) {
  let end = 0;
  const header = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const bytes = 2 * shape.reduce((product, size) => product * size, 1);
    header[name] = { dtype: 'BF16', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const handle = openSync(file, 'w');
  writeSync(handle, Buffer.concat([length, json]));
  ftruncateSync(handle, 8 + json.length + end);
  closeSync(handle);
  return end;
}

function makeCheckpoint(folder) {
  const weightMap = {};
  let bytes = 0;
  for (let shard = 0; shard < SHARDS; shard++) {
    const name = `model-0000${shard + 1}-of-0000${SHARDS}.safetensors`;
    const shapes = shapesOf(shard);
    bytes += writeShard(path.join(folder, name), shapes);
    for (const tensor of Object.keys(shapes)) weightMap[tensor] = name;
  }
  writeFileSync(path.join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
  writeFileSync(path.join(folder, 'config.json'), JSON.stringify(CONFIG));
  return bytes;
}

/** Resident memory of this process and its highest value so far, MB. */
function resident() {
  const status = readFileSync('/proc/self/status', 'utf8');
  const [now, peak] = ['VmRSS', 'VmHWM'].map((key) => Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)[1]) / 1000);
  return { now, peak, text: `${now.toFixed(0)} MB (peak ${peak.toFixed(0)})` };
}

const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-open-'));
try {
  console.log(`checkpoint of ${(makeCheckpoint(folder) / 1e9).toFixed(1)} GB in ${SHARDS} shards, sparse`);
  const { openModelFolder } = await import('../dist/model/open-model.js');
  const { Scorer } = await import('../dist/native/scorer.js');
  const { loadBinding } = await import('../dist/native/load.js');
  loadBinding();
  const before = resident();
  console.log(`resident with Node.js, libtorch and the addon: ${before.text}`);
  const cpu = process.cpuUsage();
  const start = performance.now();
  const model = await openModelFolder(folder);
  const scorer = await Scorer.open(model.specText);
  const wall = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  const open = resident();
  const converted = (4 * HIDDEN * (HIDDEN + KEYS)) / 1e6;
  console.log(`open: ${wall.toFixed(0)} ms, of which ${((user + system) / 1000).toFixed(0)} ms of processor time`);
  console.log(`resident: ${open.text}, ${(open.now - before.now).toFixed(0)} MB more`);
  console.log(
    `beyond Wq and Wk in float32 (${converted.toFixed(0)} MB): ${(open.now - converted).toFixed(0)} MB in all, ${(open.now - before.now - converted).toFixed(0)} MB of it by opening`,
  );
  await scorer[Symbol.asyncDispose]();
} finally {
  rmSync(folder, { recursive: true });
}
