// Every error that the library throws on purpose: a stable code, what was wrong, what is allowed, what to do.

/** Exit codes of the CLI by kind of error: 1 fault, 2 usage, 3 data, 4 environment, 5 some parts failed. */
export type ErrorKind = 'fault' | 'usage' | 'data' | 'environment' | 'partial';

const EXIT_CODES: Record<ErrorKind, number> = { fault: 1, usage: 2, data: 3, environment: 4, partial: 5 };

export class LongattnError extends Error {
  override readonly name = 'LongattnError';
  readonly exitCode: number;

  /**
   * @param code stable, e.g. `SPEC_CHANGED`; scripts may match on it
   * @param kind decides the exit code
   * @param message what was wrong (with the value), what is allowed, what to do
   */
  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.exitCode = EXIT_CODES[kind];
  }
}

/** "X must not be V. It must be A." in one place, so that every usage error reads alike. */
export function invalid(name: string, value: unknown, allowed: string): LongattnError {
  return new LongattnError('INVALID_OPTION', 'usage', `${name} must not be ${show(value)}. It must be ${allowed}.`);
}

export function dataError(code: string, message: string, cause?: unknown): LongattnError {
  return new LongattnError(code, 'data', message, { cause });
}

export function environmentError(code: string, message: string, cause?: unknown): LongattnError {
  return new LongattnError(code, 'environment', message, { cause });
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
