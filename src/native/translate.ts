// Errors of the addon keep their code and get a kind, so that the CLI knows the exit code.
import { LongattnError, type ErrorKind } from '../base/errors.js';

/** What went wrong by code of the addon; codes that are not listed are faults. */
const KINDS: Readonly<Record<string, ErrorKind>> = {
  MODEL_INVALID: 'data',
  FILE_UNREADABLE: 'data',
  WEIGHT_NOT_FINITE: 'data',
  TOKEN_OUT_OF_RANGE: 'data',
  ATTENTION_NOT_FINITE: 'data',
  LAYER_UNAVAILABLE: 'usage',
  HEAD_UNAVAILABLE: 'usage',
  INVALID_REQUEST: 'usage',
  OUT_OF_MEMORY: 'environment',
  DEVICE_UNAVAILABLE: 'environment',
  DISPOSED: 'usage',
};

/** Of what a function of the addon threw. An error that is ours already stays as it is. */
export function translated(error: unknown): LongattnError {
  if (error instanceof LongattnError) return error;
  const { code, message } = error as { code?: string; message: string };
  return new LongattnError(code ?? 'FAULT', KINDS[code ?? ''] ?? 'fault', message, { cause: error });
}
