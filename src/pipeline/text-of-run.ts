// The text of a run's windows, from the corpus once more.
import type { InputPart } from '../corpus/plan.js';
import { readSlices } from '../corpus/read-slices.js';
import type { Spec } from '../options/spec.js';
import type { Run } from '../run/directory.js';
import { partName } from '../run/ledger.js';
import { textFromDocuments, type TextOf } from '../windows/document-text.js';
import { fieldsOf } from './cut-part.js';
import { openableSlices } from './plan-run.js';

/** The iterations throw LongattnError CORPUS_CHANGED, and what reading the inputs throws. */
export function textOfRun({ run, parts, spec }: { run: Run; parts: readonly InputPart[]; spec: Spec }): TextOf {
  return textFromDocuments(
    async function* (part) {
      const { slices } = await openableSlices(run, parts[part]!.slices);
      yield* readSlices(slices, fieldsOf(spec), { onReject: () => undefined });
    },
    async (part) => (await run.windows.require(partName(part), 'size')).digest,
  );
}
