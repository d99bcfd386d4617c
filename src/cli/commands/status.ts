// `longattn status`: how far a run is; with --watch again and again until it is complete.
import { setTimeout } from 'node:timers/promises';
import type { CommandModule } from 'yargs';
import { counted } from '../../base/counted.js';
import type { RunStatus, StageStatus } from '../../pipeline/status.js';
import { STATUS } from '../../options/cluster-options.js';
import { parseRows } from '../../options/parse-rows.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions, once } from '../options.js';
import { printResult, renderTable } from '../output.js';

const WATCH_MS = 5000;
const CLEAR = '\u001b[H\u001b[2J';

export const statusCommand: CommandModule = {
  command: 'status <run>',
  describe: 'how far a run is: parts, workers, failures, time left',
  builder: (yargs) =>
    addOptions(yargs, STATUS)
      .positional('run', { type: 'string', describe: 'the run directory' })
      .example('$0 status RUN --watch', ''),
  handler: (argv) =>
    runCommand(
      argv,
      async ({ signal, json }) => {
        const { watch } = parseRows(STATUS, collectOptions(STATUS, argv));
        const run = once(argv, 'run')!;
        const { status } = await import('../../pipeline/status.js');
        for (;;) {
          const found = await status(run);
          const clear = watch && process.stdout.isTTY && !json ? CLEAR : '';
          // With --watch one line of JSON a look.
          printResult(json ? JSON.stringify(found, null, watch ? undefined : 2) : clear + describeStatus(found));
          if (!watch || found.complete) return;
          await setTimeout(WATCH_MS, undefined, { signal });
        }
      },
      'no longer watching; the workers go on',
    ),
};

export function describeStatus(found: RunStatus): string {
  const { run, parts, complete, workers, tokensPerSecond, secondsLeft, leases, failures, kernels } = found;
  const row = (name: string, stage: StageStatus): string[] => [
    name,
    ...[stage.done, stage.leased, stage.stale, stage.failed, stage.left, stage.open].map((count) =>
      count.toLocaleString('en'),
    ),
  ];
  const lines = [
    `${run}: ${counted(parts, 'part')}, ${complete ? 'all done' : counted(workers, 'worker')}`,
    renderTable(
      ['stage', 'done', 'at work', 'stale', 'failed', 'left alone', 'open'],
      [row('windows', found.windows), ...(found.scores ? [row('scores', found.scores)] : [])],
    ),
  ];
  if (tokensPerSecond !== undefined) {
    const left = secondsLeft === undefined ? '' : `, ${describeTime(secondsLeft)} left`;
    lines.push(`${Math.round(tokensPerSecond).toLocaleString('en')} tokens/s${left}`);
  }
  if (kernels.length > 0) lines.push(`kernel: ${kernels.join(', ')}${kernels.length > 1 ? ' (MIXED)' : ''}`);
  if (leases.length > 0) lines.push('held longest:');
  for (const { name, host, pid, job, heldSeconds, stale } of leases) {
    const who = `${host}, process ${pid}${job === undefined ? '' : `, job ${job}`}`;
    lines.push(`  ${name}  ${describeTime(heldSeconds)}  ${who}${stale ? '  STALE' : ''}`);
  }
  if (failures.length > 0) lines.push('failures:');
  for (const { name, attempts, hosts, code, message, left } of failures) {
    lines.push(
      `  ${name}  ${counted(attempts, 'time')} on ${counted(hosts, 'host')}${left ? ', left alone' : ''}: ${message} [${code}]`,
    );
  }
  return lines.join('\n');
}

function describeTime(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return `${Math.round(seconds)} s`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
