// The files of an annotation: one for each table of the corpus, so that a join is a zip, and one for all that has no rows of its own.
import path from 'node:path';
import type { Field } from 'apache-arrow';
import type { Columns } from '../arrow/schema.js';
import type { Value } from '../arrow/values.js';
import { FORMATS, type FormatName } from '../corpus/formats.js';
import { folderName } from '../export/formats/by-domain.js';
import type { ParquetLibrary } from '../export/formats/parquet-stream.js';
import type { FileSystem } from '../io/file-system.js';
import { makeFolder } from '../io/make-folder.js';
import type { RunManifest } from '../run/manifest.js';
import type { AnnotatedFile } from './annotated-file.js';
import { AnnotationFile, type AnnotationCell } from './annotation-file.js';

/** Of text files, each of which is a document, and of files that were refused whole. No file of a corpus has a name without an ending. */
const WHOLE_FILES = 'files.parquet';

export class AnnotationFolder {
  readonly files: AnnotatedFile[] = [];
  readonly #names: Map<string, string>;
  #table: { source: string; name: string; file: AnnotationFile } | undefined;
  #whole: AnnotationFile | undefined;

  constructor(
    readonly folder: string,
    readonly columns: Columns,
    /** Of the corpus, behind ours. */
    readonly kept: readonly Field[],
    inputs: RunManifest['inputs'],
    readonly library: ParquetLibrary,
    readonly fs: FileSystem,
  ) {
    const tables = inputs.filter(({ format }) => !FORMATS[format as FormatName].isDocument);
    this.#names = new Map(tables.map(({ path: file, name }) => [file, fileName(name as string)]));
  }

  /** Rows of a table come one after the other. @param row 0 for a whole file */
  async push(source: string, row: number, cells: readonly AnnotationCell[], values: readonly Value[]): Promise<void> {
    const name = this.#names.get(source);
    if (name === undefined || row === 0) {
      this.#whole ??= await this.#create(WHOLE_FILES);
      return this.#whole.push(cells, values);
    }
    if (this.#table?.source !== source) {
      await this.#endTable();
      this.#table = { source, name, file: await this.#create(name) };
    }
    await this.#table.file.push(cells, values);
  }

  async finish(): Promise<AnnotatedFile[]> {
    await this.#endTable();
    if (this.#whole) this.files.push({ name: WHOLE_FILES, rows: this.#whole.rows, ...(await this.#whole.finish()) });
    return this.files;
  }

  async abandon(): Promise<void> {
    await this.#table?.file.abandon();
    await this.#whole?.abandon();
  }

  async #create(name: string): Promise<AnnotationFile> {
    const file = path.join(this.folder, name);
    await makeFolder(path.dirname(file), this.fs);
    return AnnotationFile.create(file, this.columns, this.kept, this.library, this.fs);
  }

  async #endTable(): Promise<void> {
    if (!this.#table) return;
    const { source, name, file } = this.#table;
    this.#table = undefined;
    this.files.push({ name, source, rows: file.rows, ...(await file.finish()) });
  }
}

/** The name of a file within the run, with ".parquet" behind it. A part of it that could lead out of the folder is encoded. */
function fileName(name: string): string {
  return `${name.split('/').map(folderName).join('/')}.parquet`;
}
