// The model of the run, opened when attention is first asked for: looking at texts and choices needs none.
import type { Hooks } from '../base/events.js';
import { Scorer } from '../native/scorer.js';
import { openModelOfRun } from '../pipeline/model-of-run.js';
import { resolveSpec } from '../pipeline/prepare.js';
import { requireModel } from '../pipeline/require-model.js';
import type { ModelDescription } from '../model/open-model.js';

export interface OpenedModel {
  scorer: Scorer;
  model: ModelDescription;
}

export class ModelOfPage implements AsyncDisposable {
  #opening: Promise<OpenedModel> | undefined;

  constructor(
    private readonly dir: string,
    private readonly hooks: Hooks,
  ) {}

  /** @throws LongattnError those of a model; the next call tries again */
  open(): Promise<OpenedModel> {
    this.#opening ??= this.#open().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #open(): Promise<OpenedModel> {
    const { spec, ...started } = await resolveSpec({ output: this.dir });
    const { model } = await openModelOfRun(requireModel(spec.model, this.dir), spec, started, this.hooks);
    return {
      model,
      scorer: await Scorer.open(model.specText, { threads: spec.threads }, this.hooks.onProgress, this.hooks),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const opened = await this.#opening?.catch(() => undefined);
    await opened?.scorer[Symbol.asyncDispose]();
  }
}
