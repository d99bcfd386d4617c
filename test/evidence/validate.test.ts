import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ArrowFile } from '../../src/arrow/file.js';
import { REPORT_COLUMNS } from '../../src/evidence/report-table.js';
import type { WindowLosses } from '../../src/evidence/losses.js';
import type { Finding } from '../../src/evidence/report.js';
import { validate } from '../../src/evidence/validate.js';
import type { ValidateOptions } from '../../src/evidence/validate-options.js';
import { spearman } from '../../src/scores/ranks.js';
import { copyingDocument, corpusWindows, fakeScorer, stream, withLosses } from '../support/evidence.js';
import { tempFolder } from '../support/temp-folder.js';

const WINDOW = 96;
const K = 24;

/** Two domains of documents that copy what stood 48 tokens before. */
const corpus = corpusWindows({
  domains: ['copies', 'more'],
  documents: 14,
  tokens: 5 * WINDOW,
  window: WINDOW,
  ids: (_, random) => copyingDocument(5 * WINDOW, 48, random),
});

function optionsFor(changes: Partial<ValidateOptions> = {}): ValidateOptions {
  return {
    dir: path.join(tempFolder(), 'evidence'),
    windows: () => stream(corpus),
    model: {
      ...{ path: 'none', architecture: 'fake', revision: 'r1', heads: 2, vocabSize: 1000, layers: [0, 1] },
      maxPositions: undefined,
    },
    window: WINDOW,
    ks: [K, 48],
    tokens: true,
    perDomain: 14,
    loss: 'none',
    keep: 0.25,
    seed: 1,
    settings: { alpha: 0.5, std: 'zscore' },
    input: 'made',
    revisionOf: async (layer) => `r1-${layer}`,
    windowsHash: 'w',
    batch: 4,
    openScorer: async () => fakeScorer,
    ...changes,
  };
}

/** Far context is worth as much as there are copies in the window: made up, but known. */
const losses: WindowLosses = async (ids, near) =>
  Float64Array.from(ids.subarray(1), (id, n) => (near > 0 && n >= 48 && id === ids[n + 1 - 48] ? 2 : 1));

const auc = (finding: Finding, control: string): number =>
  finding.tested.find((cell) => cell.metric === 'auc' && cell.against === control)!.interval.value;

describe('validate on planted data', () => {
  it('says that windows are longer than what the model was made for', async () => {
    const { model, ...options } = optionsFor();
    const { report } = await validate({ ...options, model: { ...model, maxPositions: WINDOW - 1 } });
    expect(report.model.maxPositions).toBe(WINDOW - 1);
    expect(report.advice.join()).toContain(`A window of ${WINDOW} tokens is longer than the ${WINDOW - 1} positions`);
  });

  it('finds the layer and head that see the copies, and says that layer 0 does not', async () => {
    const { report, files, certificate } = await validate(
      optionsFor({ loss: 'all', openScorer: async () => withLosses(fakeScorer, losses) }),
    );
    // Copies are what a count sees: no layer is better beyond doubt, and of equals the cheapest is taken.
    expect(report.choice).toMatchObject({ layer: null, score: expect.stringMatching(/^last-recurrence-/) });
    expect(report.tells).toBe(true);
    expect(report.choice.lift!.nats.low).toBeGreaterThan(0);
    expect(report.verdicts.filter(({ counts }) => counts).map(({ control }) => control)).toContain('splice');
    expect(auc(report.choice, 'splice')).toBeGreaterThanOrEqual(0.95);
    const seeing = report.findings.find(({ score }) => score === 'content')!;
    expect(seeing.layer).toBe(1);
    expect(seeing.lift!.nats.low).toBeGreaterThan(0);
    const ceiling = report.lift!.ceiling.ratio!.value;
    for (const { score, pooled } of report.lifts) {
      if (score !== 'nll-gain') expect(pooled.ratio!.value).toBeLessThanOrEqual(ceiling + 1e-12);
    }
    expect(Math.abs(auc(report.paper, 'splice') - 0.5)).toBeLessThan(0.25);
    expect(Math.abs(report.shuffled.value - 0.5)).toBeLessThan(0.02);
    const bigrams = report.findings.find(({ score }) => score === 'recurrence-2')!;
    expect(auc(bigrams, 'splice')).toBeGreaterThanOrEqual(0.95);
    expect(auc(bigrams, 'repetition')).toBe(1); // the guard refuses every repetition, and no count could
    expect(report.guard).toMatchObject({ maxRepeats: 0.3, tokens: 64, refused: 0 });
    const gain = report.findings.find(({ score }) => score === 'nll-gain')!;
    expect(auc(gain, 'splice')).toBeGreaterThanOrEqual(0.95);
    const random = report.findings.find(({ score }) => score === 'random')!;
    const { low, high } = random.tested.find(({ against }) => against === 'splice')!.interval;
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(0.5);
    expect(report.advice[0]).toMatch(/^Select by `last-recurrence-/);
    expect(report.advice[1]).toMatch(/paper's score, `longattn` of layer 0, k = 24: .*cannot tell/);
    expect(report.advice[2]).toMatch(/last-recurrence.*can tell real windows from .*splice/);
    expect(certificate.page).toContain('says something of this corpus');
    expect(certificate.page).toContain(certificate.sha256);
    expect(report.advice.join()).not.toContain('positions');
    for (const file of Object.values(files)) expect(existsSync(file)).toBe(true);
    expect(report.frontier.map(({ kind, layer }) => `${kind} ${layer}`).sort()).toEqual([
      ...['ours 0', 'ours 1', 'ours null', 'yardstick null'],
    ]);
    expect(readFileSync(files.frontier!, 'utf8')).toMatch(/^<svg .*lift \(1: chance\).*nll-gain: /s);
    expect(readFileSync(files.picture, 'utf8')).toMatch(/^<svg .*layer 1, head 0: 1\.000/s);
  });

  it('writes every score, layer, head, k, control and domain, and the choice as options of a run', async () => {
    const { report, files } = await validate(optionsFor({ controls: ['splice', 'block-shuffle'] }));
    await using file = await ArrowFile.open(files.table, REPORT_COLUMNS);
    const seen = new Set<string>();
    for await (const { columns, rows } of file.batches([
      'score',
      'layer',
      'head',
      'k',
      'against',
      'domain',
      'metric',
    ])) {
      for (let row = 0; row < rows; row++) {
        const text = [columns.score, columns.against, columns.domain, columns.metric].map((column) => column.get(row));
        seen.add([...text, columns.layer[row], columns.head[row], columns.k[row]].join(' '));
      }
    }
    for (const one of [
      'content splice copies auc 1 0 24',
      'content block-shuffle (pooled) pair-share 0 -1 48',
      'longattn splice more auc 1 1 48',
      'gain splice (pooled) auc 1 -1 -1',
      'gzip splice (pooled) auc -1 -1 -1',
      'recurrence-3 block-shuffle more auc -1 -1 48',
      'blend:content+recurrence-2 splice (pooled) auc 1 -1 24',
    ]) {
      expect(seen).toContain(one);
    }
    const choice = JSON.parse(readFileSync(files.choice, 'utf8')) as Record<string, unknown>;
    expect(choice).toMatchObject({ window: WINDOW, score: report.choice.score });
    expect(choice).not.toHaveProperty('layer');
    expect(choice).toMatchObject({ _found: { model: { revision: 'r1' }, corpus: { input: 'made' } } });
    expect(choice).toMatchObject({ _found: { certificate: { tells: true } } });
  });

  it('follows the yardstick as spearman says', async () => {
    const ofPairs: WindowLosses = async (ids, near) =>
      ids.length === WINDOW
        ? losses(ids, near)
        : Float64Array.from(ids.subarray(1), (id) => ((id * 31 + ids[0]!) % 11) / 10);
    const openMaps: ValidateOptions['openMaps'] = async () => async (ids, layers, spans) =>
      layers.map((layer) => Float32Array.from({ length: spans * spans }, (_, i) => ((ids[0]! + i) % (7 + layer)) / 7));
    const { report } = await validate(
      optionsFor({
        ...{ loss: 'real', controls: ['splice'], peers: ['ladm', 'prolong'], openMaps },
        openScorer: async () => withLosses(fakeScorer, losses),
        openLosses: async () => ofPairs,
      }),
    );
    const peers = report.lifts.filter(({ score }) => ['ladm', 'prolong'].includes(score));
    expect(peers.map(({ score, layer }) => [score, layer])).toEqual([
      ['prolong', null],
      ['ladm', 0],
      ['ladm', 1],
    ]);
    expect(peers.every(({ seconds }) => seconds !== null)).toBe(true);
    expect(report.findings.find(({ score }) => score === 'ladm')!.tested.some(({ metric }) => metric === 'auc')).toBe(
      true,
    );
    const { scores, matrix, kept } = report.agreement;
    expect(scores).toEqual(expect.arrayContaining(['prolong', expect.stringMatching(/^ladm@/)]));
    const at = scores.indexOf('nll-gain');
    expect(at).toBeGreaterThan(0);
    matrix.forEach((row, i) => {
      expect(row[i]).toBeCloseTo(1, 12);
      row.forEach((value, j) => expect(value).toBeCloseTo(matrix[j]![i]!, 12));
      expect(kept[i]![i]).toBe(1);
      kept[i]!.forEach((value, j) => expect(value).toBe(kept[j]![i]));
    });
    expect(spearman([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(report.findings.every(({ tested }) => tested.some(({ metric }) => metric === 'spearman'))).toBe(true);
  });
});

describe('a validation that was stopped', () => {
  it('goes on, and ends with the same report as one that was not', async () => {
    const controls = ['splice', 'repetition'];
    const whole = await validate(optionsFor({ controls }));
    const dir = path.join(tempFolder(), 'evidence');
    const controller = new AbortController();
    let calls = 0;
    const stopping = optionsFor({
      dir,
      controls,
      signal: controller.signal,
      openScorer: async () => async (request) => {
        if (++calls === 3) controller.abort(new Error('stopped'));
        return fakeScorer(request);
      },
    });
    await expect(validate(stopping)).rejects.toThrow('stopped');
    expect(existsSync(path.join(dir, 'report.json'))).toBe(false);
    const resumed = await validate(optionsFor({ dir, controls, windows: () => stream([]) })); // cases are on disk: no second pass
    const timeless = (text: string): string =>
      text.replace(/"seconds": [^,\n]*/g, '').replace(/\([^()]* of CPU[^()]*\)/g, '');
    expect(timeless(JSON.stringify(resumed.report, null, 1))).toEqual(timeless(JSON.stringify(whole.report, null, 1)));
    expect(readFileSync(resumed.files.table)).toEqual(readFileSync(whole.files.table));
  });

  it('takes the statistics that came with the losses, window by window, and the same report', async () => {
    const dir = path.join(tempFolder(), 'evidence');
    const asked = { losses: 0, statistics: 0 };
    const options = optionsFor({
      ...{ dir, loss: 'real', controls: ['splice', 'repetition'] },
      openScorer: async () => (request, signal) => {
        asked[request.losses ? 'losses' : 'statistics'] += request.lengths.length;
        return withLosses(fakeScorer, losses)(request, signal);
      },
    });
    await validate(options);
    // 28 real windows and 8 of each control; then the other controls, and for the cost a window that reads the weights and two a layer.
    const controls = 2 * 28 - 2 * 8;
    expect(asked.losses).toBe(28 + 2 * 8 + 1);
    expect(asked.statistics).toBe(controls + 1 + 2 * 2);
    const taken = readFileSync(path.join(dir, 'scores', 'part-00000.arrow'));
    const known = readdirSync(path.join(dir, 'statistics')).filter((name) => name.endsWith('.arrow'));
    expect(known).toHaveLength((28 + 2 * 8) / 4);
    // Without them, as an earlier version left a folder, the scores are computed, and are the same.
    rmSync(path.join(dir, 'statistics'), { recursive: true });
    rmSync(path.join(dir, 'scores'), { recursive: true });
    await validate(options);
    expect(readFileSync(path.join(dir, 'scores', 'part-00000.arrow'))).toEqual(taken);
    expect(asked.losses).toBe(28 + 2 * 8 + 1);
  });

  it('needs no model once everything is measured, and refuses other settings', async () => {
    const options = optionsFor({ controls: ['splice'] });
    await validate(options);
    const never = async (): Promise<never> => {
      throw new Error('opened');
    };
    await validate({ ...options, openScorer: never });
    await expect(validate({ ...options, seed: 2 })).rejects.toMatchObject({ code: 'SPEC_CHANGED' });
  });
});

describe('what cannot be validated', () => {
  it('says so: too little text, a wrong k, a control that does not exist', async () => {
    await expect(validate(optionsFor({ windows: () => stream(corpus.slice(0, 2)) }))).rejects.toMatchObject({
      code: 'TOO_FEW_WINDOWS',
      message: expect.stringContaining('2 real windows'),
    });
    await expect(validate(optionsFor({ ks: [25] }))).rejects.toThrow(
      'k must not be 25. It must be bin edges floor(j*W/32)',
    );
    await expect(validate(optionsFor({ controls: ['shuffle'] }))).rejects.toThrow('some of splice, same-document');
  });

  it('a domain of one document takes its slices from places apart, and says so', async () => {
    const book = corpusWindows({ domains: ['book'], documents: 1, tokens: 40 * WINDOW, window: WINDOW });
    const { report } = await validate(optionsFor({ windows: () => stream(book), controls: ['splice'] }));
    expect(report.controls[0]!.notes).toEqual([
      'book has fewer than 9 documents with a window: slices come from windows at least 2W apart, of whatever document',
    ]);
    expect(report.controls[0]!.pairs).toEqual({ book: 14 });
  });
});
