// tokens.npy (raw ids without numpy's header, whatever the ending says) and tokens.csv.gz, as OLMo-core reads them: a line a document
// with start, end (in tokens), id, source and place in the source.
import { once } from 'node:events';
import path from 'node:path';
import { createGzip } from 'node:zlib';
import { ArrowFile } from '../../../arrow/file.js';
import { writeAtomically } from '../../../io/atomic-file.js';
import { PROVENANCE_COLUMNS, PROVENANCE_FILE } from '../provenance.js';
import { linkTokens } from './link.js';
import type { Sidecar, TokenFile } from './sidecar.js';

export const olmoFiles: Sidecar = async (file) => {
  const name = 'tokens.csv.gz';
  const written = await writeAtomically(
    path.join(file.folder, name),
    async (sink) => {
      const gzip = createGzip();
      const copied = (async () => {
        for await (const chunk of gzip as AsyncIterable<Uint8Array>) await sink.write(chunk);
      })();
      copied.catch(() => undefined); // told below
      for await (const line of lines(file)) if (!gzip.write(line)) await Promise.race([once(gzip, 'drain'), copied]);
      gzip.end();
      await copied;
    },
    file.context.fs,
  );
  return [await linkTokens(file, 'tokens.npy'), { name, ...written }];
};

async function* lines({ folder, lengths, context }: TokenFile): AsyncGenerator<string> {
  await using provenance = await ArrowFile.open(path.join(folder, PROVENANCE_FILE), PROVENANCE_COLUMNS, context.fs);
  let [document, start] = [0, 0];
  for await (const { columns, rows } of provenance.batches(['window_id', 'source', 'token_start'])) {
    for (let row = 0; row < rows; row++) {
      const end = start + lengths[document++]!;
      const [id, source] = [columns.window_id.get(row), columns.source.get(row)].map(quoted);
      yield `${start},${end},${id},${source},${columns.token_start[row]}\n`;
      start = end;
    }
  }
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
