// Where each window of an export comes from and how it was judged, for formats whose own files hold ids alone: a row a document, in
// their order.
import path from 'node:path';
import type { Row } from '../../arrow/rows.js';
import { EXPORT_COLUMNS } from '../../arrow/schema.js';
import { ArrowWriter } from '../../arrow/writer.js';
import { FileSink } from '../../io/file-sink.js';
import type { ExportFile, FormatContext } from './format.js';
import { withKept } from './table-columns.js';

const { text: _, token_ids: _ids, ...columns } = EXPORT_COLUMNS;
export const PROVENANCE_COLUMNS = columns;
export const PROVENANCE_FILE = 'provenance.arrow';
/** Below the folder of an export whose own files no table reader takes: see by-domain.ts. */
export const PROVENANCE_OF_SHARDS = `*/*/${PROVENANCE_FILE}`;

export class Provenance {
  private constructor(
    readonly sink: FileSink,
    readonly writer: ArrowWriter,
  ) {}

  /** PROVENANCE_FILE in `folder`, in the file format. */
  static async open(
    folder: string,
    { metadata, fs, kept }: Pick<FormatContext, 'metadata' | 'fs' | 'kept'>,
  ): Promise<Provenance> {
    const file = path.join(folder, PROVENANCE_FILE);
    const sink = await FileSink.create(file, file, fs);
    return new Provenance(sink, new ArrowWriter(sink, withKept(PROVENANCE_COLUMNS, kept), { metadata }));
  }

  async push(row: Row): Promise<void> {
    await this.writer.push(row);
  }

  async finish(): Promise<ExportFile> {
    await this.writer.close();
    return { name: PROVENANCE_FILE, rows: 0, ...(await this.sink.finish()) };
  }

  async abandon(): Promise<void> {
    await this.sink.abandon();
  }
}
