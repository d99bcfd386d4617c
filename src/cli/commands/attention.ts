// `longattn attention`: rows of the attention matrix and its block means, into an Arrow file of tensors.
import { readFile } from 'node:fs/promises';
import type { CommandModule } from 'yargs';
import { attention, type AttentionOptions, type AttentionResult } from '../../attention/attention.js';
import { writeAttention } from '../../attention/attention-file.js';
import { DEFAULT_BLOCKS } from '../../attention/options.js';
import { dataError, LongattnError, show } from '../../base/errors.js';
import type { Columns } from '../../arrow/schema.js';
import { decodeUtf8, withoutBom } from '../../corpus/utf8.js';
import { readError } from '../../io/io-error.js';
import { runCommand } from '../context.js';
import { withOptions } from '../options.js';
import { printResult, renderTable } from '../output.js';

/** All text: src/attention/options.ts parses it. */
const OPTIONS = {
  model: { describe: 'folder, org/name[@revision] on the Hub, or a fetched model (longattn model fetch)' },
  input: { alias: 'i', describe: 'a text file (UTF-8), read as one document' },
  ids: { describe: 'token ids instead of a text: a list such as 1,2,3, or a JSON file with one' },
  start: { describe: 'first token of the window', defaultDescription: '0' },
  window: { describe: 'tokens of the window, at most', defaultDescription: '32768' },
  layer: { describe: 'layers: 0, a list such as 0,7, or all', defaultDescription: '0' },
  heads: { describe: 'heads: all, a list such as 0,3, or mean (one result, over all)', defaultDescription: 'all' },
  rows: { describe: 'rows to write in full, as a list such as 100,2000', defaultDescription: 'none' },
  'rope-theta': { describe: "RoPE base instead of the model's own" },
  dtype: { describe: 'what layers above 0 are run in: float32, or weights (as stored)', defaultDescription: 'float32' },
  device: { describe: 'where layers are run: cpu, cuda or cuda:i', defaultDescription: 'cpu' },
  threads: { describe: 'threads of the kernel, 0 for all cores', defaultDescription: '0' },
} as const;

export const attentionCommand: CommandModule = {
  command: 'attention',
  describe: 'write rows of the attention matrix, and the whole of it as block means, as Arrow tensors',
  builder: (yargs) => {
    withOptions(yargs, []);
    for (const [name, option] of Object.entries(OPTIONS)) {
      yargs.option(name, { type: 'string', requiresArg: true, ...option });
    }
    return yargs
      .option('map', {
        type: 'string',
        describe: `blocks of the map to either side: --map, or --map 64; "none" for no map`,
        defaultDescription: `${DEFAULT_BLOCKS} without --rows, none with`,
      })
      .option('output', {
        alias: 'o',
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'the Arrow file to write',
      })
      .example('$0 attention --model models/smollm2-135m-layer0 --input README.md -o map.arrow', '')
      .example(
        '$0 attention --model models/smollm2-135m-layer0 -i README.md --heads 0,3 --rows 100,900 --map 64 -o both.arrow',
        '',
      )
      .epilogue(
        'In Python: pa.ipc.open_file("map.arrow").read_all()["map"].combine_chunks().to_numpy_ndarray() is [records, B, B].',
      );
  },
  handler: (argv) =>
    runCommand(argv, async ({ options, signal, progress, json }) => {
      const output = once(argv, 'output')!;
      const { model, window, layer: layers, heads, threads, device, ropeTheta, dtype } = options;
      const own = {
        ...{ model, window, layers, heads, threads, device, ropeTheta, dtype },
        ...{ start: once(argv, 'start'), rows: once(argv, 'rows'), map: mapOf(once(argv, 'map')) },
        ...(await readInput(once(argv, 'input'), once(argv, 'ids'))),
      };
      const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
      const result = await attention({ ...(given as unknown as AttentionOptions), signal, onProgress: progress.on });
      const columns = await writeAttention(output, result);
      printResult(json ? JSON.stringify(summary(output, result, columns), null, 2) : describe(output, result, columns));
    }),
};

/** `--map` alone is the default number of blocks. */
function mapOf(value: string | undefined): unknown {
  return value === '' ? DEFAULT_BLOCKS : value === 'none' ? false : value;
}

async function readInput(
  input: string | undefined,
  ids: string | undefined,
): Promise<{ text?: string; ids?: unknown }> {
  return {
    ...(input !== undefined && { text: await readText(input) }),
    ...(ids !== undefined && { ids: /^[\d\s,]+$/.test(ids) ? ids.split(',').map(Number) : await readIds(ids) }),
  };
}

async function readText(path: string): Promise<string> {
  const text = decodeUtf8(withoutBom(await read(path)));
  if (text === undefined) throw dataError('TEXT_INVALID', `${path} is not valid UTF-8.`);
  if (text === '') throw dataError('TEXT_INVALID', `${path} is empty.`);
  return text;
}

async function readIds(path: string): Promise<unknown> {
  const bytes = await read(path);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw dataError('TOKEN_ID', `${path} must hold a JSON list of token ids such as [1, 2, 3]: ${reason}`, cause);
  }
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw readError(error, path);
  }
}

function once(argv: Record<string, unknown>, name: string): string | undefined {
  const value = argv[name];
  if (!Array.isArray(value)) return value as string | undefined;
  const times = `${value.length} times (${value.map(show).join(', ')})`;
  throw new LongattnError('INVALID_OPTION', 'usage', `--${name} must not be given ${times}. Give it once.`);
}

function summary(output: string, { ids, rows, blocks, attention: found, metadata }: AttentionResult, columns: Columns) {
  const places = found.map(({ layer, head }) => ({ layer, head }));
  return { output, tokens: ids.length, rows, blocks, records: places, columns, metadata };
}

function describe(output: string, result: AttentionResult, columns: Columns): string {
  const layers = new Set(result.attention.map(({ layer }) => layer)).size;
  return [
    renderTable(['column', 'type'], Object.entries(columns)),
    `${output}: ${result.attention.length} records (${layers} layers), a window of ${result.ids.length.toLocaleString('en')} tokens`,
  ].join('\n');
}
