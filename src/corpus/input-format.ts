// Which reader a file gets: by its name alone, so that a plan needs to open no file to know.

export type InputFormat = 'text' | 'jsonl' | 'parquet' | 'arrow';
export type Compression = 'none' | 'gzip' | 'zstd';

const FORMATS: Record<string, InputFormat> = {
  txt: 'text',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  json: 'jsonl',
  parquet: 'parquet',
  arrow: 'arrow',
};
const COMPRESSIONS: Record<string, Compression> = { gz: 'gzip', zst: 'zstd' };

/** For messages: what a user may give. */
export const KNOWN_FORMATS =
  '.txt, .jsonl (also .ndjson, .json with one document a line), each also .gz or .zst, .parquet, .arrow';

/** A file of one kind, or undefined when the name says nothing that is known. Parquet and Arrow bring their own compression. */
export function inputFormat(file: string): { format: InputFormat; compression: Compression } | undefined {
  const extensions = file.toLowerCase().split(/[/\\]/).pop()!.split('.').slice(1);
  const compression = COMPRESSIONS[extensions.at(-1) ?? ''];
  const format = FORMATS[extensions.at(compression ? -2 : -1) ?? ''];
  if (!format || (compression && format !== 'text' && format !== 'jsonl')) return undefined;
  return { format, compression: compression ?? 'none' };
}
