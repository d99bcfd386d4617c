import { describe, expect, it } from '@jest/globals';
import { ERRORS, EXIT_CODES, isErrorCode, kindOf, type ErrorKind } from '../../src/base/error-codes.js';
import { LongattnError } from '../../src/base/errors.js';
import { translated } from '../../src/native/translate.js';

describe('the codes of errors', () => {
  const rows = Object.entries(ERRORS).flatMap(([kind, codes]) =>
    Object.keys(codes).map((code) => [code, kind] as const),
  );

  it.each(rows)('%s is of the kind %s alone', (code, kind) => {
    if (!isErrorCode(code)) throw new Error(`${code} is not known`);
    const error = new LongattnError(code, 'what was wrong');
    expect(kindOf(code)).toBe(kind);
    expect(error).toMatchObject({ code, kind, exitCode: EXIT_CODES[kind as ErrorKind], message: 'what was wrong' });
  });

  it.each(['COLOUR_WRONG', '', 'toString', undefined, 3])('%p is none', (code) =>
    expect(isErrorCode(code)).toBe(false),
  );
});

describe('an error of the addon', () => {
  it('keeps its code', () => {
    const cause = Object.assign(new Error('token 9'), { code: 'TOKEN_OUT_OF_RANGE' });
    expect(translated(cause)).toMatchObject({ code: 'TOKEN_OUT_OF_RANGE', kind: 'data', message: 'token 9', cause });
  });

  it.each(['ERR_NAPI', undefined])('is a fault with the code %p', (code) => {
    expect(translated(Object.assign(new Error('x'), { code }))).toMatchObject({ code: 'FAULT', exitCode: 1 });
  });

  it('stays as it is when it is ours', () => {
    const ours = new LongattnError('DISPOSED', 'closed');
    expect(translated(ours)).toBe(ours);
  });
});
