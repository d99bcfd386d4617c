// Validation of a corpus and a model that are named by options: windows as `longattn window` makes them, then the evidence.
//
// The output folder is a run directory with its windows; the evidence lies in it under `evidence/`.
import path from 'node:path';
import { z } from 'zod';
import { invalid, LongattnError } from '../base/errors.js';
import type { OnProgress } from '../base/events.js';
import { readWindows } from '../arrow/reader.js';
import { checkReach, openModelFolder } from '../model/open-model.js';
import { deviceCount, requireDevice } from '../native/device.js';
import { Scorer } from '../native/scorer.js';
import { prepareWindows } from '../pipeline/prepare-windows.js';
import { resolveSpec, type Prepared } from '../pipeline/prepare.js';
import type { Window } from '../base/records.js';
import { partName } from '../run/ledger.js';
import { modelOptions, type SpecInput } from '../options/spec.js';
import { resolveDistance } from '../base/distance.js';
import { parseIntegerList } from '../base/units.js';
import { planModel } from './model-plan.js';
import { validate, type ValidateResult } from './validate.js';

/** Options of a validation besides those of src/options/spec.ts; as text or typed. */
const schema = z.object({
  windows: z
    .preprocess(numeric, z.int().min(2))
    .default(16)
    .describe('a whole number of real windows a domain, at least 2'),
  controls: z
    .preprocess(words, z.array(z.string().min(1)).min(1))
    .optional()
    .describe('names of controls, with commas'),
  loss: z.enum(['none', 'real', 'all']).optional().describe('none, real or all'),
  seed: z.preprocess(numeric, z.int()).default(1).describe('a whole number'),
  k: z
    .preprocess(parseIntegerList, z.union([z.literal('quarter'), z.array(z.int().min(1)).min(1)]))
    .default('quarter')
    .describe('"quarter", or minimum distances such as 512,1024 that are bin edges floor(j*W/32)'),
});

/** Tokens a window where none are asked for: at the 32,768 of a run, a few layers of a small model take hours on a CPU. */
const DEFAULT_WINDOW = 2048;

export type ValidateInput = SpecInput & { [K in keyof z.input<typeof schema>]?: unknown };

export interface ValidateHooks {
  signal?: AbortSignal | undefined;
  onProgress?: OnProgress | undefined;
}

/**
 * Make or resume the validation in `raw.output`.
 * @param raw options of src/options/spec.ts (`layer` may be a list or "all"), and windows, controls, loss, seed, k
 * @throws LongattnError of the options, the corpus, the model, the addon and the disk; the signal's reason
 */
export async function validateRun(raw: ValidateInput, hooks: ValidateHooks = {}): Promise<ValidateResult> {
  const { own, spec: rest } = parse(raw);
  const merged = await resolveSpec(rest);
  requireDevice(merged.spec.device);
  if (rest.window === undefined && merged.stored === undefined) rest.window = DEFAULT_WINDOW;
  const layers = rest.layer === undefined && merged.stored === undefined ? undefined : merged.spec.layer;
  const plan = await planModel({ model: merged.spec.model, layers, loss: own.loss, ...hooks });
  const ksOf = (window: number): number[] => (own.k === 'quarter' ? [resolveDistance('quarter', window)] : own.k);
  const options = { ...rest, model: plan.folder, layer: plan.layers };
  const prepared = await prepareWindows(options, hooks, ({ model, spec: { window } }) =>
    checkReach(model, Math.min(...ksOf(window))),
  );
  const { spec, run, model } = prepared;
  await using opened = new OpenedModels(prepared, hooks.onProgress);
  return await validate({
    dir: path.join(run.dir, 'evidence'),
    windows: () => allWindows(prepared),
    model,
    window: spec.window,
    ks: ksOf(spec.window),
    tokens: spec.tokens,
    perDomain: own.windows,
    ...(own.controls && { controls: own.controls }),
    loss: plan.loss,
    seed: own.seed,
    settings: { alpha: spec.alpha, std: spec.std },
    input: spec.input,
    ropeTheta: spec.ropeTheta,
    dtype: spec.dtype,
    revisionOf: async (layer) =>
      (await openModelFolder(model.path, { layers: [layer], ...modelOptions(spec) })).revision,
    windowsHash: run.manifest.hashes.windows,
    batch: spec.batch * deviceCount(spec.device),
    openScorer: async () => {
      const scorer = await opened.open('scores');
      return (request, signal) => scorer.score(request, { signal });
    },
    openLosses: async () => {
      const scorer = await opened.open('losses');
      return async (ids, near, signal) => {
        const request = { ids, lengths: Int32Array.of(ids.length), near: Int32Array.of(near) };
        return (await scorer.losses(request, { signal }))[0]!;
      };
    },
    ...hooks,
  });
}

/** The model, opened when it is first needed: for its layers, and in full for the loss. */
class OpenedModels implements AsyncDisposable {
  private readonly scorers = new Map<string, Promise<Scorer>>();

  constructor(
    private readonly prepared: Prepared,
    private readonly onProgress: OnProgress | undefined,
  ) {}

  open(what: 'scores' | 'losses'): Promise<Scorer> {
    let scorer = this.scorers.get(what);
    if (!scorer) this.scorers.set(what, (scorer = this.openNew(what)));
    return scorer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const scorer of this.scorers.values()) await (await scorer)[Symbol.asyncDispose]();
  }

  private async openNew(what: 'scores' | 'losses'): Promise<Scorer> {
    const { model, spec } = this.prepared;
    const text =
      what === 'scores'
        ? model.specText
        : (await openModelFolder(model.path, { layers: spec.layer, loss: true, ...modelOptions(spec) })).specText;
    const machine = { threads: spec.threads, memoryBytes: spec.memory, device: spec.device };
    return Scorer.open(text, machine, this.onProgress);
  }
}

async function* allWindows({ run }: Prepared): AsyncGenerator<Window> {
  for (let part = 0; part < run.manifest.parts; part++) {
    const { rows } = await run.windows.require(partName(part), 'size');
    yield* readWindows(run.windows.file(partName(part)), { rows });
  }
}

function parse(raw: ValidateInput): { own: z.output<typeof schema>; spec: SpecInput } {
  const own: Record<string, unknown> = {};
  const spec: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined) (name in schema.shape ? own : spec)[name] = value;
  }
  const parsed = schema.safeParse(own);
  if (!parsed.success) {
    const name = String(parsed.error.issues[0]!.path[0]) as keyof typeof schema.shape;
    throw invalid(name, own[name], schema.shape[name].description!);
  }
  if (spec['shard'] !== undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      'usage',
      'shard must not be given: a validation needs all windows. Leave it out.',
    );
  }
  // The run's own k: what its windows would be scored at.
  const { k } = parsed.data;
  return { own: parsed.data, spec: { ...spec, k: k === 'quarter' ? k : k[0]! } };
}

function numeric(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
}

function words(value: unknown): unknown {
  return typeof value === 'string' ? value.split(',').map((word) => word.trim()) : value;
}
