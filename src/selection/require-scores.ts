// What must be there before windows can be measured: every part, as its ledger entry has it, with what the scores need.
import type { CodeOf } from '../base/error-codes.js';
import { dataError, LongattnError, show } from '../base/errors.js';
import type { Extra } from '../base/statistics.js';
import type { ScoresFile } from '../arrow/reader.js';
import { partName, type LedgerRecord } from '../run/ledger.js';
import { requireVerified } from '../run/verified-parts.js';
import { extrasOf } from '../scores/score.js';
import type { AttentionTerm, MeasureOptions } from './measured.js';

export async function requireParts({ scores, parts, check, signal }: MeasureOptions): Promise<LedgerRecord[]> {
  const names = Array.from({ length: parts }, (_, part) => partName(part));
  const missing: string[] = [];
  for (const name of names) if ((await scores.inspect(name, 'size')).status === 'missing') missing.push(name);
  if (missing.length > 0) {
    throw new LongattnError(
      'PARTS_MISSING',
      `${missing.length} of ${parts} parts are not scored (${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', ...' : ''}). ` +
        'A window is ranked among all windows of its domain: score the other parts or shards first.',
    );
  }
  return requireVerified(scores, names, check, signal);
}

const MISSING: Record<Extra, { code: CodeOf<'data'>; what: string }> = {
  tokens: { code: 'TOKENS_NOT_STORED', what: 'the far mass of each token' },
  losses: { code: 'LOSSES_NOT_STORED', what: 'the losses of each window' },
};

export function requireStored({ extras }: ScoresFile, attention: readonly AttentionTerm[]): void {
  for (const { score } of attention) {
    for (const extra of extrasOf(score)) {
      if (extras[extra]) continue;
      const { code, what } = MISSING[extra];
      throw dataError(code, `The score ${score.name} needs ${what}. Score with --${extra}.`);
    }
  }
}

/** A part has a row a window and layer. What else its ledger entry says was changed there. */
export function windowsOf({ rows, counts: { windows } }: LedgerRecord, file: string): number {
  if (Number.isInteger(windows) && windows! >= 0 && windows! <= rows) return windows!;
  throw dataError(
    'ROWS_MISSING',
    `${file} has ${rows} rows; its ledger entry names ${show(windows)} windows. Make it again.`,
  );
}
