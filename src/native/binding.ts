// Types of the addons' exports. scripts/check-binding proves that the C++ export tables and this file agree.
import type { KernelStatistics } from '../base/statistics.js';

/** Statistics of one (window, layer), as the addon hands them over. Sums are already divided as in docs/definitions.md. */
export interface NativeStats extends KernelStatistics {
  layer: number;
  length: number;
  k: number;
  /** Of the window, where the request asked for losses: mean of the tokens 1 .. L-1, nats, when a token sees all before it. */
  loss?: number;
  /** The same when it sees only the last k tokens and the first 4. */
  nearLoss?: number;
}

export interface NativeModelOptions {
  /** Threads for one window's kernel, or for all devices together; 0 = all cores that OpenMP sees. */
  threads: number;
  /** Bytes of main memory that tables of projected tokens may take; a GPU's own table takes up to a quarter of its memory besides. */
  memoryBytes: number;
  /**
   * Where layers are run and attention is computed: `cpu`, `cuda`, `cuda:1`, `cuda:0,cuda:1` or `cuda:all`. `torch-cpu` does what a
   * CUDA device does by torch's operators on the CPU: a check of that code, slower than `cpu`.
   */
  device: string;
}

export interface NativeScoreRequest {
  /** Token ids of all windows, one after the other. */
  ids: Int32Array;
  /** Tokens of each window. */
  lengths: Int32Array;
  /** Minimum distance of each window. */
  k: Int32Array;
  layers: Int32Array;
  tokens: boolean;
  /** Also the losses, which costs less than asking for them apart; every `k` is then at least 1. Default: false. */
  losses?: boolean;
}

export interface NativeLossRequest {
  /** Token ids of all windows, one after the other. */
  ids: Int32Array;
  /** Tokens of each window. */
  lengths: Int32Array;
  /** Of each window: 0, every token sees all before it; n > 0, only the last n (itself included) and the first 4. */
  near: Int32Array;
}

export interface NativeAttentionRequest {
  /** Token ids of one window. */
  ids: Int32Array;
  /** Ascending, distinct. */
  layers: Int32Array;
  /** Ascending, distinct. */
  heads: Int32Array;
  /** One result a layer, the mean over `heads`, instead of one a head. */
  mean: boolean;
  /** Rows of the attention matrix, any of 0 .. L-1, or none. */
  rows: Int32Array;
  /** B of the map, at most 1,024 and at most L; 0: no map. */
  blocks: number;
}

/** Attention of one layer and head, or of the mean over heads. */
export interface NativeAttention {
  layer: number;
  /** -1: the mean. */
  head: number;
  /** As asked for: M[n, 0..n], n + 1 shares of attention each. */
  rows: Float32Array[];
  /** B x B block means, row-major. */
  map?: Float32Array;
}

/** An open model. Calls are queued: one batch at a time on a thread of the model's own, more threads inside the kernel. */
export interface NativeModel {
  score(request: NativeScoreRequest): Promise<NativeStats[]>;
  /** For each window -ln p, in nats, of every token but the first. The spec must have the language model's head. */
  losses(request: NativeLossRequest): Promise<Float64Array[]>;
  /** Layers ascending, heads within. */
  attention(request: NativeAttentionRequest): Promise<NativeAttention[]>;
  /** Ends the batch that runs and those that wait: their promises reject with code CANCELLED. */
  cancel(): void;
  /** Frees the weights once the running batch has ended. Idempotent. */
  dispose(): void;
  /** Table hit rate and such, for logs. */
  counters(): Record<string, number>;
}

/** A model that is being opened. */
export interface NativeOpening {
  model: Promise<NativeModel>;
  /** Ends the opening: the promise rejects with code CANCELLED. Does nothing once the model is open. */
  cancel(): void;
}

export interface NativeCudaDevice {
  index: number;
  name: string;
  /** Compute capability, such as `9.0`. */
  capability: string;
  memoryBytes: number;
}

/** What both addons have. */
export interface NativeBinding {
  /** `spec`: the text of a model spec (src/model/spec-text.ts). Reads and checks the tensors that its layers need. */
  openModel(spec: string, options: NativeModelOptions): NativeOpening;
  /** For the end of the process: cancels what runs in any thread of it, and waits up to 300 ms for that to end. */
  stop(): void;
  versions(): { addon: string; napi: number };
  cpu(): { kernels: string[]; kernel: string; features: string[] };
}

/** longattn.node: layer 0 on the CPU. */
export interface NativeCore extends NativeBinding {
  /** Whether the torch half has to open this model there: `openModel` of the core would refuse it. Reads no weights. */
  needsTorch(spec: string, device: string): boolean;
}

/** longattn-torch.node: all layers, losses, devices. */
export interface NativeTorch extends NativeBinding {
  /** Of the headers that it was built with, and what the loaded library found, such as `AVX512`. */
  torch(): { version: string; capability: string };
  /** Whether this build has CUDA, the kernel that LONGATTN_CUDA_KERNEL or the default names, the devices of this machine. */
  cuda(): { built: boolean; kernel: string; devices: NativeCudaDevice[] };
  /** How many devices `device` names, 1 for `cpu`. Throws where one is not there. Opens nothing. */
  deviceCount(device: string): number;
}
