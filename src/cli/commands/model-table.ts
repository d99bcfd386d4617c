// The report of `longattn model inspect` as tables for a person.
import type { ModelReport } from '../../model-tools/inspect-model.js';
import { renderTable } from '../output.js';

export function describeModel(report: ModelReport): string {
  const facts: [string, string][] = [
    ['model', report.id === undefined ? report.folder : `${report.id}@${report.commit}`],
    ['architecture', report.architecture],
    ['layers', count(report.layerCount)],
    ['heads', count(report.heads)],
    ['key/value heads', count(report.kvHeads)],
    ['head dim', count(report.headDim)],
    ['hidden size', count(report.hiddenSize)],
    ['vocabulary', count(report.vocabSize)],
    ['window limit', windowLimit(report)],
    ['sliding windows', slidingWindows(report.slidingWindows)],
    ['asked layers', report.layers.join(', ')],
    [
      'read for them',
      `${bytes(report.bytes)}${report.totalBytes === undefined ? '' : ` of ${bytes(report.totalBytes)}`}, ${report.dtype}`,
    ],
    ['to download', bytes(report.missingBytes)],
    ['around a text', aroundText(report.tokenizer)],
    ...(report.unknownKeys.length > 0
      ? [['config keys that nothing here knows', report.unknownKeys.join(', ')] as [string, string]]
      : []),
    ['folder', report.folder],
  ];
  const tensors = report.tensors.map(({ name, dtype, shape, bytes: size, file }) => [
    name,
    dtype,
    shape.join(' x '),
    count(size),
    file,
  ]);
  return [
    renderTable(['what', 'value'], facts),
    renderTable(['tensor', 'dtype', 'shape', 'bytes', 'file'], tensors),
    ...remarks(report.tokenizer),
  ].join('\n');
}

/** Ids that the tokenizer adds to every text. */
function aroundText(tokenizer: ModelReport['tokenizer']): string {
  if ('problem' in tokenizer) return 'not known: the tokenizer cannot be read (below)';
  return tokenizer.added.length > 0 ? `ids ${tokenizer.added.join(', ')}` : 'nothing: no BOS, no EOS';
}

/** Why they are not known, or what contradicts them: sentences, which would make a table as wide as themselves. */
function remarks(tokenizer: ModelReport['tokenizer']): string[] {
  return 'problem' in tokenizer ? [tokenizer.problem] : tokenizer.warnings.map(({ message }) => message);
}

function windowLimit({ maxPositions, maxLength }: ModelReport): string {
  if (maxLength !== undefined) return `${count(maxLength)} tokens: the model has no positions beyond`;
  return maxPositions === undefined ? 'not said' : `${count(maxPositions)} tokens; longer windows are extrapolation`;
}

/** Runs of layers with the same window: `0-4: 1,024; 5: full; ...`. */
function slidingWindows(windows: readonly number[]): string {
  if (windows.every((window) => window === 0)) return 'none: every layer sees the whole window';
  const runs: { from: number; to: number; window: number }[] = [];
  windows.forEach((window, layer) => {
    const last = runs.at(-1);
    if (last?.window === window) last.to = layer;
    else runs.push({ from: layer, to: layer, window });
  });
  return runs
    .map(({ from, to, window }) => `${from === to ? from : `${from}-${to}`}: ${window === 0 ? 'full' : count(window)}`)
    .join('; ');
}

const count = (value: number): string => value.toLocaleString('en');

function bytes(value: number): string {
  const unit = [
    [1e9, 'GB'],
    [1e6, 'MB'],
    [1e3, 'kB'],
  ].find(([size]) => value >= (size as number)) as [number, string] | undefined;
  return unit ? `${(value / unit[0]).toFixed(1)} ${unit[1]}` : `${value} bytes`;
}
