// `longattn check --input ...`: what would be refused, and why, before hours are spent. Exit 0 where a run would go through, else 3.
import type { CommandModule } from 'yargs';
import { counted } from '../../base/counted.js';
import { CHECK, type CheckOptions } from '../../options/check-options.js';
import type { CheckReport, FilesAndBytes } from '../../pipeline/check.js';
import { lostRows } from '../../run/refused-files.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions } from '../options.js';
import { printResult, renderTable } from '../output.js';

const EXIT_REFUSED = 3;
/** The rest is in --json. */
const SHOWN = 20;

export const checkCommand: CommandModule = {
  command: 'check',
  describe:
    'read a corpus without a run: what would be refused, and why; exit 0 when a run would go through, 3 when not',
  builder: (yargs) =>
    addOptions(yargs, CHECK)
      .example('$0 check --input book=moby.txt', '')
      .example('$0 check --input moby.txt --tokenizer models/smollm2-135m-layer0 --window 4096', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const { check } = await import('../../pipeline/check.js');
      const options = collectOptions(CHECK, argv) as unknown as CheckOptions;
      const report = await check(options, { signal, onProgress: progress.on });
      progress.stop();
      printResult(json ? JSON.stringify(report, null, 2) : describe(report));
      if (report.stops.length > 0) process.exitCode = EXIT_REFUSED;
    }),
};

function describe(report: CheckReport): string {
  const { listed, read, readInPart, unread, skipped, reasons, refused, rejects, nonFinite, stops } = report;
  const count = (value: number | undefined): string => value?.toLocaleString('en') ?? '';
  const line = (name: string, { files, bytes }: FilesAndBytes): string =>
    `${name.padEnd(10)}${counted(files, 'file')}, ${counted(bytes, 'byte')}`;
  const domains = report.domains.map(({ domain, documents, characters, tokens, windows, shortDocuments }) => [
    ...[domain, count(documents), count(characters), count(tokens), count(windows), count(shortDocuments)],
  ]);
  const groups = reasons
    .slice(0, SHOWN)
    .map(({ what, count: n, reason, example: { file, line } }) => [
      ...[count(n), `${what}${n === 1 ? '' : 's'}`, reason, line === 0 ? file : `${file}:${line}`],
    ]);
  return [
    line('listed', listed),
    line('read', read),
    ...(readInPart.files > 0 ? [line('in part', readInPart)] : []),
    ...(unread.files > 0 ? [line('unread', unread)] : []),
    ...(skipped.length > 0 ? [`skipped   ${count(skipped.length)} such as ${skipped[0]}`] : []),
    renderTable(['domain', 'documents', 'characters', 'tokens', 'windows', 'short'], domains),
    ...(groups.length > 0 ? [renderTable(['refused', 'what', 'reason', 'such as'], groups)] : []),
    ...(reasons.length > SHOWN ? [`and ${reasons.length - SHOWN} more reasons (--json)`] : []),
    // What would end the run names them itself.
    ...(stops.some(({ code }) => code === 'INPUT_REFUSED') ? [] : refused)
      .slice(0, SHOWN)
      .map((file) => `refused: ${file.file} (${file.reason}; ${lostRows(file)})`),
    ...(nonFinite > 0 ? [`${counted(nonFinite, 'row')} with NaN or Infinity, which is no JSON: read as null`] : []),
    ...stops.map(({ code, message }) => `a run would stop: ${message} [${code}]`),
    ...(stops.length === 0
      ? [`a run would go through${rejects + refused.length > 0 ? ' without what is refused' : ''}`]
      : []),
  ].join('\n');
}
