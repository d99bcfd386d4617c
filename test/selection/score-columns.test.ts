import { describe, expect, it } from '@jest/globals';
import { edge, randomAttention, statisticsOf } from '../support/attention.js';
import { LayerView, type LayerStatistics } from '../../src/scores/layer-view.js';
import { listScores } from '../../src/scores/registry.js';
import { columnsForRanking } from '../../src/selection/score-columns.js';

const LENGTH = 64;
const row = {
  ...statisticsOf([randomAttention(LENGTH, 1), randomAttention(LENGTH, 2)], edge(LENGTH, 8)),
  loss: 2.5,
  nearLoss: 3,
};
const ON_REQUEST = ['tokenDs', 'loss', 'nearLoss'];

describe('columnsForRanking', () => {
  // The file's names of statistics are those of the row, in another spelling.
  const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

  it.each(
    listScores().flatMap((score) => [
      { score, bin: 8 },
      { score, bin: 16 },
    ]),
  )('$score.name at the edge $bin gives the same number of the columns that it needs alone', ({ score, bin }) => {
    const k = edge(LENGTH, bin);
    const names = columnsForRanking([score], k === row.k ? undefined : k).map(camel);
    const part = Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name))) as LayerStatistics;
    expect(score.components(new LayerView(part, 'all', k))).toEqual(score.components(new LayerView(row, 'all', k)));
  });

  it('asks for no bins where none is needed, and for all that a score of the user could want', () => {
    const [longattn] = listScores();
    expect(columnsForRanking([longattn!], undefined).filter((name) => name.includes('bins'))).toEqual([]);
    const { reads: _, ...mine } = longattn!;
    const all = columnsForRanking([mine], undefined);
    for (const name of Object.keys(row).filter((one) => !ON_REQUEST.includes(one)))
      expect(all.map(camel)).toContain(name);
  });
});
