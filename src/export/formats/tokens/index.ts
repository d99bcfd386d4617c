// One file of token ids a domain (and shard), and beside it what each trainer wants to know of it. The ids are written once: the other
// names are hard links, since 32-bit ids below 2^31 are the same bytes as int32 (Megatron) and uint32 (the others).
//
// A window is a document and nothing is added by default: Megatron takes L + 1 tokens at a stride of L, so an end token behind each
// window of L would shift every later sample by one.
import path from 'node:path';
import type { Row } from '../../../arrow/rows.js';
import { dataError } from '../../../base/errors.js';
import { FileSink } from '../../../io/file-sink.js';
import type { ShardWriter } from '../by-domain.js';
import { writeByDomain } from '../by-domain.js';
import type { ExportFile, ExportFormatRow, FormatContext } from '../format.js';
import { TOKEN_READERS, type TokenReader } from '../../../options/export-formats.js';
import { Provenance, PROVENANCE_OF_SHARDS } from '../provenance.js';
import { datatroveFiles } from './datatrove.js';
import { megatronFiles } from './megatron.js';
import { olmoFiles } from './olmo.js';
import { TOKENS_FILE, type Sidecar } from './sidecar.js';
import { torchtitanFiles } from './torchtitan.js';

const SIDECARS: Record<TokenReader, Sidecar> = {
  megatron: megatronFiles,
  olmo: olmoFiles,
  torchtitan: torchtitanFiles,
  datatrove: datatroveFiles,
};

export const tokens: ExportFormatRow = {
  // Large: a trainer is told each file by name.
  shardBytes: 16e9,
  rows: PROVENANCE_OF_SHARDS,
  ofTokens: ['for', 'idsType', 'eos'],
  open: `import numpy as np
ids = np.memmap("PATH/DOMAIN/00000/tokens.bin", dtype=np.uint32, mode="r")      # any reader

from megatron.core.datasets.indexed_dataset import IndexedDataset
data = IndexedDataset("PATH/DOMAIN/00000/tokens")                               # Megatron-LM, NeMo: --data-path

from olmo_core.data import NumpyFSLDataset
data = NumpyFSLDataset("PATH/DOMAIN/00000/tokens.npy", sequence_length=W, pad_token_id=0, eos_token_id=0, vocab_size=V)

from datatrove.utils.dataset import DatatroveFileDataset
data = DatatroveFileDataset("PATH/DOMAIN/00000/tokens.ds", seq_len=W - 1, token_size=4)   # nanotron

offsets = np.load("PATH/DOMAIN/00000/document_offsets.npy")                     # TorchTitan, with tokens.bin`,
  write: (rows, context) => writeByDomain(rows, context, (folder) => TokenWriter.open(folder, context)),
};

class TokenWriter implements ShardWriter {
  readonly #lengths: number[] = [];
  readonly #bytesPerId: 2 | 4;

  private constructor(
    readonly folder: string,
    readonly context: FormatContext,
    readonly sink: FileSink,
    readonly provenance: Provenance,
  ) {
    this.#bytesPerId = context.settings.idsType === 'uint16' ? 2 : 4;
  }

  static async open(folder: string, context: FormatContext): Promise<TokenWriter> {
    const file = path.join(folder, TOKENS_FILE);
    const sink = await FileSink.create(file, file, context.fs);
    return new TokenWriter(folder, context, sink, await Provenance.open(folder, context));
  }

  get bytes(): number {
    return this.sink.bytes;
  }

  async push(row: Row): Promise<void> {
    const ids = row['token_ids'] as Int32Array;
    const { eos } = this.context.settings;
    const length = ids.length + (eos === undefined ? 0 : 1);
    const packed = this.#bytesPerId === 2 ? new Uint16Array(length) : new Uint32Array(length);
    if (this.#bytesPerId === 2) requireShort(ids, row['window_id'] as string, eos);
    packed.set(ids);
    if (eos !== undefined) packed[length - 1] = eos;
    await this.sink.write(new Uint8Array(packed.buffer));
    this.#lengths.push(length);
    await this.provenance.push(row);
  }

  async finish(): Promise<ExportFile[]> {
    const { folder, context } = this;
    const rows = this.#lengths.length;
    const ids = await this.sink.finish();
    const files: ExportFile[] = [{ name: TOKENS_FILE, rows, ...ids }, await this.provenance.finish()];
    const file = { folder, ids, lengths: this.#lengths, bytesPerId: this.#bytesPerId, context };
    for (const reader of context.settings.for ?? TOKEN_READERS) {
      for (const sidecar of await SIDECARS[reader](file)) files.push({ rows: 0, ...sidecar });
    }
    return files;
  }

  async abandon(): Promise<void> {
    await this.sink.abandon();
    await this.provenance.abandon();
  }
}

/** The rule of Megatron-LM: 16 bits hold ids below 65,500. */
function requireShort(ids: Int32Array, windowId: string, eos = 0): void {
  const wrong = ids.find((id) => id >= 65_500) ?? (eos >= 65_500 ? eos : undefined);
  if (wrong === undefined) return;
  throw dataError(
    'IDS_TOO_LARGE',
    `Window ${windowId} has the token id ${wrong}, and uint16 is for ids below 65500. Leave --ids-type out: uint32 holds every id.`,
  );
}
