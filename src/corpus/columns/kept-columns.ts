// `--keep-columns`: the source's own columns of a document, by its row, with one type a column over all files of the run.
//
// Rows are asked for in the order of the corpus, so each file is read once, forwards, and what holds no asked row is passed over.
import { DataType, Field } from 'apache-arrow';
import { dataError, invalid, LongattnError, show } from '../../base/errors.js';
import { fieldType } from '../../arrow/schema.js';
import { plainField, signatureOf, type Value } from '../../arrow/values.js';
import { BrokenInput } from '../broken-input.js';
import type { InputFile, UnpackOptions } from '../format.js';
import type { FormatName } from '../formats.js';
import { neededColumns, type FieldOptions } from '../row-document.js';
import { arrowColumns } from './arrow-columns.js';
import type { ColumnSource, Stretch } from './column-source.js';
import { JsonColumns } from './json-columns.js';
import { parquetColumns } from './parquet-columns.js';

/** A file of the run: as it was typed, and where it can be opened from here. */
export interface KeptInput {
  file: InputFile;
  place: string;
}

export interface KeepOptions extends UnpackOptions {
  /** Names of columns, or `all` alone. */
  columns: readonly string[];
  /** What the run reads as text, ids, id and domain: `all` leaves these out. */
  fields: FieldOptions;
  signal?: AbortSignal | undefined;
}

interface Found extends KeptInput {
  source: ColumnSource;
  fields: readonly Field[];
  /** Why it has none. */
  broken?: string;
}

interface LoadedStretch extends Stretch {
  /** Kept when it failed, too: a broken group is not read again for each of its rows. */
  cells?: ReturnType<Stretch['load']>;
}

export class KeptColumns {
  readonly #found: ReadonlyMap<string, Found>;
  readonly #nulls: readonly null[];
  #open: { file: Found; stretches: AsyncGenerator<Stretch, void, undefined> } | undefined;
  #stretch: LoadedStretch | undefined;

  private constructor(
    /** As they are written, in order: nullable, without dictionaries. */
    readonly fields: readonly Field[],
    found: readonly Found[],
    readonly options: UnpackOptions,
  ) {
    this.#found = new Map(found.map((file) => [file.file.path, file]));
    this.#nulls = fields.map(() => null);
  }

  /**
   * Find the columns of all files. Parquet and Arrow say their types; JSON is read once for them.
   * @throws LongattnError INVALID_OPTION for a column that no file has; COLUMN_TYPE where its types differ or cannot be kept;
   *   INPUT_UNREADABLE
   */
  static async open(
    inputs: readonly KeptInput[],
    { columns, fields, signal, ...unpack }: KeepOptions,
  ): Promise<KeptColumns> {
    const all = columns.length === 1 && columns[0] === 'all';
    const json = new JsonColumns(all ? undefined : new Set(columns));
    const sources: Partial<Record<FormatName, ColumnSource>> = {
      jsonl: json,
      parquet: parquetColumns,
      arrow: arrowColumns,
    };
    const found: Found[] = [];
    for (const input of inputs) {
      signal?.throwIfAborted();
      const source = sources[input.file.format as FormatName];
      if (source) found.push(await inspect(input, source, unpack));
    }
    const present = [...new Set(found.flatMap((file) => file.fields.map(({ name }) => name)))];
    const names = all ? ownColumns(found, fields) : [...new Set(columns)];
    for (const name of names) {
      const there =
        present.length > 0
          ? `one of ${present.join(', ')}, or all`
          : 'the name of a column, and no file of this corpus has one';
      if (!present.includes(name)) throw invalid('keepColumns', name, there);
    }
    if (names.length === 0)
      throw invalid('keepColumns', 'all', 'left out: the corpus has no columns but those that are read');
    const kept = names.map((name) => mergedField(name, found, json));
    return new KeptColumns(kept, found, unpack);
  }

  /** @param key of a document, as window ids begin with it */
  valuesOf(source: string, key: string): Promise<readonly Value[]> {
    const name = this.#found.get(source)?.file.name;
    return this.valuesAt(
      source,
      name !== undefined && key.startsWith(`${name}:`) ? Number(key.slice(name.length + 1)) : 0,
    );
  }

  /**
   * In the order of `fields`; null where the file has no such column, or no rows.
   * @param row 1-based; 0: the whole file
   * @throws LongattnError COLUMN_UNREADABLE
   */
  async valuesAt(source: string, row: number): Promise<readonly Value[]> {
    const file = this.#found.get(source);
    if (!file || row === 0) return this.#nulls;
    try {
      if (file.broken !== undefined) throw new BrokenInput(file.broken);
      const stretch = await this.#stretchOf(file, row);
      if (!stretch) throw new BrokenInput(`it has no row ${row}`);
      stretch.cells ??= stretch.load();
      return (await stretch.cells)(row - stretch.first);
    } catch (error) {
      if (error instanceof LongattnError) throw error;
      throw dataError(
        'COLUMN_UNREADABLE',
        `The columns of row ${row} of ${show(source)} cannot be read: ${(error as Error).message}. Leave --keep-columns out, or mend the file and start a new run.`,
        error,
      );
    }
  }

  async close(): Promise<void> {
    const open = this.#open;
    this.#open = this.#stretch = undefined;
    await open?.stretches.return();
  }

  async #stretchOf(file: Found, row: number): Promise<LoadedStretch | undefined> {
    const isBehind = this.#open?.file === file && this.#stretch && row < this.#stretch.first;
    if (this.#open?.file !== file || isBehind) {
      await this.close();
      const place = { ...file.file, path: file.place };
      this.#open = { file, stretches: file.source.stretches(place, this.fields, this.options) };
    }
    while (!this.#stretch || row >= this.#stretch.first + this.#stretch.rows) {
      const next = await this.#open.stretches.next();
      if (next.done) return undefined;
      this.#stretch = next.value;
    }
    return this.#stretch;
  }
}

async function inspect(input: KeptInput, source: ColumnSource, options: UnpackOptions): Promise<Found> {
  const found = { ...input, source };
  try {
    return { ...found, fields: await source.fields({ ...input.file, path: input.place }, options) };
  } catch (error) {
    // The run has refused such a file, and asks for none of its rows.
    if (!(error instanceof BrokenInput)) throw error;
    return { ...found, fields: [], broken: error.message };
  }
}

/** All but those that the run reads, which stand in its own columns. */
function ownColumns(found: readonly Found[], options: FieldOptions): string[] {
  const names = found.flatMap(({ file, fields }) => {
    const available = fields.map(({ name }) => name);
    const needed = neededColumns(available, options, file.domain !== undefined);
    // A field of a struct that is read does not make the struct ours.
    const dotted = [options.textField, options.idField, options.idsField, options.domainField].map(
      (field) => field?.split('.')[0],
    );
    const isWhole = (name: string): boolean => !dotted.includes(name) || Object.values(options).includes(name);
    const read = 'columns' in needed ? needed.columns.filter(isWhole) : [];
    return available.filter((name) => !read.includes(name));
  });
  return [...new Set(names)];
}

function mergedField(name: string, found: readonly Found[], json: JsonColumns): Field {
  let merged: { field: Field; path: string } | undefined;
  for (const { file, fields, source } of found) {
    const own = fields.find((field) => field.name === name);
    if (!own) continue;
    const field = plain(name, file.path, () =>
      plainField(source === json ? new Field(name, json.typeOf(name).type) : own),
    );
    if (!merged || DataType.isNull(fieldType(merged.field))) merged = { field, path: file.path };
    else if (
      !DataType.isNull(fieldType(field)) &&
      signatureOf(fieldType(field)) !== signatureOf(fieldType(merged.field))
    ) {
      throw dataError(
        'COLUMN_TYPE',
        `The column ${show(name)} is ${String(merged.field.type)} in ${show(merged.path)} and ${String(field.type)} in ${show(file.path)}. ` +
          'One type is needed: leave it out of --keep-columns, or write the files alike.',
      );
    }
  }
  return merged!.field;
}

function plain(name: string, path: string, work: () => Field): Field {
  try {
    return work();
  } catch (error) {
    throw dataError(
      'COLUMN_TYPE',
      `The column ${show(name)} of ${show(path)} cannot be kept: ${(error as Error).message}. Leave it out of --keep-columns.`,
      error,
    );
  }
}
