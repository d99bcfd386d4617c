// What a person sees of long work, on stderr: a bar for each stage at work on a terminal, else a line every 30 s.
//
// Stages overlap (windows are cut while others are scored), so each has a bar and a clock of its own. While bars are drawn, lines go
// through their owner, which puts them above.
import cliProgress, { MultiBar, type GenericFormatter, type SingleBar } from 'cli-progress';
import type { ProgressEvent, StageName } from '../base/events.js';

export type LogFormat = 'text' | 'json';

const LINE_INTERVAL_MS = 30_000;
/** A line is written over what was a bar. */
const CLEAR_TO_END = '\x1b[K';

interface StageProgress {
  unit: string;
  completed: number;
  total: number;
  growing: boolean;
  /** When the last line was written, or the stage was first heard of. */
  lineAt: number;
  bar?: SingleBar;
}

export interface ProgressStream extends NodeJS.WritableStream {
  isTTY?: boolean;
}

/** Draws progress events; call `stop()` at the end, also after an error, to restore the terminal. */
export class ProgressPrinter {
  private readonly stages = new Map<StageName, StageProgress>();
  private bars: MultiBar | undefined;

  constructor(
    private readonly format: LogFormat,
    private readonly stream: ProgressStream = process.stderr,
    private readonly now: () => number = Date.now,
  ) {}

  readonly on = (event: ProgressEvent): void => {
    if (this.format === 'json') {
      this.stream.write(`${JSON.stringify({ time: new Date().toISOString(), ...event })}\n`);
      return;
    }
    switch (event.type) {
      case 'warning':
        return this.line(`warning: ${event.message}`);
      case 'stage-start':
        if (event.done > 0) this.line(`${event.stage}: ${event.done} of ${event.parts} parts done already`);
        // One part is done or not: a bar would say nothing.
        if (event.parts > 1) {
          this.update(event.stage, { unit: 'parts', completed: event.done, total: event.parts, growing: false });
        }
        return;
      case 'part-done': {
        const stage = this.stages.get(event.stage);
        // A stage that counts something finer than its parts is not to be set back to them.
        if (stage?.unit === 'parts') this.update(event.stage, { ...stage, completed: stage.completed + 1 });
        return;
      }
      case 'progress':
        return this.update(event.stage, { ...event, growing: event.growing === true });
      case 'stage-facts':
        return this.facts(event.stage, event.facts);
      case 'stage-done':
        return this.done(event.stage, event.counts);
    }
  };

  /** A line for a person, whatever is drawn. */
  line(text: string): void {
    if (this.bars) this.bars.log(`${text}${CLEAR_TO_END}\n`);
    else this.stream.write(`${text}\n`);
  }

  stop(): void {
    if (this.bars) {
      this.bars.update(); // writes the lines that wait
      this.bars.stop();
    }
    this.bars = undefined;
    this.stages.clear();
  }

  private update(name: StageName, { unit, completed, total, growing }: Omit<StageProgress, 'lineAt' | 'bar'>): void {
    const stage = this.stages.get(name) ?? { unit, completed, total, growing, lineAt: this.now() };
    Object.assign(stage, { unit, completed, total, growing });
    this.stages.set(name, stage);
    if (this.stream.isTTY) {
      this.bars ??= new MultiBar({
        stream: this.stream,
        format,
        clearOnComplete: true,
        barsize: 30,
        forceRedraw: true,
      });
      stage.bar ??= this.bars.create(total, completed, {}, {});
      stage.bar.setTotal(Math.max(total, 1));
      stage.bar.update(completed, { stage: name.padEnd(9), unit, growing });
    } else if (this.now() - stage.lineAt > LINE_INTERVAL_MS) {
      this.line(`${name}: ${completed}/${total}${growing ? '+' : ''} ${unit}`);
      stage.lineAt = this.now();
    }
  }

  private facts(stage: StageName, facts: Record<string, string | number>): void {
    const rate = facts['tableHitRate'];
    if (typeof rate !== 'number') return;
    const megabytes = Math.round(Number(facts['tableBytes']) / 2 ** 20).toLocaleString('en');
    this.line(
      `${stage}: token table: ${(100 * rate).toFixed(1)} % hits, ${count(facts['tableRows'])} rows, ${megabytes} MiB`,
    );
  }

  private done(name: StageName, counts: Record<string, number>): void {
    const bar = this.stages.get(name)?.bar;
    this.stages.delete(name);
    if (bar) this.bars!.remove(bar);
    if (this.stages.size === 0) this.stop();
    const list = Object.entries(counts)
      .map(([name, number]) => [words(name), number] as const)
      .map(([what, number]) => (number === 1 ? `1 ${one(what)}` : `${count(number)} ${what}`));
    this.line(`${name}: done${list.length > 0 ? `, ${list.join(', ')}` : ''}`);
  }
}

/** No time is named while the total still grows: it would rise and rise. */
const format: GenericFormatter = (options, { progress, value, total, eta, startTime }, payload) => {
  const { stage, unit, growing } = payload as { stage: string; unit: string; growing: boolean };
  const time = (seconds: number): string => cliProgress.Format.TimeFormat(Math.round(seconds), options, 1);
  const seconds = (Date.now() - startTime) / 1000;
  const rest = growing || !Number.isFinite(eta) ? '' : ` | ETA ${time(eta)}`;
  return `${stage} [${cliProgress.Format.BarFormat(progress, options)}] ${value}/${total}${growing ? '+' : ''} ${unit} | ${time(seconds)}${rest}`;
};

/** `documents` of one, and `bytes fetched`; `kept` stays. */
const one = (what: string): string => what.replace(/s\b/, '');

/** `tooShort` as `too short`. */
const words = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function count(value: string | number | undefined): string {
  return Number(value).toLocaleString('en');
}
