// The components of a score to one number a window, domain by domain; a blend standardises each of its scores there.
import { LongattnError } from '../base/errors.js';
import { blend } from '../scores/blend.js';
import type { SingleScore } from '../scores/registry.js';
import type { ResolvedScore } from '../scores/resolve.js';
import type { CombineSettings } from '../scores/score.js';
import { gather } from './gather.js';
import type { WindowTable } from './window-table.js';

/** What was measured of a score: its components, or, for a count, the value itself. */
export interface MeasuredScore {
  score: SingleScore;
  columns: readonly Float64Array[];
}

/**
 * @param parts the scores of a blend in its order, or the one score
 * @throws LongattnError SCORE_NOT_FINITE
 */
export function combine(
  table: Pick<WindowTable, 'length' | 'domainNames' | 'byDomain'>,
  resolved: ResolvedScore,
  parts: readonly MeasuredScore[],
  settings: CombineSettings,
): Float64Array {
  const values = new Float64Array(table.length);
  table.byDomain().forEach((windows, domain) => {
    const ofParts = parts.map(({ score, columns }) => {
      const own = columns.map((column) => gather(column, windows));
      const combined = score.kind === 'count' ? own[0]! : score.score.combine(own, settings);
      requireFinite(combined, windows.length, score.score.name, table.domainNames[domain]!);
      return combined;
    });
    const weights = resolved.kind === 'blend' ? resolved.parts.map(({ weight }) => weight) : [];
    const combined = resolved.kind === 'blend' ? blend(ofParts, weights) : ofParts[0]!;
    for (let i = 0; i < windows.length; i++) values[windows[i]!] = combined[i]!;
  });
  return values;
}

function requireFinite(values: Float64Array, length: number, score: string, domain: string): void {
  let finite = values.length === length;
  for (let i = 0; finite && i < length; i++) finite = Number.isFinite(values[i]);
  if (finite) return;
  throw new LongattnError(
    'SCORE_NOT_FINITE',
    `The score ${score} must give one finite number a window; for domain ${JSON.stringify(domain)} it does not.`,
  );
}
