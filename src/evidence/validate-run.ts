// Validation of a corpus and a model that are named by options: windows as `longattn window` makes them, then the evidence.
//
// The output folder is a run directory with its windows; the evidence lies in it under `evidence/`.
import path from 'node:path';
import { LongattnError } from '../base/errors.js';
import type { Hooks, OnProgress } from '../base/events.js';
import { readWindows } from '../arrow/reader.js';
import { checkReach, openModelFolder } from '../model/open-model.js';
import { deviceCount, requireDevice } from '../native/device.js';
import { loadTorch } from '../native/load.js';
import { Scorer } from '../native/scorer.js';
import { prepareWindows } from '../pipeline/prepare-windows.js';
import { resolveSpec, type Prepared, type PreparedModel } from '../pipeline/prepare.js';
import { requireModel } from '../pipeline/require-model.js';
import type { Window } from '../base/records.js';
import { partName } from '../run/ledger.js';
import { currentNames, parseRows } from '../options/parse-rows.js';
import type { Parsed, RawOptions } from '../options/row.js';
import type { RunOptions } from '../options/run-options.js';
import { modelOptions } from '../options/spec.js';
import { EVIDENCE, VALIDATE, type ValidationOptions } from '../options/validate-options.js';
import { resolveDistance } from '../base/distance.js';
import { planModel } from './model-plan.js';
import { validate } from './validate.js';
import type { ValidateResult } from './write-report.js';

/**
 * Make or resume the validation in `options.output`: what the model, its layers, heads and k, and each score can tell apart.
 * @throws LongattnError of the options, the corpus, the model, the addon and the disk; the signal's reason
 */
export async function validateRun(options: ValidationOptions, hooks: Hooks = {}): Promise<ValidateResult> {
  const given = currentNames(VALIDATE, { ...options }, hooks.onProgress);
  const { own, asked } = parse(given);
  const merged = await resolveSpec(asked);
  requireDevice(merged.spec.device);
  if (merged.stored === undefined) asked.window ??= VALIDATE.window.default;
  const layers = asked.layers === undefined && merged.stored === undefined ? undefined : merged.spec.layers;
  const { output, configOverride } = merged.spec;
  const named = requireModel(merged.spec.model, output);
  const loss = own.fit === 'gain' ? (own.loss ?? 'real') : own.loss;
  const plan = await planModel({ model: named, layers, loss, configOverride }, hooks);
  // Before windows are cut in vain.
  if (merged.stored === undefined && plan.loss !== 'none') loadTorch();
  const ksOf = (window: number): number[] => (own.k === 'quarter' ? [resolveDistance('quarter', window)] : own.k);
  const prepared = await prepareWindows(
    { ...asked, model: plan.folder, layers: plan.layers },
    hooks,
    ({ model, spec: { window } }) => checkReach(requireModel(model, output), Math.min(...ksOf(window))),
  );
  const { spec, run } = prepared;
  const model = requireModel(prepared.model, output);
  await using opened = new OpenedModels({ ...prepared, model }, hooks.onProgress);
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
    keep: spec.keep ?? 0.125,
    seed: own.seed,
    settings: { alpha: spec.alpha, std: spec.std },
    input: spec.input,
    ropeTheta: spec.ropeTheta,
    configOverride: spec.configOverride,
    dtype: spec.dtype,
    revisionOf: async (layers) => (await openModelFolder(model.path, { layers, ...modelOptions(spec) })).revision,
    windowsHash: run.manifest.hashes.windows,
    batch: spec.batch * deviceCount(spec.device),
    openScorer: async () => async (request, signal) =>
      (await opened.open(request.losses ? 'losses' : 'scores')).score(request, { signal }),
    fit: own.fit,
    ...(own.peers && { peers: own.peers }),
    openMaps: async () => {
      const scorer = await opened.open('scores');
      const heads = Int32Array.from({ length: model.heads }, (_, head) => head);
      return async (ids, layers, blocks, signal) => {
        const request = { ids, layers: Int32Array.from(layers), heads, mean: true, rows: new Int32Array(0), blocks };
        return (await scorer.attention(request, { signal })).map(({ map }) => map!);
      };
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
    private readonly prepared: PreparedModel,
    private readonly onProgress: OnProgress | undefined,
  ) {}

  open(what: 'scores' | 'losses'): Promise<Scorer> {
    let scorer = this.scorers.get(what);
    if (!scorer) this.scorers.set(what, (scorer = this.openNew(what)));
    return scorer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // One that could not be opened has said so where it was asked for.
    for (const scorer of this.scorers.values()) await (await scorer.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  private async openNew(what: 'scores' | 'losses'): Promise<Scorer> {
    const { model, spec } = this.prepared;
    const text =
      what === 'scores'
        ? model.specText
        : (await openModelFolder(model.path, { layers: spec.layers, loss: true, ...modelOptions(spec) })).specText;
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

/** What is of the validation alone, and the options of the run that makes its windows. */
function parse(given: RawOptions): { own: Parsed<typeof EVIDENCE>; asked: RunOptions } {
  const names = Object.keys(given).filter((name) => !name.startsWith('_'));
  const unknown = names.find((name) => !Object.hasOwn(VALIDATE, name));
  if (unknown !== undefined) {
    throw new LongattnError(
      'INVALID_OPTION',
      `${unknown} is no option of a validation. It has: ${Object.keys(VALIDATE).join(', ')}.`,
    );
  }
  const isOwn = ([name]: [string, unknown]): boolean => Object.hasOwn(EVIDENCE, name);
  const entries = Object.entries(given);
  const own = parseRows(EVIDENCE, Object.fromEntries(entries.filter(isOwn)));
  if (own.fit === 'gain' && own.loss === 'none') {
    throw new LongattnError(
      'INVALID_OPTION',
      'fit gain must not be given with loss none: it is nll-gain that a blend is fitted to. Leave one of them out, or give fit pairs.',
    );
  }
  const asked = Object.fromEntries(entries.filter((entry) => !isOwn(entry)));
  // The run's own k: what its windows would be scored at.
  return { own, asked: { ...asked, k: own.k === 'quarter' ? own.k : own.k[0]! } as RunOptions };
}
