// What the guard does to a passage that is repeated over and over, which counts take for the best far context there is.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { tableFromIPC } from 'apache-arrow';

/** Share of the pairs of the repetition control that each count ranks rightly, with and without the guard, and whom it refuses. */
export function guardShares(folder, maxRepeats) {
  const table = tableFromIPC(readFileSync(path.join(folder, 'cases', 'facts.arrow')));
  const columns = JSON.parse(table.schema.metadata.get('text_scores'));
  const cases = table.toArray().map((row) => ({ ...row.toJSON(), values: [...row.text_scores] }));
  const reals = new Map(cases.filter(({ control }) => control === 'real').map((one) => [one.pair, one]));
  const pairs = cases.filter(({ control }) => control === 'repetition').map((one) => [reals.get(one.pair), one]);
  const refused = ({ repeats }) => repeats > maxRepeats;
  const share = (value) => {
    const won = pairs.map(([real, other]) => Math.sign(value(real) - value(other)) / 2 + 0.5);
    return won.reduce((sum, one) => sum + one, 0) / pairs.length;
  };
  return {
    reals: reals.size,
    repetitions: pairs.length,
    refusedRepetitions: pairs.filter(([, other]) => refused(other)).length,
    shares: columns.flatMap(({ score }, at) => {
      if (score === 'random' || pairs.length === 0) return [];
      const value = ({ values }) => values[at];
      // Two windows that are both refused are equal: neither is kept.
      const guarded = (one) => (refused(one) ? -Number.MAX_VALUE : value(one));
      return [{ score, without: share(value), behind: share(guarded) }];
    }),
  };
}
