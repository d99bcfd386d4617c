// What `longattn validate` found, for the page: the parts of its report.json that somebody looks at before a cut, checked on their way in.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { dataError } from '../base/errors.js';
import type { PageEvidence } from './page-data.js';

const interval = z.object({ value: z.number(), low: z.number(), high: z.number() });
const lift = z.object({ ratio: interval.nullable(), nats: interval, kept: z.number() });

const finding = z.object({
  score: z.string(),
  layer: z.int().nullable(),
  heads: z.union([z.literal('all'), z.array(z.int()), z.null()]),
  k: z.number().nullable(),
  lift: lift.nullable(),
  tested: z.array(z.object({ metric: z.string(), against: z.string(), interval })),
});

const REPORT: z.ZodType<PageEvidence> = z.object({
  format: z.literal(2),
  model: z.object({ path: z.string(), architecture: z.string(), layers: z.array(z.int()) }),
  corpus: z.object({
    window: z.int(),
    k: z.array(z.number()),
    domains: z.array(z.object({ domain: z.string(), windows: z.number() })),
  }),
  controls: z.array(
    z.object({
      name: z.string(),
      how: z.string(),
      notes: z.array(z.string()),
      pairs: z.record(z.string(), z.number()),
    }),
  ),
  paper: finding,
  choice: finding,
  findings: z.array(finding),
  verdicts: z.array(z.object({ control: z.string(), counts: z.boolean() })),
  lift: z.object({ share: z.number(), ceiling: lift, choiceOnAll: lift }).nullable(),
  lifts: z.array(z.object({ score: z.string(), layer: z.int().nullable(), pooled: lift })),
  map: z.object({
    score: z.string(),
    k: z.number().nullable(),
    controls: z.array(z.object({ name: z.string(), auc: z.array(z.array(z.number().nullable())) })),
  }),
  tells: z.boolean(),
  advice: z.array(z.string()),
});

/**
 * @param check the folder of a validation
 * @throws LongattnError EVIDENCE_UNREADABLE
 */
export async function readEvidence(check: string): Promise<PageEvidence> {
  const file = path.join(check, 'evidence', 'report.json');
  const wrong = (why: string, cause?: unknown): Error =>
    dataError(
      'EVIDENCE_UNREADABLE',
      `${file} ${why}. Give the folder of a validation of this version: longattn validate CHECK.`,
      cause,
    );
  let found: unknown;
  try {
    found = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw wrong(`cannot be read (${(cause as Error).message})`, cause);
  }
  const parsed = REPORT.safeParse(found);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(`is no report of a validation (${issue!.path.join('.')}: ${issue!.message})`);
}
