// Results, on stdout.
import Table from 'cli-table3';

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
