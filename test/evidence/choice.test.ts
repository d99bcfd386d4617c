import { documentOf } from '../../src/base/window-id.js';
import { describe, expect, it } from '@jest/globals';
import { choiceFile } from '../../src/evidence/choice-file.js';
import { CaseTable } from '../../src/evidence/case-table.js';
import { Cells } from '../../src/evidence/cells.js';
import { attentionCandidate } from '../../src/evidence/candidate.js';
import { chooseHeads, judged, objectiveOf } from '../../src/evidence/choose.js';
import { Judge } from '../../src/evidence/judge.js';
import { blendCost, layerCosts } from '../../src/evidence/cost.js';
import { halves } from '../../src/evidence/halves.js';
import type { EvidenceReport } from '../../src/evidence/report.js';
import type { NativeScoreRequest } from '../../src/native/binding.js';
import { findScore } from '../../src/scores/registry.js';
import type { LayerStatistics } from '../../src/scores/layer-view.js';

const CERTIFICATE = { sha256: 'c', tells: true, page: 'page' };
const SETTINGS = { alpha: 0.5, std: 'zscore' } as const;

/** No near-duplicates. */
function numberOf(): (pair: string) => number {
  const known = new Map<string, number>();
  return (pair) => known.get(pair) ?? known.set(pair, known.size).get(pair)!;
}

/** `documents` documents of `windows` windows each in two domains, each window with a splice. */
function tableOf(documents: number, windows: number, clusterOf: (pair: string) => number = numberOf()): CaseTable {
  const ids = ['a', 'b'].flatMap((domain) =>
    Array.from({ length: documents * windows }, (_, i) => ({
      domain,
      pair: `${domain}:${Math.floor(i / windows)}:${(i % windows) * 100}`,
    })),
  );
  const cases = ['real', 'splice']
    .flatMap((control) =>
      ids.map(({ domain, pair }) => ({ caseId: control === 'real' ? pair : `${pair}#splice`, pair, control, domain })),
    )
    .map((one) => ({ ...one, repeats: 0, cluster: clusterOf(one.pair) }));
  return new CaseTable(cases, [{ name: 'splice', higher: 'real', how: '', notes: [] }], []);
}

describe('halves', () => {
  it('cut every domain in the middle, and at most one document of each', () => {
    const table = tableOf(7, 3);
    const [first, second] = halves(table, 1);
    expect(first.size + second.size).toBe(42);
    expect([...first].filter((id) => second.has(id))).toEqual([]);
    for (const domain of ['a', 'b']) {
      const of = (half: Set<string>): string[] => [...half].filter((id) => id.startsWith(domain));
      expect(Math.abs(of(first).length - of(second).length)).toBeLessThanOrEqual(1);
      const documents = (half: Set<string>): Set<string> => new Set(of(half).map(documentOf));
      expect([...documents(first)].filter((key) => documents(second).has(key)).length).toBeLessThanOrEqual(1);
    }
  });

  it('cut one book into its beginning and its end', () => {
    const [first, second] = halves(tableOf(1, 10), 4);
    const start = (id: string): number => Number(id.split(':').at(-1));
    const [a, b] = [first, second].map((half) => [...half].filter((id) => id.startsWith('a')).map(start));
    expect(Math.max(...a!)).toBeLessThan(Math.min(...b!));
  });
});

describe('near-duplicates', () => {
  it('lie on one half, whatever document they are of', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const table = tableOf(6, 2, (pair) => Number(pair.split(':')[1]) % 3);
      const [first, second] = halves(table, seed);
      const clusters = (half: Set<string>): Set<string> =>
        new Set([...half].map((pair) => `${pair[0]} ${Number(pair.split(':')[1]) % 3}`));
      expect([...clusters(first)].filter((one) => clusters(second).has(one))).toEqual([]);
    }
  });
});

describe('chooseHeads', () => {
  it('takes the heads that tell, and leaves those that do not', () => {
    const table = tableOf(8, 2);
    // Four heads: heads 1 and 2 are each right on half of the pairs and silent on the others, the rest is loud noise.
    const rows = table.cases.map(({ control, pair }, row): LayerStatistics => {
      const real = control === 'real' ? 1 : 0;
      const odd = (Number(pair.split(':')[1]) + Number(pair.split(':')[2]) / 100) % 2;
      const content = [Math.sin(row * 12.9) * 5 + 5, real * odd, real * (1 - odd), Math.cos(row * 7.7) * 5 + 5];
      const massBins = new Float64Array(4 * 32);
      content.forEach((value, head) => (massBins[head * 32 + 8] = value));
      const ones = new Float64Array(4).fill(1);
      const bins = new Float64Array(4 * 32).fill(1);
      return {
        ...{ length: 64, k: 16, ds: ones, variance: ones, entropy: ones, farPeak: ones },
        ...{ massBins, squareBins: bins, sinkMassBins: bins, sinkSquareBins: bins },
      };
    });
    const refused = new Uint8Array(table.cases.length);
    const cells = new Cells(table, { seed: 1, resamples: 10, refused });
    const judge = new Judge({ cells, refused, share: 0.5, counting: table.controls, seed: 1, resamples: 200 });
    const all = attentionCandidate(findScore('content'), rows, { layer: 3, heads: 'all', k: 16 }, SETTINGS);
    const chosen = chooseHeads(judged(all, 0, judge.numbers(all)), rows, SETTINGS, judge);
    expect(chosen.candidate.heads).toEqual([1, 2]);
    expect(objectiveOf(chosen)).toBe(1);
  });
});

describe('layerCosts', () => {
  it('measures a few layers one at a time, the first and the last among them, and gives every one a cost', async () => {
    const asked: number[][] = [];
    const score = async (request: NativeScoreRequest): Promise<[]> => {
      asked.push([...request.layers]);
      return [];
    };
    const layers = Array.from({ length: 30 }, (_, layer) => layer);
    const costs = await layerCosts([Int32Array.of(1, 2)], layers, 1, score);
    expect([...costs.keys()]).toEqual(layers);
    for (const seconds of costs.values()) expect(seconds).toBeGreaterThanOrEqual(0);
    const measured = [...new Set(asked.flat())].sort((a, b) => a - b);
    expect(asked.every((some) => some.length === 1)).toBe(true);
    expect(measured.length).toBeLessThan(6);
    expect([measured[0], measured[1], measured.at(-1)]).toEqual([0, 1, 29]);
    expect([...(await layerCosts([Int32Array.of(1, 2)], [5], 1, score)).keys()]).toEqual([5]);
  });
});

describe('blendCost', () => {
  const seconds = { layers: { 0: 1, 7: 40, 14: 80 }, text: { gzip: 0.1, 'last-recurrence-2': 0.5 } };

  it('runs to the highest layer once, and counts once', () => {
    expect(blendCost('blend:0.5*content@7+-0.2*ds@14+0.1*entropy@7+0.2*gzip', seconds)).toBeCloseTo(81.1, 12);
    expect(blendCost('blend:0.5*gzip+0.5*last-recurrence-2', seconds)).toBeCloseTo(0.6, 12);
    expect(blendCost('blend:0.5*gzip+0.5*distinct', seconds)).toBeNull();
  });
});

describe('choiceFile', () => {
  it('holds the layers that a blend names, and no layer to rank by', () => {
    const score = 'blend:0.5*content@21+-0.2*ds@7+0.1*entropy@7+0.2*gzip';
    const report = {
      choice: { score, layer: null, heads: 'all', k: 512, objective: null, tested: [], lift: null, seconds: 1 },
      model: { path: 'm', architecture: 'llama' },
      corpus: { input: ['x'], window: 4096, k: [512], seed: 1, domains: [] },
    } as unknown as EvidenceReport;
    const { _found, ...options } = choiceFile(report, { rule: 'quarter', revision: 'r7,21' }, CERTIFICATE);
    expect(options).toEqual({ window: 4096, layers: [7, 21], score, heads: 'all', selectK: 512 });
    expect(_found).toMatchObject({ model: { revision: 'r7,21' }, chosen: { score, layer: [7, 21], heads: 'all' } });
    report.choice.score = 'blend:0.5*gzip+0.5*distinct';
    const counts = choiceFile(report, { rule: 512, revision: 'r' }, CERTIFICATE);
    expect(counts).not.toHaveProperty('layers');
    expect(counts['_found']).not.toHaveProperty('chosen.layer');
  });

  it('holds options of a run and says where they were found', () => {
    const finding = { score: 'content', layer: 21, heads: [3, 7], k: 512, objective: 0.9, tested: [], seconds: 1 };
    const report = {
      choice: finding,
      model: { path: 'm', architecture: 'llama', revision: 'r', layers: [0, 21], heads: 9, maxPositions: 8192 },
      corpus: { input: ['x'], window: 4096, k: [512], seed: 1, domains: [] },
    } as unknown as EvidenceReport;
    const { _found, ...options } = choiceFile(report, { rule: 'quarter', revision: 'r21' }, CERTIFICATE);
    expect(options).toEqual({
      window: 4096,
      layers: [21],
      selectLayer: 21,
      score: 'content',
      heads: [3, 7],
      selectK: 512,
    });
    expect(_found).toMatchObject({
      model: { path: 'm', revision: 'r21' },
      corpus: { input: ['x'] },
      chosen: { layer: [21], heads: [3, 7] },
    });
    expect(choiceFile(report, { rule: 512, revision: 'r21' }, CERTIFICATE)).not.toHaveProperty('selectK');
    expect(choiceFile(report, { rule: 512, revision: 'r21', ropeTheta: 5 }, CERTIFICATE)).toMatchObject({
      ropeTheta: 5,
    });
  });

  it('holds a count as an option of a run without a model', () => {
    const report = {
      choice: {
        score: 'last-recurrence-2',
        layer: null,
        heads: null,
        k: 1024,
        objective: 1,
        tested: [],
        lift: null,
        seconds: 0,
      },
      model: { path: 'm', architecture: 'llama' },
      corpus: { input: ['x'], window: 4096, k: [1024], seed: 1, domains: [] },
    } as unknown as EvidenceReport;
    const { _found, ...options } = choiceFile(report, { rule: 'quarter', revision: 'r' }, CERTIFICATE);
    expect(options).toEqual({ window: 4096, score: 'last-recurrence-2' });
    expect(_found).toMatchObject({ chosen: { score: 'last-recurrence-2' }, certificate: CERTIFICATE });
  });
});
