// Another name for the token file, for readers that go by the ending: a hard link, or a copy where the file system has none.
import { createReadStream } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../../../io/file-system.js';
import { writeAtomically, type Written } from '../../../io/atomic-file.js';
import { writeError } from '../../../io/io-error.js';
import { TOKENS_FILE, type TokenFile } from './sidecar.js';

export async function linkTokens(
  { folder, ids, context: { fs } }: TokenFile,
  name: string,
): Promise<{ name: string } & Written> {
  const [from, to] = [path.join(folder, TOKENS_FILE), path.join(folder, name)];
  try {
    await fs.link(from, to);
  } catch (error) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV'].includes(errorCode(error) ?? ''))
      throw writeError(error, to);
    const written = await writeAtomically(
      to,
      async (sink) => {
        for await (const chunk of createReadStream(from)) await sink.write(chunk as Uint8Array);
      },
      fs,
    );
    return { name, ...written };
  }
  return { name, ...ids };
}
