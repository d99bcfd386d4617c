// `longattn serve RUN`: prints the address of the page, and the line that reaches it from another desk; ends by a signal.
import { spawn } from 'node:child_process';
import os from 'node:os';
import type { CommandModule } from 'yargs';
import { parseRows } from '../../options/parse-rows.js';
import { SERVE_COMMAND } from '../../options/serve-options.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions, once } from '../options.js';
import { printResult } from '../output.js';

const PARENT_POLL_MS = 1000;

export const serveCommand: CommandModule = {
  command: 'serve <run>',
  describe: 'the page of report on 127.0.0.1, with every window, its attention, and what another k or head would keep',
  builder: (yargs) =>
    addOptions(yargs, SERVE_COMMAND)
      .positional('run', { type: 'string', describe: 'the run directory, with a selection', demandOption: true })
      .example('$0 serve RUN', '')
      .example('$0 serve RUN --port 8000 --open', ''),
  handler: (argv) =>
    runCommand(
      argv,
      async ({ signal, progress, json }) => {
        // Before there is anything to wait for: a parent that goes meanwhile would not be missed.
        const parent = process.ppid;
        const { open, dieWithParent, port } = parseRows(SERVE_COMMAND, collectOptions(SERVE_COMMAND, argv));
        const { serve } = await import('../../serve/serve.js');
        await using served = await serve(once(argv, 'run')!, { port }, { signal, onProgress: progress.on });
        progress.stop();
        const tunnel = `ssh -N -L ${served.port}:127.0.0.1:${served.port} ${os.userInfo().username}@${os.hostname()}`;
        printResult(
          json
            ? JSON.stringify({ url: served.url, port: served.port, tunnel }, null, 2)
            : `${served.url}\nfrom another machine: ${tunnel}\nCtrl-C ends it.`,
        );
        if (open) openBrowser(served.url, (message) => progress.line(message));
        await ended(signal, dieWithParent ? parent : undefined);
      },
      'closing the page',
    ),
};

function openBrowser(url: string, tell: (message: string) => void): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const child = spawn(program, [url], { stdio: 'ignore', detached: true });
  child.on('error', ({ message }) => tell(`${program} cannot be started (${message}): open the address yourself`));
  child.unref();
}

/** A parent that has gone is told by no event. */
function ended(signal: AbortSignal, parent: number | undefined): Promise<void> {
  return new Promise((resolve) => {
    const watch =
      parent !== undefined ? setInterval(() => process.ppid !== parent && end(), PARENT_POLL_MS) : undefined;
    const end = (): void => {
      clearInterval(watch);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
