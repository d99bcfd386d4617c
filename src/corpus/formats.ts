// The formats that a corpus may have: one row each. Which one a file has is told by its name alone, so that listing a corpus opens no file.
import { arrowFormat } from './arrow-input.js';
import type { Compression, Format } from './format.js';
import { jsonlFormat } from './jsonl.js';
import { megatronFormat } from './megatron.js';
import { parquetFormat } from './parquet.js';
import { textFormat } from './text-file.js';

/** The names are kept in run.json and in plans. */
export const FORMATS = {
  text: textFormat,
  jsonl: jsonlFormat,
  parquet: parquetFormat,
  arrow: arrowFormat,
  megatron: megatronFormat,
};
export type FormatName = keyof typeof FORMATS;
export type PlaceOf<F> = F extends Format<infer Place> ? Place : never;

const COMPRESSIONS: Record<string, Compression> = { gz: 'gzip', zst: 'zstd', zstd: 'zstd' };

/** Formats that nobody reads here, by their endings, with the command that makes one that is read. */
const CONVERSIONS: Record<string, (file: string) => string> = {
  bz2: (file) => `bzip2 -dc ${file} | gzip > ${stem(file)}.gz`,
  xz: (file) => `xz -dc ${file} | gzip > ${stem(file)}.gz`,
  lz4: (file) => `lz4 -dc ${file} | gzip > ${stem(file)}.gz`,
  br: (file) => `brotli -dc ${file} | gzip > ${stem(file)}.gz`,
  zip: (file) => `unzip ${file} -d ${stem(file)}`,
  tar: (file) => `tar -xf ${file}`,
  tgz: (file) => `tar -xf ${file}`,
  csv: (file) => `duckdb -c "COPY (FROM '${file}') TO '${stem(file)}.parquet'"`,
  tsv: (file) => `duckdb -c "COPY (FROM '${file}') TO '${stem(file)}.parquet'"`,
};

const rows = Object.entries(FORMATS) as [FormatName, Format<never>][];
const byEnding = new Map(rows.flatMap(([name, { endings }]) => endings.map((ending) => [ending, name] as const)));

/** For messages: what a user may give. */
export const KNOWN_FORMATS = knownFormats();

/** A file of one kind, or undefined when the name says nothing that is known. */
export function inputFormat(file: string): { format: FormatName; compression: Compression } | undefined {
  const extensions = extensionsOf(file);
  const compression = COMPRESSIONS[extensions.at(-1) ?? ''];
  const format = byEnding.get(extensions.at(compression ? -2 : -1) ?? '');
  if (!format || (compression && !FORMATS[format].compressible)) return undefined;
  return { format, compression: compression ?? 'none' };
}

/** Without the files that are read with another of the list, such as the .bin of an .idx. */
export function withoutCompanions(files: readonly string[]): string[] {
  const all = new Set(files);
  return files.filter((file) => {
    const ending = extensionsOf(file).at(-1);
    const owners = rows.filter(([, { companion }]) => companion !== undefined && companion === ending);
    return !owners.some(([, { endings }]) => endings.some((owner) => all.has(`${stem(file)}.${owner}`)));
  });
}

/** The command that turns the file into one that can be read, where its ending is known. */
export function conversionOf(file: string): string | undefined {
  return CONVERSIONS[extensionsOf(file).at(-1) ?? '']?.(file);
}

function extensionsOf(file: string): string[] {
  return file.toLowerCase().split(/[/\\]/).pop()!.split('.').slice(1);
}

function stem(file: string): string {
  return file.slice(0, file.lastIndexOf('.'));
}

function knownFormats(): string {
  const packed = Object.keys(COMPRESSIONS).map((ending) => `.${ending}`);
  return rows
    .map(([, { endings, compressible, note }]) => {
      const [first, ...also] = endings.map((ending) => `.${ending}`);
      const notes = [
        ...(also.length > 0 ? [`also ${also.join(', ')}`] : []),
        ...(note ? [note] : []),
        ...(compressible ? [`also with ${packed.join(', ')} after it`] : []),
      ];
      return notes.length > 0 ? `${first} (${notes.join('; ')})` : first!;
    })
    .join(', ');
}
