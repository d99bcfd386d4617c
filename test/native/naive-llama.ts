// Layer 0 of a llama model in plain float64: the oracle for window lengths and distances that no golden file has.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Config {
  hidden_size: number;
  num_attention_heads: number;
  num_key_value_heads: number;
  head_dim: number;
  rms_norm_eps: number;
  rope_parameters: { rope_theta: number };
}

/** DS and variance a head, far mass a token (mean over heads), of the full L x L matrix. */
export interface NaiveScores {
  ds: number[];
  variance: number[];
  tokenDs: number[];
}

/** A folder with one F32 safetensors file and the default rotary embedding. */
export class NaiveLlama {
  private readonly config: Config;
  private readonly file: Buffer;
  private readonly header: Record<string, { data_offsets: [number, number] }>;

  constructor(folder: string) {
    this.config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Config;
    this.file = readFileSync(join(folder, 'model.safetensors'));
    const bytes = Number(this.file.readBigUInt64LE(0));
    this.header = JSON.parse(this.file.toString('utf8', 8, 8 + bytes)) as typeof this.header;
  }

  score(ids: readonly number[], k: number): NaiveScores {
    const heads = this.matrices(ids);
    const result: NaiveScores = { ds: [], variance: [], tokenDs: ids.map(() => 0) };
    for (const matrix of heads) {
      const far: number[] = [];
      let squares = 0;
      matrix.forEach((weights, n) => {
        const visible = weights.filter((_, i) => n - i >= k);
        far.push(sum(visible));
        squares += sum(visible.map((weight) => weight ** 2));
        result.tokenDs[n]! += far[n]! / heads.length;
      });
      const entries = ids.length ** 2;
      result.ds.push(sum(far) / ids.length);
      result.variance.push(entries > 1 ? (squares - sum(far) ** 2 / entries) / (entries - 1) : 0);
    }
    return result;
  }

  /** Attention of every head: row n over the keys 0..n. */
  matrices(ids: readonly number[]): number[][][] {
    const { num_attention_heads: heads, num_key_value_heads: kvHeads, head_dim: dim } = this.config;
    const inputs = ids.map((id) => this.normed(id));
    const keys = this.project('k', inputs, kvHeads);
    return this.project('q', inputs, heads).map((queries, head) => {
      const key = keys[Math.floor((head * kvHeads) / heads)]!;
      return queries.map((query, n) => softmax(key.slice(0, n + 1).map((row) => dot(row, query) / Math.sqrt(dim))));
    });
  }

  private tensor(name: string): Float32Array {
    const start = 8 + Number(this.file.readBigUInt64LE(0));
    const [from, to] = this.header[name]!.data_offsets;
    return new Float32Array(new Uint8Array(this.file.subarray(start + from, start + to)).buffer);
  }

  private normed(id: number): number[] {
    const { hidden_size: hidden, rms_norm_eps: eps } = this.config;
    const row = [...this.tensor('model.embed_tokens.weight').subarray(id * hidden, (id + 1) * hidden)];
    const weight = this.tensor('model.layers.0.input_layernorm.weight');
    const root = Math.sqrt(dot(row, row) / hidden + eps);
    return row.map((value, i) => (value / root) * weight[i]!);
  }

  /** Rotated rows, [heads][L][dim]. */
  private project(which: 'q' | 'k', inputs: readonly number[][], heads: number): number[][][] {
    const { hidden_size: hidden, head_dim: dim } = this.config;
    const weight = this.tensor(`model.layers.0.self_attn.${which}_proj.weight`);
    const row = (r: number) => [...weight.subarray(r * hidden, (r + 1) * hidden)];
    return Array.from({ length: heads }, (_, head) => {
      const matrix = Array.from({ length: dim }, (_, j) => row(head * dim + j));
      return inputs.map((input, position) =>
        this.rotate(
          matrix.map((r) => dot(r, input)),
          position,
        ),
      );
    });
  }

  private rotate(row: readonly number[], position: number): number[] {
    const half = row.length / 2;
    return row.map((value, j) => {
      const angle = position * this.config.rope_parameters.rope_theta ** (-(j % half) / half);
      const other = j < half ? -row[j + half]! : row[j - half]!;
      return value * Math.cos(angle) + other * Math.sin(angle);
    });
  }
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((total, value, i) => total + value * b[i]!, 0);

function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - top));
  const total = sum(weights);
  return weights.map((weight) => weight / total);
}
