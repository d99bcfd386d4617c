// Refused rows and files by their reason: how many of each, and one to look at. Bounded, however many are refused.
import type { Reject } from '../base/records.js';

export interface RejectGroup {
  /** That of the example. */
  reason: string;
  /** What was refused so: single rows, groups of rows, or files. */
  what: 'row' | 'group' | 'file';
  count: number;
  /** The first, in the order of the corpus. `line` is 0 for a file. */
  example: { file: string; line: number };
}

export class RejectGroups {
  private readonly groups = new Map<string, RejectGroup>();

  add({ file, line, reason, whole }: Reject): void {
    // A text file is refused as the one document that it is.
    const what = whole ?? (line === 0 ? 'file' : 'row');
    const key = `${what} ${kindOf(reason)}`;
    const known = this.groups.get(key);
    if (known) known.count++;
    else this.groups.set(key, { reason, what, count: 1, example: { file, line } });
  }

  /** Files first, then groups and rows; the most frequent first. */
  list(): RejectGroup[] {
    const order = ['file', 'group', 'row'];
    return [...this.groups.values()].sort((a, b) => order.indexOf(a.what) - order.indexOf(b.what) || b.count - a.count);
  }
}

/** A reason without what differs from row to row: numbers, and what a parser says in parentheses. */
function kindOf(reason: string): string {
  return reason.replace(/\([^]*\)/g, '()').replace(/\d[\d,.]*/g, '0');
}
