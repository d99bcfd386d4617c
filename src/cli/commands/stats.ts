// `longattn stats RUN`: small histograms in the terminal, all windows over those that are kept.
import type { CommandModule } from 'yargs';
import { counted } from '../../base/counted.js';
import { visible } from '../../base/visible.js';
import type { DomainStats, Histogram, RunStats } from '../../report/stats.js';
import { runCommand } from '../context.js';
import { once } from '../options.js';
import { printResult } from '../output.js';
import { short } from './show.js';

const BARS = ' ▁▂▃▄▅▆▇█';

export const statsCommand: CommandModule = {
  command: 'stats <run>',
  describe: 'histograms of every number of the windows, and of what is kept, in the terminal',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'the run directory, with a selection', demandOption: true })
      .example('$0 stats RUN', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const { stats } = await import('../../report/stats.js');
      const found = await stats(once(argv, 'run')!, { signal, onProgress: progress.on });
      progress.stop();
      printResult(json ? JSON.stringify(found, null, 2) : describeStats(found));
    }),
};

export function describeStats({ score, window, k, layer, domains }: RunStats): string {
  const where = layer === undefined ? '' : `, layer ${layer}, k = ${k!.toLocaleString('en')}`;
  const head = `windows of ${window.toLocaleString('en')} tokens, by ${visible(score)}${where}`;
  return [head, ...domains.flatMap(domainLines)].join('\n');
}

function domainLines({ domain, windows, kept, histograms }: DomainStats): string[] {
  const share = windows === 0 ? 0 : (100 * kept) / windows;
  const head = `${visible(domain)}: ${kept.toLocaleString('en')} of ${counted(windows, 'window')} kept (${share.toFixed(1)} %)`;
  const names = Math.max(...histograms.map(({ name }) => name.length), 0);
  return ['', head, ...histograms.flatMap((one) => histogramLines(one, names))];
}

/** Both lines by the tallest bar of all windows, so that a bar of what is kept covers its share. */
function histogramLines({ name, from, to, all, kept, cut, uniform }: Histogram, width: number): string[] {
  const most = Math.max(...all);
  const bars = (counts: readonly number[]): string =>
    counts.map((value) => BARS[Math.ceil((value / most) * (BARS.length - 1))]!).join('');
  const marks = [
    ...(cut === undefined ? [] : [`cut ${short(cut)}`]),
    ...(uniform === undefined ? [] : [`uniform attention ${short(uniform)}`]),
  ];
  const low = short(from).padStart(10);
  return [
    `  ${name.padEnd(width)} ${low} |${bars(all)}| ${short(to)}${marks.length > 0 ? `  (${marks.join(', ')})` : ''}`,
    `  ${'  kept'.padEnd(width)} ${' '.repeat(low.length)} |${bars(kept)}|`,
  ];
}
