// The life of an open model: queue, cancel, dispose, refusals at the edge, several at once.
import { copyFile, open, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NativeModel, NativeScoreRequest } from '../../src/native/binding.js';
import { loadBinding } from '../../src/native/load.js';
import { Scorer } from '../../src/native/scorer.js';
import { endlessSpec, LLAMA, oneWindow, SMOLLM2, someIds, specOf } from './models.js';
import { tempFolder } from '../support/temp-folder.js';

const OPTIONS = { threads: 0, memoryBytes: 1 << 24, device: 'cpu' };
/** Long enough to be still at work when the test asks it to stop. */
const LONG = oneWindow(someIds(32_768, 49_152), 8_192);
const SHORT = oneWindow(someIds(50, 512), 12);

let llama: string;
let smollm2: string;
beforeAll(async () => {
  [llama, smollm2] = await Promise.all([specOf(LLAMA), specOf(SMOLLM2)]);
});

describe('a native model', () => {
  let model: NativeModel;
  beforeAll(async () => {
    model = await loadBinding().openModel(llama, OPTIONS).model;
  });
  afterAll(() => model.dispose());

  it.each([
    ['ids', { ids: [1, 2] }, 'ids must be an Int32Array'],
    ['ids of another type', { ids: Uint32Array.of(1) }, 'ids must be an Int32Array'],
    ['lengths', { lengths: undefined }, 'lengths must be an Int32Array'],
    ['k', { k: new Float64Array(1) }, 'k must be an Int32Array'],
    ['layers', { layers: 0 }, 'layers must be an Int32Array'],
    ['tokens', { tokens: 1 }, 'tokens must be true or false'],
  ])('refuses wrong %s at once', (_, wrong, message) => {
    expect(() => model.score({ ...SHORT, ...wrong } as unknown as NativeScoreRequest)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining(message) }),
    );
  });

  it.each([
    [
      'lengths that do not add up',
      { lengths: Int32Array.of(49) },
      'INVALID_REQUEST',
      'add up to 49, but there are 50 ids',
    ],
    ['an empty window', { lengths: Int32Array.of(50, 0), k: Int32Array.of(1, 1) }, 'INVALID_REQUEST', 'window 1'],
    ['a negative k', { k: Int32Array.of(-1) }, 'INVALID_REQUEST', 'k of window 0 must not be -1'],
    ['k for too many windows', { k: Int32Array.of(1, 1) }, 'INVALID_REQUEST', 'one entry a window'],
    ['no layer', { layers: new Int32Array(0) }, 'INVALID_REQUEST', 'layers must not be empty'],
    ['a layer beyond', { layers: Int32Array.of(9) }, 'LAYER_UNAVAILABLE', 'layer must not be 9'],
    [
      'an id beyond the vocabulary',
      { ids: SHORT.ids.with(7, 512) },
      'TOKEN_OUT_OF_RANGE',
      'token id 512 at position 7 of window 0',
    ],
    ['a negative id', { ids: SHORT.ids.with(0, -1) }, 'TOKEN_OUT_OF_RANGE', 'token id -1'],
  ])('rejects %s', async (_, wrong, code, message) => {
    await expect(model.score({ ...SHORT, ...wrong })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
  });

  it('has read its request when score() returns', async () => {
    const request = { ...SHORT, ids: SHORT.ids.slice() };
    const promise = model.score(request);
    request.ids.fill(0);
    expect(await promise).toEqual(await model.score(SHORT));
  });

  it('takes an empty batch', async () => {
    const none = new Int32Array(0);
    expect(await model.score({ ids: none, lengths: none, k: none, layers: Int32Array.of(0), tokens: false })).toEqual(
      [],
    );
  });

  it('gives token_ds only when asked', async () => {
    const [stats] = await model.score({ ...SHORT, tokens: false });
    expect(stats).not.toHaveProperty('tokenDs');
  });

  it('cannot be made by hand, nor its methods be called on something else', () => {
    const { constructor } = model as unknown as { constructor: new (...args: unknown[]) => unknown };
    expect(() => new constructor()).toThrow('cannot be constructed');
    expect(() => new constructor({})).toThrow('cannot be constructed');

    expect(() => Reflect.apply(model.counters, {}, [])).toThrow();
  });
});

describe('openModel', () => {
  it.each([
    ['a spec that is no string', 7, OPTIONS, 'spec must be a string'],
    ['threads', '', { ...OPTIONS, threads: -1 }, 'threads must be a whole number'],
    ['memoryBytes', '', { ...OPTIONS, memoryBytes: 1.5 }, 'memoryBytes must be a whole number'],
    ['device', '', { ...OPTIONS, device: 'tpu' }, 'It must be cpu, cuda, cuda:i'],
    ['a list of devices that ends too early', '', { ...OPTIONS, device: 'cuda:0,' }, 'device must not be "cuda:0,"'],
    ['no options', '', undefined, 'the options must be an object'],
  ])('refuses %s', (_, spec, options, message) => {
    expect(() => loadBinding().openModel(spec as string, options as typeof OPTIONS)).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', message: expect.stringContaining(message) }),
    );
  });

  it('rejects a spec that makes no sense, naming the line', async () => {
    await expect(loadBinding().openModel('longattn-model 1\nset hiden 4', OPTIONS).model).rejects.toMatchObject({
      code: 'MODEL_INVALID',
      message: expect.stringContaining('line 2 (set hiden 4)'),
    });
  });

  it('rejects a device that this build or this machine has not, saying which', async () => {
    await expect(Scorer.open(llama, { device: 'cuda:9999' })).rejects.toMatchObject({
      code: 'DEVICE_UNAVAILABLE',
      kind: 'environment',
      message: expect.stringMatching(/^device must not be "cuda:9999": this (build has no CUDA|machine has)/),
    });
  });

  it('rejects weights that are cut, missing or not numbers', async () => {
    const folder = tempFolder();
    const file = join(folder, 'model.safetensors');
    await copyFile(join(LLAMA, 'model.safetensors'), file);
    const spec = llama.replaceAll(join(LLAMA, 'model.safetensors'), file);
    const offset = Number(/tensor layers\.0\.q F32 64x64 (\d+)/.exec(spec)![1]);
    const handle = await open(file, 'r+');
    await handle.write(Buffer.from(Float32Array.of(NaN).buffer), 0, 4, offset + 4 * (64 * 3 + 1));
    await handle.close();
    await expect(Scorer.open(spec)).rejects.toMatchObject({
      code: 'WEIGHT_NOT_FINITE',
      kind: 'data',
      message: expect.stringMatching(/tensor layers\.0\.q in .* holds NaN or Inf in row 3/),
    });
    await truncate(file, offset);
    await expect(Scorer.open(spec)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
    await expect(Scorer.open(spec.replaceAll(file, `${file}.none`))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});

describe('cancel and dispose', () => {
  it('ends the batch that runs and those that wait, and no later one', async () => {
    const model = await loadBinding().openModel(smollm2, OPTIONS).model;
    const batches = [model.score(LONG), model.score(LONG), model.score(SHORT)];
    setTimeout(() => model.cancel(), 20);
    const results = await Promise.allSettled(batches);
    expect(results.map((result) => result.status === 'rejected' && (result.reason as { code: string }).code)).toEqual(
      Array(3).fill('CANCELLED'),
    );
    expect(await model.score(SHORT)).toHaveLength(1);
    model.dispose();
  });

  it('lets what was asked for end, then refuses; and again is no error', async () => {
    const model = await loadBinding().openModel(llama, OPTIONS).model;
    const batches = [model.score(SHORT), model.score(SHORT)];
    model.dispose();
    model.dispose();
    expect(() => model.score(SHORT)).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
    expect((await Promise.all(batches)).map((batch) => batch.length)).toEqual([1, 1]);
    expect(model.counters()).toEqual({});
    model.cancel();
  });
});

describe('Scorer', () => {
  it('stops opening a model by a signal, and a model that is open stays', async () => {
    const controller = new AbortController();
    const opening = Scorer.open(await endlessSpec(), {}, undefined, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(opening).rejects.toThrow('enough');
    const late = new AbortController();
    await using scorer = await Scorer.open(llama, {}, undefined, { signal: late.signal });
    late.abort();
    expect(await scorer.score(SHORT)).toHaveLength(1);
    await expect(Scorer.open(llama, {}, undefined, { signal: late.signal })).rejects.toThrow('aborted');
  });

  it('stops the batch of one signal and no other', async () => {
    await using scorer = await Scorer.open(smollm2);
    const first = new AbortController();
    const second = new AbortController();
    const running = scorer.score(LONG, { signal: first.signal });
    const waiting = scorer.score(LONG, { signal: second.signal });
    const last = scorer.score(SHORT);
    second.abort(new Error('second'));
    await expect(waiting).rejects.toThrow('second');
    setTimeout(() => first.abort(new Error('first')), 20);
    await expect(running).rejects.toThrow('first');
    expect(await last).toHaveLength(1);
    await expect(scorer.score(SHORT, { signal: first.signal })).rejects.toThrow('first');
  });

  it('goes on after a batch that failed, and refuses once disposed of', async () => {
    const scorer = await Scorer.open(llama);
    await expect(scorer.score({ ...SHORT, k: Int32Array.of(-1) })).rejects.toMatchObject({ kind: 'usage' });
    const last = scorer.score(SHORT);
    await scorer[Symbol.asyncDispose]();
    expect(await last).toHaveLength(1);
    await scorer[Symbol.asyncDispose]();
    await expect(scorer.score(SHORT)).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  it('runs beside another on another model, with the same bits', async () => {
    await using a = await Scorer.open(llama, { threads: 1 });
    await using b = await Scorer.open(smollm2, { threads: 2, memoryBytes: 0 });
    const window = oneWindow(someIds(1500, 512), 375);
    const alone = [await a.score(window), await b.score(window)];
    const together = await Promise.all([a.score(window), b.score(window), a.score(window), b.score(window)]);
    expect(together).toEqual([...alone, ...alone]);
  });
});
