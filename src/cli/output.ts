// Results, on stdout.
import Table from 'cli-table3';
import type { LongattnError } from '../base/errors.js';
import { writeError } from '../io/io-error.js';

/** A table with a header row, numbers right-aligned; plain lines without colours, so that it can be piped. */
export function renderTable(head: string[], rows: (string | number)[][]): string {
  const align = head.map((_, column) =>
    rows.every((row) => /^[-\d.,%eE∞]+$/.test(String(row[column] ?? ''))) ? 'right' : 'left',
  );
  const table = new Table({
    head,
    colAligns: align,
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows);
  return table.toString();
}

/** A line a fact, for values that may be sentences: the frame of a table would be as wide as the longest. */
export function renderFacts(facts: Record<string, string>): string {
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  return Object.entries(facts)
    .map(([name, value]) => `${name.padEnd(width)}  ${value}`)
    .join('\n');
}

export function printResult(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** As the shell has it of a program that SIGPIPE ended. */
const READER_LEFT = 141;

/**
 * A reader that has left (`| head`) ends the command without a word; what else stdout cannot take is an error. Progress may be lost: the
 * work goes on.
 * @param report tells the error and gives its exit code
 */
export function watchOutputs(report: (error: LongattnError) => number): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? READER_LEFT : report(writeError(error, 'the result to stdout')));
  });
  process.stderr.on('error', () => undefined);
}
