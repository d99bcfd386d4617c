// Errors of the addon keep their code, so that the CLI knows the exit code.
import { isErrorCode } from '../base/error-codes.js';
import { LongattnError } from '../base/errors.js';

/** Of what a function of the addon threw: a code that the table does not have is a fault. An error that is ours already stays as it is. */
export function translated(error: unknown): LongattnError {
  if (error instanceof LongattnError) return error;
  const { code, message } = error as { code?: unknown; message: string };
  return new LongattnError(isErrorCode(code) ? code : 'FAULT', message, { cause: error });
}
