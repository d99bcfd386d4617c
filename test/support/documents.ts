// Reads planned inputs to the end, for tests.
import type { FieldOptions } from '../../src/corpus/row-document.js';
import type { Document, Reject } from '../../src/base/records.js';
import { planInputs, type InputPatterns, type PlanOptions } from '../../src/corpus/plan.js';
import { readSlices } from '../../src/corpus/read-slices.js';

export interface ReadResult {
  documents: Document[];
  rejects: Reject[];
  parts: number;
}

/** Plan and read everything, part after part. */
export async function readCorpus(
  inputs: InputPatterns[],
  fields: FieldOptions = {},
  options: PlanOptions = {},
): Promise<ReadResult> {
  // Through JSON, because plans are stored.
  const plan = JSON.parse(JSON.stringify(await planInputs(inputs, options))) as Awaited<ReturnType<typeof planInputs>>;
  const result: ReadResult = { documents: [], rejects: [], parts: plan.parts.length };
  for (const part of plan.parts) {
    for await (const document of readSlices(part.slices, fields, {
      onReject: (reject) => result.rejects.push(reject),
    })) {
      result.documents.push(document);
    }
  }
  return result;
}
