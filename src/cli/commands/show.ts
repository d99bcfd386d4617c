// `longattn show RUN WINDOW_ID`: a window in the terminal, with its numbers.
import type { CommandModule } from 'yargs';
import { visible } from '../../base/visible.js';
import type { ShownWindow } from '../../report/show.js';
import { runCommand } from '../context.js';
import { heatText } from '../heat-text.js';
import { once } from '../options.js';
import { printResult, renderTable } from '../output.js';

export const showCommand: CommandModule = {
  command: 'show <run> <window>',
  describe: 'a window in the terminal: its text in colour by far mass, why it is kept or not, its numbers',
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'the run directory, with a selection', demandOption: true })
      .positional('window', {
        type: 'string',
        describe: 'the id of a window, as the export has it',
        demandOption: true,
      })
      .example('$0 show RUN moby.txt:0', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const { show } = await import('../../report/show.js');
      const found = await show(once(argv, 'run')!, once(argv, 'window')!, { signal, onProgress: progress.on });
      progress.stop();
      const colours = process.stdout.isTTY && process.stdout.hasColors(256);
      printResult(json ? JSON.stringify(plain(found), null, 2) : describeWindow(found, colours));
    }),
};

function plain({ tokens, ...window }: ShownWindow): object {
  if (!tokens) return window;
  return { ...window, tokens: { far: Array.from(tokens.far), starts: Array.from(tokens.starts) } };
}

export function describeWindow(found: ShownWindow, colours: boolean): string {
  const { windowId, domain, source, docId, kept, reason, rank, windows, keptOfDomain, cut, numbers, heads } = found;
  const count = (value: number): string => value.toLocaleString('en');
  const line = (text: string): string => visible(text);
  const last = cut === null ? '' : `, the last with score ${short(cut)}`;
  const rows = numbers.map(({ name, value, below, uniform }) => [
    ...[name, short(value), `${(100 * below).toFixed(1)}%`],
    uniform === undefined ? '' : short(uniform),
  ]);
  const order = heads?.map((value, head) => ({ value, head })).sort((a, b) => b.value - a.value);
  return [
    heatText(found, colours),
    ...(found.noText === undefined ? [] : [`no text: ${line(found.noText)}`]),
    '',
    line(windowId),
    `${kept ? 'kept' : `not kept: ${line(reason)}`}; rank ${count(rank)} of ${count(windows)} in ${line(domain)}, where ${count(keptOfDomain)} are kept${last}`,
    `from ${line(source)}, document ${line(docId)}, token ${count(found.tokenStart)}, characters ${count(found.charStart)} to ${count(found.charEnd)}`,
    renderTable(['number', 'this window', 'windows below it', 'uniform attention'], rows),
    ...(order ? [`DS by head: ${order.map(({ head, value }) => `${head}: ${short(value)}`).join(', ')}`] : []),
    ...(found.noTokens === undefined ? [] : [`no colours: ${line(found.noTokens)}`]),
  ].join('\n');
}

/** Four digits that count. */
export function short(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
