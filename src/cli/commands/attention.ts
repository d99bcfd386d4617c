// `longattn attention`: rows of the attention matrix and its block means, into an Arrow file of tensors.
import type { CommandModule } from 'yargs';
import type { AttentionResult } from '../../attention/attention.js';
import { counted } from '../../base/counted.js';
import { dataError, LongattnError } from '../../base/errors.js';
import type { Columns } from '../../arrow/schema.js';
import { decodeUtf8, withoutBom } from '../../corpus/utf8.js';
import { ATTENTION_COMMAND, type AttentionOptions } from '../../options/attention-options.js';
import { parseRows } from '../../options/parse-rows.js';
import { wholeFile } from '../../storage/whole-file.js';
import { runCommand } from '../context.js';
import { addOptions, collectOptions } from '../options.js';
import { printResult, renderTable } from '../output.js';

export const attentionCommand: CommandModule = {
  command: 'attention',
  describe: 'write rows of the attention matrix, and the whole of it as block means, as Arrow tensors',
  builder: (yargs) =>
    addOptions(yargs, ATTENTION_COMMAND)
      .example('$0 attention --model models/smollm2-135m-layer0 --input README.md -o map.arrow', '')
      .example(
        '$0 attention --model models/smollm2-135m-layer0 -i README.md --heads 0,3 --rows 100,900 --map 64 -o both.arrow',
        '',
      )
      .epilogue(
        'In Python: pa.ipc.open_file("map.arrow").read_all()["map"].combine_chunks().to_numpy_ndarray() is [records, B, B].',
      ),
  handler: (argv) =>
    runCommand(argv, async ({ signal, progress, json }) => {
      const { input, ids, output: to, ...options } = collectOptions(ATTENTION_COMMAND, argv);
      const { output } = parseRows({ output: ATTENTION_COMMAND.output }, { output: to });
      const read = await readInput(input as string | undefined, ids as string | undefined);
      const given = { ...options, ...read } as unknown as AttentionOptions;
      const { attention } = await import('../../attention/attention.js');
      const { writeAttention } = await import('../../attention/attention-file.js');
      const result = await attention(given, { signal, onProgress: progress.on });
      const columns = await writeAttention(output, result);
      printResult(json ? JSON.stringify(summary(output, result, columns), null, 2) : describe(output, result, columns));
    }),
};

async function readInput(
  input: string | undefined,
  ids: string | undefined,
): Promise<{ text?: string; ids?: unknown }> {
  if ((input === undefined) === (ids === undefined)) {
    const what = input === undefined ? 'input or ids is missing' : 'input and ids must not both be given';
    throw new LongattnError('MISSING_OPTION', `${what}. Give one of them: --input FILE, or --ids 1,2,3.`);
  }
  return {
    ...(input !== undefined && { text: await readText(input) }),
    ...(ids !== undefined && { ids: /^[\d\s,]+$/.test(ids) ? ids.split(',').map(Number) : await readIds(ids) }),
  };
}

async function readText(path: string): Promise<string> {
  const text = decodeUtf8(withoutBom(await wholeFile(path)));
  if (text === undefined) throw dataError('TEXT_INVALID', `${path} is not valid UTF-8.`);
  if (text === '') throw dataError('TEXT_INVALID', `${path} is empty.`);
  return text;
}

async function readIds(path: string): Promise<unknown> {
  const bytes = await wholeFile(path);
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    const reason = (cause as Error).message;
    throw dataError('TOKEN_ID', `${path} must hold a JSON list of token ids such as [1, 2, 3]: ${reason}`, cause);
  }
}

function summary(output: string, { ids, rows, blocks, attention: found, metadata }: AttentionResult, columns: Columns) {
  const places = found.map(({ layer, head }) => ({ layer, head }));
  return { output, tokens: ids.length, rows, blocks, records: places, columns, metadata };
}

function describe(output: string, result: AttentionResult, columns: Columns): string {
  const layers = new Set(result.attention.map(({ layer }) => layer)).size;
  return [
    renderTable(['column', 'type'], Object.entries(columns)),
    `${output}: ${counted(result.attention.length, 'record')} (${counted(layers, 'layer')}), a window of ${result.ids.length.toLocaleString('en')} tokens`,
  ].join('\n');
}
