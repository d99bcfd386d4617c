// What every command shares: the options that are not part of a spec, cancellation by signals, and exit codes.
import type { Argv } from 'yargs';
import { LongattnError, show } from '../base/errors.js';
import { ProgressPrinter, type LogFormat } from './progress.js';
import { onStopping, signalExit } from './signals.js';

export interface CommandContext {
  signal: AbortSignal;
  progress: ProgressPrinter;
  json: boolean;
}

export function withGlobals<T>(yargs: Argv<T>): Argv<T> {
  return yargs
    .option('log-format', {
      type: 'string',
      requiresArg: true,
      choices: ['text', 'json'],
      default: 'text',
      describe: 'progress on stderr as text or JSON lines',
    })
    .option('json', { type: 'boolean', describe: 'print the result as JSON' });
}

/**
 * Run a command: stops it on a signal that asks for an end (a second one ends at once), maps errors to exit codes.
 * Finished parts stay: the same command goes on where it was stopped.
 * @param stopping what a first signal is answered with
 */
export async function runCommand(
  argv: Record<string, unknown>,
  action: (context: CommandContext) => Promise<void>,
  stopping = 'finishing what is being written; the same command will go on from here',
): Promise<void> {
  const controller = new AbortController();
  let received: NodeJS.Signals | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (received) {
      progress.stop();
      process.exit(signalExit(signal));
    }
    received = signal;
    progress.line(`${signal}: ${stopping}`);
    controller.abort(new LongattnError('CANCELLED', `stopped by ${signal}`));
  };
  const progress = new ProgressPrinter(argv['logFormat'] as LogFormat);
  const unlisten = onStopping(onSignal);
  try {
    await action({ signal: controller.signal, progress, json: argv['json'] === true });
    if (received) process.exitCode = signalExit(received);
  } catch (error) {
    progress.stop();
    process.exitCode = received ? signalExit(received) : reportError(error, argv['logFormat'] === 'json');
  } finally {
    progress.stop();
    unlisten();
  }
}

/** One line for an error that the user can act on, a stack for a fault of ours. Returns the exit code. */
export function reportError(error: unknown, json: boolean): number {
  const known = error instanceof LongattnError ? error : undefined;
  const message = error instanceof Error ? error.message : show(error);
  if (json) {
    const { code, kind } = known ?? { code: 'FAULT', kind: 'fault' };
    process.stderr.write(`${JSON.stringify({ type: 'error', code, kind, message })}\n`);
  } else if (known) {
    process.stderr.write(`error: ${message} [${known.code}]\n`);
  } else {
    process.stderr.write(`fault: ${error instanceof Error ? (error.stack ?? message) : message}\n`);
  }
  return known?.exitCode ?? 1;
}
