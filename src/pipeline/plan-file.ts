// The text of RUN/windows/plan.json: the parts as JSON, and in a second line the sha256 of the first.
//
// A plan that was changed would still be JSON, and would cut other windows from the corpus without a word. Plans of earlier versions have one
// line: of those the form is checked.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { FORMATS } from '../corpus/formats.js';
import type { InputPart } from '../corpus/plan.js';

const count = z.int().min(0);
const slice = z.looseObject({
  format: z.enum([...Object.keys(FORMATS), 'refused']),
  path: z.string().min(1),
  name: z.string().optional(),
  domain: z.string().optional(),
  compression: z.enum(['none', 'gzip', 'zstd']).optional(),
  rows: count.optional(),
  bytes: count,
  range: z.looseObject({ start: count, end: count, line: z.int().min(1) }).optional(),
});
const plan = z.array(z.strictObject({ part: count, slices: z.array(slice).min(1) }));

export function planText(parts: readonly InputPart[]): string {
  const json = JSON.stringify(parts);
  return `${json}\n${digestOf(json)}\n`;
}

/** Undefined for a damaged file. */
export function parsePlan(text: string): InputPart[] | undefined {
  const [json = '', digest = ''] = text.split('\n', 2);
  if (digest !== '' && digest !== digestOf(json)) return undefined;
  try {
    const value: unknown = JSON.parse(json);
    if (digest !== '') return value as InputPart[];
    const { success } = plan.safeParse(value);
    const parts = value as InputPart[];
    return success && parts.every(({ part }, index) => part === index) ? parts : undefined;
  } catch {
    return undefined;
  }
}

function digestOf(json: string): string {
  return createHash('sha256').update(json).digest('hex');
}
