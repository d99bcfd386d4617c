// What `longattn select` would keep at other settings: k, heads and layers too, which a page from a disk cannot have.
//
// The very code of the command, from its options as text to its choice; nothing is written.
import { invalid } from '../base/errors.js';
import { RUN } from '../options/table.js';
import { stageOptions } from '../options/stage-options.js';
import { resolveSpec } from '../pipeline/prepare.js';
import { base64 } from '../report/base64.js';
import type { PageChoice } from '../report/page-data.js';
import type { Run } from '../run/directory.js';
import { formulaOf } from '../scores/resolve.js';
import { chooseWindows } from '../selection/select-windows.js';
import type { Answer } from './page-server.js';
import { turns } from './turns.js';

/** The options of `select` by name, as text. Answers a PageChoice. */
export function selectAnswer(run: Run): Answer {
  // One at a time: a layer of a large run is gigabytes of bins to read.
  const take = turns(1);
  return (query, signal) =>
    take(signal, async (): Promise<PageChoice> => {
      const options = Object.fromEntries(query);
      const wrong = Object.keys(options).find((name) => !isOfSelection(name));
      if (wrong !== undefined) throw invalid('select', wrong, 'asked for with options of the selection alone');
      const { spec } = await resolveSpec({ ...options, output: run.dir });
      const settings = stageOptions('selection', spec);
      const { score, measured, choice, scores } = await chooseWindows(run, settings, { signal });
      return {
        ...{
          formula: formulaOf(score),
          reasons: choice.reasons,
          rank: base64(choice.rank),
          reason: base64(choice.reason),
        },
        ...{ values: base64(scores.subarray(0, measured.table.length)), cuts: Array.from(choice.cuts, finite) },
        ...(measured.layer !== undefined && { layer: measured.layer }),
        ...(measured.k !== undefined && { k: measured.k }),
      };
    });
}

/** The page shows windows, so what chooses documents is left to the command. */
function isOfSelection(name: string): boolean {
  return (
    Object.hasOwn(RUN, name) &&
    RUN[name as keyof typeof RUN].stage === 'selection' &&
    name !== 'unit' &&
    name !== 'aggregate'
  );
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
