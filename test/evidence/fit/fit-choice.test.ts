// `--fit` on corpora of which it is known whether a blend can be worth more than its parts: taken where it is, and else not.
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describeEvidence } from '../../../src/cli/commands/evidence-table.js';
import { Random } from '../../../src/base/random.js';
import { CaseTable } from '../../../src/evidence/case-table.js';
import { REAL } from '../../../src/evidence/cases.js';
import { findingsOf, type Findings } from '../../../src/evidence/findings.js';
import type { WindowLosses } from '../../../src/evidence/losses.js';
import { prepareAnalysis } from '../../../src/evidence/prepare-analysis.js';
import { validate } from '../../../src/evidence/validate.js';
import type { ValidateResult } from '../../../src/evidence/write-report.js';
import { partsOf, resolveScore } from '../../../src/scores/resolve.js';
import { randomAttention, statisticsOf } from '../../support/attention.js';
import { corpusWindows, noiseScorer, stream, withLosses } from '../../support/evidence.js';
import { tempFolder } from '../../support/temp-folder.js';

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed + 1);
const [WINDOW, K, VOCABULARY] = [256, 64, 1_000_000];
/** So few that an interval is wide, and so many that a difference can be shown. */
const [DOCUMENTS, WINDOWS] = [100, 64];

/** Noise in which a passage comes back half a window later, and single names do, as many of the one as of the other have it. */
const NAME = VOCABULARY - 100;
const passageOf = (document: number): number => 6 * (document % 5);
const namesOf = (document: number): number => 2 * (Math.floor(document / 5) % 5);

function mixed(document: number, random: Random): Int32Array {
  const ids = Int32Array.from({ length: WINDOW }, () => random.below(NAME));
  ids.copyWithin(WINDOW / 2, 0, passageOf(document));
  for (let name = 0; name < namesOf(document); name++) {
    const first = 40 + 9 * name;
    ids[first] = ids[first + WINDOW / 2 - 3] = NAME + name;
  }
  return ids;
}

/** A name is worth as much as six tokens of a passage: no count of n-grams has them in this proportion. */
const worth = (ids: Int32Array): number => {
  let copied = 0;
  for (let n = WINDOW / 2; n < ids.length; n++) if (ids[n] === ids[n - WINDOW / 2]) copied++;
  const names = ids.filter((id) => id >= NAME).length / 2;
  return (copied + 6 * names) / ids.length;
};

const losses: WindowLosses = async (ids, near) => new Float64Array(ids.length - 1).fill(near > 0 ? 2 + worth(ids) : 2);

async function validated(fit: boolean, dir = path.join(tempFolder(), 'evidence')): Promise<ValidateResult> {
  const corpus = corpusWindows({
    ...{ domains: ['planted'], documents: DOCUMENTS, tokens: WINDOW, window: WINDOW, ids: mixed },
  });
  return validate({
    dir,
    windows: () => stream(corpus),
    model: {
      ...{ path: 'none', architecture: 'fake', revision: 'r1', heads: 2, vocabSize: VOCABULARY, layers: [0, 1] },
      maxPositions: undefined,
    },
    ...{ window: WINDOW, ks: [K], tokens: false, perDomain: DOCUMENTS, controls: ['splice'], loss: 'real', keep: 0.25 },
    ...{
      seed: 1,
      settings: { alpha: 0.5, std: 'zscore' },
      input: 'made',
      windowsHash: 'w',
      batch: 64,
      fit: fit ? 'gain' : 'none',
    },
    revisionOf: async (layers) => `r1-${layers.join()}`,
    openScorer: async () => withLosses(noiseScorer, losses),
  });
}

describe('a corpus whose worth is of two kinds', () => {
  it('is chosen by a blend of them, which choice, certificate, table and picture name', async () => {
    const dir = path.join(tempFolder(), 'evidence');
    const without = await validated(false, dir);
    expect(without.report.fit).toBeNull();
    // Asked for later, it needs nothing new.
    const result = await validated(true, dir);
    const { report, files, certificate } = result;
    const { fit, choice } = report;
    expect(fit!.chosen).toBe(true);
    expect(fit!.terms.map(({ score }) => score)).toContain('last-recurrence-1');
    expect(choice).toEqual(fit!.finding);
    expect(choice.score).toMatch(/^blend:/);
    expect(fit!.against.map(({ score }) => score)).toContain(without.report.choice.score);
    for (const { difference } of fit!.against) expect(difference.low).toBeGreaterThan(0);
    expect(choice.lift!.nats.value).toBeGreaterThan(without.report.choice.lift!.nats.value);
    expect(report.tells).toBe(true);
    expect(report.frontier.map(({ kind }) => kind)).toContain('fit');
    expect(readFileSync(files.frontier!, 'utf8')).toContain('fitted blend');
    const named = partsOf(resolveScore(choice.score)).flatMap(({ layer }) => layer ?? []);
    const written = JSON.parse(readFileSync(files.choice, 'utf8')) as Record<string, unknown>;
    expect(written).toMatchObject({ score: choice.score, _found: { chosen: { score: choice.score } } });
    expect(written['layers'] ?? []).toEqual([...new Set(named)].sort((a, b) => a - b));
    expect(certificate.page).toContain(`| fitted | to nll-gain, on ${fit!.windows} windows of ${fit!.documents} `);
    expect(certificate.facts).toMatchObject({ fit: { terms: fit!.terms }, choice: { score: choice.score } });
    expect(report.advice.join(' ')).toContain('It is better beyond doubt, and is the choice.');
    expect(describeEvidence(result)).toMatch(/fitted blend \(chosen\) .*1\.\d\d/);
    expect(certificate.page).toContain('The fitted blend says something of this corpus');
    expect(without.certificate.page).not.toContain('fitted');
  });
});

interface Made {
  /** nll-gain of a real window by its two counts and luck: fitted to it. */
  gainOf?: (a: number, b: number, luck: number) => number;
  /** What a real window has more of both counts than its control: fitted to the pairs. */
  shift?: number;
}

/** The analysis alone of 64 windows with a layer of noise and two counts, so that many seeds are seconds. */
function analysed(seed: number, { gainOf, shift = 0 }: Made): Findings {
  const random = new Random(seed, 'values');
  const [a, b] = [0, 1].map(() =>
    Float64Array.from({ length: 2 * WINDOWS }, (_, row) => random.below(10_000) / 10_000 + (row % 2 === 0 ? shift : 0)),
  );
  const cases = Array.from({ length: 2 * WINDOWS }, (_, row) => {
    const [pair, control] = [`x:${row >> 1}:0`, row % 2 === 0 ? REAL : 'splice'];
    return { caseId: `${pair}#${control}`, pair, control, domain: 'x', repeats: 0, cluster: row >> 1 };
  });
  const counts = [
    { score: 'gzip', k: undefined, values: a! },
    { score: 'distinct', k: undefined, values: b! },
  ];
  const blind = cases.map((_, row) => {
    const heads = [randomAttention(32, seed * cases.length + row)];
    return { ...statisticsOf(heads, 8, false), k: K, length: WINDOW };
  });
  const gains = gainOf && a!.map((value, row) => (row % 2 ? NaN : gainOf(value, b![row]!, random.below(1000) / 1000)));
  const analysis = prepareAnalysis({
    table: new CaseTable(cases, [{ name: 'splice', higher: 'real', how: '', notes: [] }], counts),
    layers: new Map([[3, blind]]),
    ...{ ks: [K], tokens: false, settings: { alpha: 0.5, std: 'zscore' }, seed, window: WINDOW, keep: 0.25 },
    ...(gains ? { gains, fit: 'gain' } : { fit: 'pairs' }),
    ...{ gainsOfControls: false, peers: [] },
  });
  return findingsOf(analysis);
}

describe('a blend is chosen', () => {
  it('not of noise, in at least 19 of 20 seeds', () => {
    const silent = SEEDS.filter((seed) => !analysed(seed, { gainOf: (_a, _b, luck) => luck }).fit!.chosen);
    expect(silent.length).toBeGreaterThanOrEqual(19);
  });

  it('not where one score is all there is to know', () => {
    const found = SEEDS.slice(0, 5).map((seed) => analysed(seed, { gainOf: (a, _b, luck) => a + 0.2 * luck }));
    expect(found.map(({ fit, choice }) => [fit!.chosen, choice.score])).toEqual(found.map(() => [false, 'gzip']));
  });

  it('of two that each know a half, and then only', () => {
    const { fit, choice } = analysed(1, { gainOf: (a, b) => a + b });
    expect(fit!.terms.map(({ score }) => score).sort()).toEqual(['distinct', 'gzip']);
    expect([fit!.chosen, choice.score, choice.objective]).toEqual([true, fit!.finding!.score, null]);
  });

  it('the same for the same seed', () => {
    const again = (): Findings => analysed(2, { gainOf: (a, b) => a + b });
    expect(again()).toEqual(again());
  });

  it('of pairs, without losses, where two scores tell more than one, and not of noise', () => {
    const { fit, choice, lift } = analysed(1, { shift: 0.35 });
    expect(fit).toMatchObject({ to: 'pairs', controls: ['splice'], pairs: WINDOWS / 2, chosen: true });
    // Of 32 pairs some noise is taken too, with less weight.
    const heaviest = [...fit!.terms].sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight)).slice(0, 2);
    expect(heaviest.map(({ score }) => score).sort()).toEqual(['distinct', 'gzip']);
    expect([choice.score, lift]).toEqual([fit!.finding!.score, null]);
    const noise = SEEDS.slice(0, 5).map((seed) => analysed(seed, {}).fit!);
    expect(noise.filter(({ to, chosen }) => to === 'pairs' && !chosen)).toHaveLength(5);
  });
});
