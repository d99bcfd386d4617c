// What an error of Google's client means, and what to do about it. Its own message is left out: some quote what was sent.
import { dataError, environmentError, LongattnError } from '../base/errors.js';
import { TransientError } from '../hub/retry.js';
import { bucketAndKey } from './address.js';
import { networkReason, unreadable, uploadFailed } from './faults.js';

const BUSY = [408, 429, 500, 502, 503, 504];

/** @returns a LongattnError, or a TransientError where another attempt may help */
export function gsFault(path: string, error: unknown, doing: 'read' | 'write' = 'read'): Error {
  if (error instanceof LongattnError || error instanceof TransientError) return error;
  const failed = (reason: string): LongattnError => (doing === 'read' ? unreadable : uploadFailed)(path, reason);
  const status = statusOf(error);
  if (status === 404) {
    return dataError(
      'INPUT_NOT_FOUND',
      `${path}: there is no bucket ${bucketAndKey(path).bucket}. Check its name, and STORAGE_EMULATOR_HOST if it is set.`,
    );
  }
  if (status === 401 || status === 403) return forbidden(path, doing, `the server refuses them (${status})`);
  if (status !== undefined) {
    const refused = failed(`the server answers with status ${status}`);
    return BUSY.includes(status) ? new TransientError(refused) : refused;
  }
  if (/credential|invalid_grant|refresh.*token|private key/i.test((error as Error).message)) {
    return forbidden(path, doing, 'they cannot be used');
  }
  return new TransientError(failed(`the connection failed (${networkReason(error)})`));
}

/** Of the server's answer, where there was one. */
export function statusOf(error: unknown): number | undefined {
  const { code, status } = error as { code?: unknown; status?: unknown };
  const found = Number(code ?? status);
  return found >= 300 && found < 600 ? found : undefined;
}

function forbidden(path: string, doing: 'read' | 'write', why: string): LongattnError {
  const [what, may] = doing === 'read' ? ['given to', 'read it'] : ['taken from', 'write, read and list there'];
  return environmentError(
    'STORAGE_FORBIDDEN',
    `${path} is not ${what} these credentials: ${why}. Set GOOGLE_APPLICATION_CREDENTIALS, or run gcloud auth application-default login, ` +
      `with an account that may ${may}.`,
  );
}
