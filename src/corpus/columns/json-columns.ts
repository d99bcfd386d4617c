// Columns of JSON lines, or of an array of rows: a row at a time, typed by all rows of all such files of the run.
import { Field, Null } from 'apache-arrow';
import type { UnpackOptions } from '../format.js';
import { byteStream } from '../byte-stream.js';
import { jsonShape } from '../json-shape.js';
import { arrayElements } from '../json-values.js';
import { isBlank, splitLines, type Line } from '../lines.js';
import { parseJson } from '../parse-json.js';
import { decodeUtf8, withoutBom } from '../utf8.js';
import type { ColumnFile, ColumnSource } from './column-source.js';
import { cellOf, JsonShape, type JsonType } from './json-type.js';

/** One for a run: what one file says of a column holds in the others too. */
export class JsonColumns implements ColumnSource {
  readonly #shapes = new Map<string, JsonShape>();
  readonly #types = new Map<string, JsonType>();

  /** @param wanted columns whose types will be asked for; undefined: all */
  constructor(readonly wanted?: ReadonlySet<string>) {}

  /** All rows are read. Types are known when all files were, by `typeOf`: these have none yet. */
  async fields(file: ColumnFile, options: UnpackOptions): Promise<Field[]> {
    const names = new Set<string>();
    for await (const line of rowLines(file, options)) {
      for (const [name, value] of Object.entries(rowOf(line) ?? {})) {
        names.add(name);
        if (this.wanted && !this.wanted.has(name)) continue;
        if (!this.#shapes.has(name)) this.#shapes.set(name, new JsonShape());
        this.#shapes.get(name)!.add(value);
      }
    }
    return [...names].map((name) => new Field(name, UNKNOWN, true));
  }

  /** @throws Error with the reason, where its values cannot be kept */
  typeOf(name: string): JsonType {
    const known = this.#types.get(name) ?? this.#shapes.get(name)!.resolve();
    this.#types.set(name, known);
    return known;
  }

  async *stretches(
    file: ColumnFile,
    fields: readonly Field[],
    options: UnpackOptions,
  ): ReturnType<ColumnSource['stretches']> {
    const columns = fields.map(({ name }) => ({ name, type: this.#shapes.has(name) ? this.typeOf(name) : undefined }));
    for await (const line of rowLines(file, options)) {
      const load = async () => {
        const row = rowOf(line) ?? {};
        const cells = columns.map(({ name, type }) =>
          type && Object.hasOwn(row, name) ? cellOf(type, row[name]) : null,
        );
        return () => cells;
      };
      yield { first: line.number, rows: 1, load };
    }
  }
}

/** Of what all files say together. */
const UNKNOWN = new Null();

async function* rowLines(file: ColumnFile, options: UnpackOptions): AsyncGenerator<Line, void, undefined> {
  const isArray = (await jsonShape({ ...file, name: file.path, format: 'jsonl' }, options)) === 'array';
  const bytes = byteStream(file, file.compression, options);
  for await (const line of isArray ? arrayElements(bytes) : splitLines(bytes)) {
    if (!line.bytes || !isBlank(line.bytes)) yield line;
  }
}

/** The object of a line; undefined where the row was refused because there is none. */
function rowOf({ bytes, number }: Line): Record<string, unknown> | undefined {
  const text = bytes && decodeUtf8(number === 1 ? withoutBom(bytes) : bytes);
  const parsed = text === undefined ? undefined : parseJson(text);
  if (!parsed?.ok || typeof parsed.value !== 'object' || Array.isArray(parsed.value)) return undefined;
  return (parsed.value as Record<string, unknown> | null) ?? undefined;
}
