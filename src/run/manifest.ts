// run.json: what a run was started with. It is written once and never changed; a resume compares itself with it.
import { z } from 'zod';
import { dataError, show } from '../base/errors.js';
import { MAX_PARTS } from '../base/part-count.js';
import type { JsonObject } from '../io/canonical-json.js';

/**
 * Of a new run. It rises when an older version would misread what lies there (docs/architecture.md says what counts).
 *   1  parts lie side by side
 *   2  above 4,096 parts they lie in folders; relative paths are of `root`
 */
const FORMAT = 2;
/** Formats that are read and resumed; each has a run in test/fixtures/runs. */
export const READ_FORMATS: readonly number[] = [1, FORMAT];

const jsonObject = z.record(z.string(), z.json());

const manifestSchema = z.strictObject({
  format: z.int(),
  /** Options that decide the bytes of windows and scores. Those of selection and export live beside their results. */
  spec: jsonObject,
  /** The folder that relative paths of the spec and the inputs are of: where the run was started. Decides no byte. */
  root: z.string().optional(),
  /** Hash of the last of these stages: names the run. */
  specHash: z.string(),
  hashes: z.object({ windows: z.string(), scores: z.string() }),
  versions: z.record(z.string(), z.string()),
  /** Where the model came from, if it was the Hub: org/name, and the commit that its revision stood for. */
  hub: z.strictObject({ id: z.string(), commit: z.string() }).optional(),
  /** The same of a tokenizer that was given. */
  tokenizerHub: z.strictObject({ id: z.string(), commit: z.string() }).optional(),
  /** The work list, frozen: input files with their sizes, and what the planner needs to know of them. */
  inputs: z.array(z.looseObject({ path: z.string(), bytes: z.int().min(0), etag: z.string().optional() })),
  parts: z.int().min(0).max(MAX_PARTS),
});

export type RunManifest = z.output<typeof manifestSchema>;
export type FrozenInput = { path: string; bytes: number } & JsonObject;

export function makeManifest(fields: Omit<RunManifest, 'format'>): RunManifest {
  return { format: FORMAT, ...fields };
}

/** @throws LongattnError RUN_UNREADABLE or RUN_FORMAT */
export function parseManifest(text: string, file: string): RunManifest {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw dataError(
      'RUN_UNREADABLE',
      `${file} is not JSON. It was changed or damaged: start a new run in another folder.`,
      cause,
    );
  }
  const format = (raw as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && !READ_FORMATS.includes(format)) {
    const { versions } = raw as { versions?: { longattn?: unknown } };
    const made = typeof versions?.longattn === 'string' ? `longattn ${versions.longattn}` : 'another version';
    const what = format > FORMAT ? 'use that version or a later one' : 'use that version, or start a new run';
    throw dataError(
      'RUN_FORMAT',
      `${file} has run format ${show(format)}, of ${made}. This version reads ${READ_FORMATS.join(', ')}: ${what}.`,
    );
  }
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw dataError(
      'RUN_UNREADABLE',
      `${file} is no run description: ${issue.path.join('.') || 'top level'}: ${issue.message}.`,
      parsed.error,
    );
  }
  return parsed.data;
}
