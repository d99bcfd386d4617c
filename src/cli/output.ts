// What a person sees: results on stdout, everything else on stderr. A progress bar on a terminal, else a line every 30 s.
import { SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import type { ProgressEvent } from '../events.js';

export type LogFormat = 'text' | 'json';

const LINE_INTERVAL_MS = 30_000;

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

export function printResult(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Draws progress events; call `stop()` at the end, also after an error, to restore the terminal. */
export class ProgressPrinter {
  private bar: SingleBar | undefined;
  private lastLine = 0;

  constructor(private readonly format: LogFormat) {}

  readonly on = (event: ProgressEvent): void => {
    if (this.format === 'json') {
      process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
    } else if (event.type === 'warning') {
      this.line(`warning: ${event.message}`);
    } else if (event.type === 'stage-start') {
      this.line(`${event.stage}: ${event.done} of ${event.parts} parts done already`, event.done > 0);
    } else if (event.type === 'progress') {
      this.progress(event);
    } else if (event.type === 'stage-done') {
      this.stop();
      const counts = Object.entries(event.counts).map(([name, count]) => `${count.toLocaleString('en')} ${name}`);
      this.line(`${event.stage}: done${counts.length > 0 ? `, ${counts.join(', ')}` : ''}`);
    }
  };

  stop(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private progress(event: Extract<ProgressEvent, { type: 'progress' }>): void {
    if (process.stderr.isTTY) {
      if (!this.bar) {
        this.bar = new SingleBar({
          format: `${event.stage} [{bar}] {value}/{total} ${event.unit} | {duration_formatted} | ETA {eta_formatted}`,
          stream: process.stderr,
        });
        this.bar.start(event.total, event.completed);
      }
      this.bar.setTotal(event.total);
      this.bar.update(event.completed);
    } else if (Date.now() - this.lastLine > LINE_INTERVAL_MS) {
      if (this.lastLine > 0) this.line(`${event.stage}: ${event.completed}/${event.total} ${event.unit}`);
      this.lastLine = Date.now();
    }
  }

  private line(text: string, show = true): void {
    if (show) process.stderr.write(`${text}\n`);
  }
}
