// An open model as the stages use it: one batch at a time, cancelled by a signal, disposed of by `await using`.
//
// The addon's cancel() stops everything that it was given, so batches wait here and the addon holds one: a signal then stops its
// own batch and no other.
import { LongattnError } from '../base/errors.js';
import type { OnProgress } from '../base/events.js';
import { usableProcessors } from '../base/processors.js';
import { orAborted } from '../base/together.js';
import type {
  NativeAttention,
  NativeAttentionRequest,
  NativeLossRequest,
  NativeModel,
  NativeModelOptions,
  NativeScoreRequest,
  NativeStats,
} from './binding.js';
import { halfFor } from './half.js';
import { memoryWatch } from './memory-warning.js';
import { translated } from './translate.js';

export interface ScoreOptions {
  /** Stops the batch within about 100 ms, or takes it out of the queue; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
}

const DEFAULTS: NativeModelOptions = { threads: 0, memoryBytes: 2 ** 28, device: 'cpu' };

export class Scorer {
  private tail: Promise<unknown> = Promise.resolve();
  private disposed = false;

  private readonly watchMemory: () => void;

  private constructor(
    private readonly model: NativeModel,
    onProgress: OnProgress | undefined,
  ) {
    this.watchMemory = memoryWatch(() => model.counters(), onProgress);
  }

  /**
   * Open a model.
   * @param specText from `openModelFolder()`
   * @param options `threads` (0, the default: as many as the processors that this process may use), `memoryBytes` of the token table (256 MiB), `device` (`cpu`)
   * @param onProgress warnings of batches: DEVICE_OUT_OF_MEMORY
   * @param signal stops the opening; the promise rejects with the signal's reason
   * @throws LongattnError ADDON_MISSING, TORCH_MISSING, MODEL_INVALID, FILE_UNREADABLE, WEIGHT_NOT_FINITE, INVALID_REQUEST, DEVICE_UNAVAILABLE
   */
  static async open(
    specText: string,
    options: Partial<NativeModelOptions> = {},
    onProgress?: OnProgress,
    { signal }: ScoreOptions = {},
  ): Promise<Scorer> {
    signal?.throwIfAborted();
    const asked = { ...DEFAULTS, ...options };
    const half = halfFor(specText, asked.device);
    const opening = open(() => half.openModel(specText, { ...asked, threads: asked.threads || usableProcessors() }));
    const model = await cancelledBy(signal, opening.cancel, () => translate(() => opening.model));
    return new Scorer(model, onProgress);
  }

  /**
   * Statistics of every window and layer of the request, window by window, layers ascending.
   * @throws LongattnError TOKEN_OUT_OF_RANGE, WEIGHT_NOT_FINITE, ATTENTION_NOT_FINITE, LAYER_UNAVAILABLE, INVALID_REQUEST,
   *   OUT_OF_MEMORY, DEVICE_FAILED, DEVICE_MISMATCH, DISPOSED; or the signal's reason
   */
  async score(request: NativeScoreRequest, options: ScoreOptions = {}): Promise<NativeStats[]> {
    return this.enqueue(async () => this.model.score(request), options);
  }

  /**
   * Loss of every token but the first of each window, in nats; the model must have been opened with `loss: true`.
   * @throws LongattnError as `score`, and HEAD_UNAVAILABLE
   */
  async losses(request: NativeLossRequest, options: ScoreOptions = {}): Promise<Float64Array[]> {
    return this.enqueue(async () => this.model.losses(request), options);
  }

  /**
   * Rows of the attention matrix and its block means, of one window.
   * @returns layers ascending, heads within
   * @throws LongattnError as `score`
   */
  async attention(request: NativeAttentionRequest, options: ScoreOptions = {}): Promise<NativeAttention[]> {
    return this.enqueue(async () => this.model.attention(request), options);
  }

  private async enqueue<T>(call: () => Promise<T>, { signal }: ScoreOptions): Promise<T> {
    signal?.throwIfAborted();
    if (this.disposed) throw new LongattnError('DISPOSED', 'The model has been disposed of. Open it again.');
    const before = this.tail;
    const result = this.runAfter(before, call, signal);
    this.tail = Promise.allSettled([before, result]);
    return result;
  }

  /** Distinct tokens asked for and found in the table, its rows and bytes. */
  counters(): Record<string, number> {
    return this.model.counters();
  }

  /** Waits for the batches that were asked for, then frees the weights. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    await this.tail;
    this.model.dispose();
  }

  private async runAfter<T>(
    before: Promise<unknown>,
    call: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    await (signal ? orAborted(before, signal) : before);
    try {
      return await cancelledBy(
        signal,
        () => this.model.cancel(),
        () => translate(call),
      );
    } finally {
      this.watchMemory();
    }
  }
}

function open<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw translated(error);
  }
}

/** The signal calls `cancel` while `call` is at work, and its reason takes the place of the error that follows. */
async function cancelledBy<T>(signal: AbortSignal | undefined, cancel: () => void, call: () => Promise<T>): Promise<T> {
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return await call();
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

async function translate<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translated(error);
  }
}
