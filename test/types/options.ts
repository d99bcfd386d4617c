// Types of the Node API's options, checked by tsc (npm run lint); nothing here runs.
import { annotate, run, select, attention, LongattnError, type ErrorCode, type RunOptions } from '../../src/index.js';

export async function rightTypes(): Promise<void> {
  await run({ input: ['book=moby.txt'], model: 'm', window: 4096, keep: 0.125, output: 'RUN' });
  await run({
    input: [{ domain: 'book', patterns: ['*.txt'] }],
    model: 'm',
    layers: [0, 8],
    k: 'quarter',
    output: 'RUN',
  });
  await select({ output: 'RUN', keep: '20%', heads: [0, 2, 5] }, { signal: AbortSignal.abort() });
  await select({ output: 'RUN', unit: 'document', aggregate: 'max' });
  await select({ output: 'RUN', keepTokens: '1.5B', quota: { book: 0.6, code: 0.4 }, _note: 'for people' });
  await attention({ model: 'm', text: 'a', heads: 'mean', map: false, rows: [3] });
  const annotated = await annotate('RUN', { output: 'OUT', scores: ['gzip', 'content@17'] });
  annotated.files.map(({ name, source, rows }: { name: string; source?: string; rows: number }) => [
    name,
    source,
    rows,
  ]);
}

export async function wrongTypes(): Promise<void> {
  // @ts-expect-error a window is a number
  await run({ output: 'RUN', window: {} });
  // @ts-expect-error nor is it any text
  await run({ output: 'RUN', window: 'many' });
  // @ts-expect-error no option is a symbol
  await run({ output: 'RUN', k: Symbol() });
  // @ts-expect-error the run directory is needed
  await run({ input: 'book=moby.txt' });
  // @ts-expect-error an option that there is not
  await run({ output: 'RUN', colour: 'red' });
  // @ts-expect-error one of three formats
  await run({ output: 'RUN', format: 'csv' });
  // @ts-expect-error hooks are the second argument
  await select({ output: 'RUN', signal: AbortSignal.abort() });
  // @ts-expect-error hooks are the second argument
  await attention({ model: 'm', text: 'a', onProgress: () => undefined });
  // @ts-expect-error the run directory comes first
  await annotate({ output: 'OUT' });
  // @ts-expect-error a share is a number or "20%"
  const options: RunOptions = { output: 'RUN', keep: [0.2] };
  await run(options);
}

export function errorCodes(error: LongattnError): ErrorCode {
  // @ts-expect-error no code of the table
  new LongattnError('COLOUR_WRONG', 'red');
  // @ts-expect-error nor can there be one to compare with
  if (error.code === 'COLOUR_WRONG') return 'FAULT';
  return error.code === 'SPEC_CHANGED' ? error.code : 'INVALID_OPTION';
}
