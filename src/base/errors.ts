// Every error that the library throws on purpose: a stable code, what was wrong, what is allowed, what to do.
import { EXIT_CODES, kindOf, type CodeOf, type ErrorCode, type ErrorKind } from './error-codes.js';

export class LongattnError extends Error {
  override readonly name = 'LongattnError';
  readonly kind: ErrorKind;
  readonly exitCode: number;

  /**
   * @param code stable, a row of `ERRORS` in error-codes.ts, which gives its kind and its exit code; scripts may match on it
   * @param message what was wrong (with the value), what is allowed, what to do
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.kind = kindOf(code);
    this.exitCode = EXIT_CODES[this.kind];
  }
}

/** "X must not be V. It must be A." in one place, so that every usage error reads alike. */
export function invalid(name: string, value: unknown, allowed: string): LongattnError {
  return new LongattnError('INVALID_OPTION', `${name} must not be ${show(value)}. It must be ${allowed}.`);
}

export function dataError(code: CodeOf<'data'>, message: string, cause?: unknown): LongattnError {
  return new LongattnError(code, message, { cause });
}

export function environmentError(code: CodeOf<'environment'>, message: string, cause?: unknown): LongattnError {
  return new LongattnError(code, message, { cause });
}

/** A short, safe rendering of a wrong value. */
export function show(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : typeof value === 'number'
        ? String(value)
        : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
