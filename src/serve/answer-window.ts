// Any window with its text, whether the page's folder has it or not, and the far mass of its tokens where the run stores it.
import { textOfRun } from '../pipeline/text-of-run.js';
import { loadPlan } from '../pipeline/plan-run.js';
import { resolveSpec } from '../pipeline/prepare.js';
import type { PageMeta, PageText } from '../report/page-data.js';
import { readText } from '../report/read-texts.js';
import { tokenizerOfRun } from '../report/tokenizer-of-run.js';
import type { Run } from '../run/directory.js';
import type { Answer } from './page-server.js';
import { wholeOf } from './query.js';
import { turns } from './turns.js';

/** Texts are read from the corpus: more at once would only wait for the disk, and hold a part each. */
const AT_ONCE = 4;

/**
 * `w`: place of the window in the run. Answers a PageText.
 * @param starts where the windows of each part begin
 */
export async function windowAnswer(run: Run, { layer, windows }: PageMeta, starts: Float64Array): Promise<Answer> {
  const { spec } = await resolveSpec({ output: run.dir });
  const textOf = textOfRun({ run, parts: await loadPlan(run, spec), spec });
  const { tokenizer } = await tokenizerOfRun(run);
  const take = turns(AT_ONCE);
  return async (query, signal) => {
    const row = wholeOf(query, 'w', windows);
    return take(signal, (): Promise<PageText> =>
      readText(run, starts, row, { layer, text: true, textOf, tokenizer, signal }),
    );
  };
}
