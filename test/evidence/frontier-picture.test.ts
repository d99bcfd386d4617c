import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { frontierPicture, undominated } from '../../src/evidence/frontier-picture.js';
import type { EvidenceReport, FrontierPoint } from '../../src/evidence/report.js';

const around = (value: number) => ({ value, low: value - 0.2, high: value + 0.2 });
const point = (changes: Partial<FrontierPoint>, ratio: number | null = 1.5): FrontierPoint => ({
  ...{ kind: 'ours', score: 'content', layer: 7, seconds: 0.5 },
  lift: { ratio: ratio === null ? null : around(ratio), nats: around(0.1), kept: 8 },
  ...changes,
});
const report = (frontier: FrontierPoint[]) =>
  ({
    frontier,
    lift: { share: 0.125 },
    model: { architecture: '<llama>' },
    corpus: { window: 2048 },
  }) as unknown as EvidenceReport;

/** Of the circles: where they are. */
const places = (svg: string): number[][] =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [Number(x), Number(y)]);

describe('frontierPicture', () => {
  it('has a point a step: cost to the right, lift upwards, the interval about it', () => {
    const svg = frontierPicture(
      report([
        point({ score: 'last-recurrence-2', layer: null, seconds: 0.001 }, 1.6),
        point({ layer: 0, seconds: 0.01 }, 0.9),
        point({ layer: 14, seconds: 1 }, 1.8),
      ]),
    )!;
    const [count, zero, fourteen] = places(svg);
    expect([count![0]! < zero![0]!, zero![0]! < fourteen![0]!]).toEqual([true, true]);
    expect([fourteen![1]! < count![1]!, count![1]! < zero![1]!]).toEqual([true, true]);
    expect(svg).toContain('content@14: 1.800 (1.600 to 2.000), 1.0 s of CPU a window');
    // The line passes layer 0 by: it costs more than the count for less.
    expect(/<polyline points="([^"]+)"/.exec(svg)![1]!.split(' ')).toEqual([
      `${count![0]!.toFixed(1)},${count![1]!.toFixed(1)}`,
      `${fourteen![0]!.toFixed(1)},${fourteen![1]!.toFixed(1)}`,
    ]);
    expect(svg).toContain('&#60;llama&#62;');
    expect(svg).not.toMatch(/NaN|undefined|<llama/);
  });

  it('is in nats where there is no ratio, and is not there without lift or cost', () => {
    expect(frontierPicture(report([point({}), point({ layer: 0 }, null)]))).toContain('nats a token');
    expect(frontierPicture({ ...report([point({})]), lift: null })).toBeUndefined();
    expect(frontierPicture(report([point({ seconds: null })]))).toBeUndefined();
  });
});

describe('undominated', () => {
  it('keeps what nothing cheaper or as cheap reaches', () => {
    const points = fc.array(fc.record({ seconds: fc.nat(9), quality: fc.nat(9) }), { maxLength: 12 });
    fc.assert(
      fc.property(points, (all) => {
        const kept = undominated(all, ({ quality }) => quality);
        for (const one of all) {
          const beaten = all.some(
            (other) =>
              other.seconds <= one.seconds &&
              other.quality >= one.quality &&
              (other.seconds < one.seconds || other.quality > one.quality),
          );
          if (kept.includes(one)) expect(beaten).toBe(false);
          else expect(beaten || kept.some((k) => k.seconds === one.seconds && k.quality === one.quality)).toBe(true);
        }
      }),
    );
  });
});
