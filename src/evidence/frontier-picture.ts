// One picture to decide by: what each step of cost buys. CPU seconds a window to the right (logarithmic), lift upwards, with intervals.
//
// The line joins the points that nothing cheaper reaches: a point below it costs more for less.
import type { EvidenceReport, FrontierPoint } from './report.js';
import { svgText } from './svg.js';
import { seconds as costText } from './wording.js';

const [WIDTH, HEIGHT] = [720, 400];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 150, 62, 48];

/** @returns SVG text; undefined where no lift was measured */
export function frontierPicture({
  frontier,
  lift,
  model,
  corpus,
}: Pick<EvidenceReport, 'frontier' | 'lift' | 'model' | 'corpus'>): string | undefined {
  const shown = frontier.filter((point) => point.seconds !== null && point.seconds > 0);
  if (!lift || shown.length === 0) return undefined;
  const inRatio = shown.every((point) => point.lift.ratio !== null);
  const of = (point: FrontierPoint) => (inRatio ? point.lift.ratio! : point.lift.nats);
  const chance = inRatio ? 1 : 0;
  const values = [chance, ...shown.flatMap((point) => [of(point).low, of(point).high, of(point).value])];
  const y = linear(Math.min(...values), Math.max(...values), HEIGHT - BOTTOM, TOP);
  const exponents = shown.map((point) => Math.log10(point.seconds!));
  const [first, last] = [Math.floor(Math.min(...exponents)), Math.ceil(Math.max(...exponents))];
  const scale = linear(first, Math.max(last, first + 1), LEFT, WIDTH - RIGHT);
  const x = (point: FrontierPoint): number => scale(Math.log10(point.seconds!));
  const best = undominated(shown, (point) => of(point).value);
  const marks = shown.map((point) => {
    const { value, low, high } = of(point);
    const [at, name] = [x(point), nameOf(point)];
    const told = `${name}: ${value.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)}), ${costText(point.seconds!)} of CPU a window`;
    const color =
      point.kind === 'ours' || point.kind === 'fit' ? '#2166ac' : point.kind === 'yardstick' ? '#222' : '#999';
    return [
      `<g stroke="${color}" fill="${color}"><title>${svgText(told)}</title>`,
      `<line x1="${px(at)}" x2="${px(at)}" y1="${px(y(low))}" y2="${px(y(high))}"/>`,
      `<circle cx="${px(at)}" cy="${px(y(value))}" r="4"/>`,
      `<text x="${px(at + 7)}" y="${px(y(value) - 5)}" stroke="none">${svgText(name)}</text></g>`,
    ].join('');
  });
  const path = best.map((point) => `${px(x(point))},${px(y(of(point).value))}`).join(' ');
  const what = inRatio ? 'lift (1: chance)' : 'kept minus all, nats a token';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${LEFT}" y="20" font-size="13" font-weight="bold">${svgText(`What cost buys: ${model.architecture}, W = ${corpus.window}, best ${(100 * lift.share).toFixed(1)} %`)}</text>`,
    `<text x="${LEFT}" y="36" fill="#555">The best score of each step, chosen on one half of the windows and measured on the other, with 95 % intervals.</text>`,
    ...ticks(first, Math.max(last, first + 1)).map((exponent) => {
      const at = px(scale(exponent));
      return `<line x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#eee"/><text x="${at}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="#555">${powerText(exponent)}</text>`;
    }),
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(y(chance))}" y2="${px(y(chance))}" stroke="#b2182b" stroke-dasharray="4 3"/>`,
    `<text x="${LEFT - 6}" y="${px(y(chance) + 4)}" text-anchor="end" fill="#b2182b">${chance}</text>`,
    `<text x="${LEFT - 6}" y="${TOP + 4}" text-anchor="end" fill="#555">${Math.max(...values).toFixed(2)}</text>`,
    `<text x="${LEFT}" y="${TOP - 10}" fill="#555">${what}</text>`,
    `<text x="${WIDTH - RIGHT}" y="${HEIGHT - 12}" text-anchor="end" fill="#555">CPU seconds a window</text>`,
    `<polyline points="${path}" fill="none" stroke="#2166ac" stroke-opacity="0.4" stroke-width="2"/>`,
    ...marks,
    '</svg>',
    '',
  ].join('\n');
}

/** Cheapest first: each better than all that are cheaper. */
export function undominated<T extends Pick<FrontierPoint, 'seconds'>>(
  points: readonly T[],
  quality: (point: T) => number,
): T[] {
  const sorted = [...points].sort((a, b) => a.seconds! - b.seconds! || quality(b) - quality(a));
  let most = -Infinity;
  return sorted.filter((point) => {
    if (quality(point) <= most) return false;
    most = quality(point);
    return true;
  });
}

function nameOf({ kind, score, layer }: FrontierPoint): string {
  // Its name is as long as the picture is wide.
  if (kind === 'fit') return 'fitted blend';
  return layer === null ? score : `${score}@${layer}`;
}

function linear(from: number, to: number, start: number, end: number): (value: number) => number {
  return (value) => (to === from ? (start + end) / 2 : start + ((value - from) / (to - from)) * (end - start));
}

const ticks = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const powerText = (exponent: number): string => (exponent < -2 ? `${10 ** (exponent + 3)} ms` : `${10 ** exponent} s`);
const px = (value: number): string => value.toFixed(1);
