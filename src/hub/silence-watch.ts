// One request's clock: aborts it when the server has been silent for too long, and tells a cut connection from a cancelled one.
import type { TransientError } from './retry.js';

export class SilenceWatch {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  readonly signal: AbortSignal;

  constructor(
    private readonly silenceMs: number,
    private readonly outer: AbortSignal,
    private readonly cut: (cause: unknown) => TransientError,
  ) {
    this.signal = AbortSignal.any([outer, this.controller.signal]);
  }

  async run<T>(action: () => Promise<T>): Promise<T> {
    this.timer = setTimeout(
      () => this.controller.abort(new Error(`no answer for ${this.silenceMs / 1000} s`)),
      this.silenceMs,
    );
    try {
      return await action();
    } catch (error) {
      this.outer.throwIfAborted();
      throw this.cut(this.controller.signal.aborted ? this.controller.signal.reason : error);
    } finally {
      clearTimeout(this.timer);
    }
  }

  async *read(response: Response): AsyncGenerator<Uint8Array> {
    if (!response.body) return;
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    try {
      for (;;) {
        const { done, value } = await this.run(() => reader.read());
        if (done) return;
        yield value;
      }
    } finally {
      await reader.cancel().catch(() => undefined); // already failed or ended
    }
  }

  async discard(response: Response): Promise<void> {
    await response.body?.cancel().catch(() => undefined); // the connection may be gone
  }
}
