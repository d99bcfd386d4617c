import { describe, expect, it } from '@jest/globals';
import { dataError, LongattnError } from '../../src/base/errors.js';
import { orAborted, together } from '../../src/base/together.js';

const letsFirstFinish = (error: unknown): boolean => error instanceof LongattnError && error.kind === 'data';

/** Ends only when it is stopped. */
const endless = (signal: AbortSignal): Promise<never> => orAborted(new Promise<never>(() => undefined), signal);

describe('together', () => {
  it('gives both results', async () => {
    const both = together(
      async () => 1,
      async () => 'two',
      { letsFirstFinish },
    );
    expect(await both).toEqual([1, 'two']);
  });

  it('stops the second when the first fails, and waits for it to end', async () => {
    let ended = false;
    const second = async (signal: AbortSignal): Promise<void> => {
      await endless(signal).finally(() => (ended = true));
    };
    await expect(together(() => Promise.reject(new Error('no corpus')), second, { letsFirstFinish })).rejects.toThrow(
      'no corpus',
    );
    expect(ended).toBe(true);
  });

  it('stops the first when the second fails', async () => {
    const error = new Error('no addon');
    await expect(together(endless, () => Promise.reject(error), { letsFirstFinish })).rejects.toBe(error);
  });

  it('lets the first finish after a failure that may be of its making, and tells its error before that of the second', async () => {
    const second = (): Promise<never> => Promise.reject(dataError('TOKEN_ID', 'id 9'));
    const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const judging = (signal: AbortSignal) => later().then(() => Promise.reject(new Error(`judged ${signal.aborted}`)));
    await expect(together(judging, second, { letsFirstFinish })).rejects.toThrow('judged false');
    await expect(together(later, second, { letsFirstFinish })).rejects.toMatchObject({ code: 'TOKEN_ID' });
  });

  it('stops both on the signal, with its reason', async () => {
    const controller = new AbortController();
    const both = together(endless, endless, { signal: controller.signal, letsFirstFinish });
    controller.abort(new Error('enough'));
    await expect(both).rejects.toThrow('enough');
  });
});

describe('orAborted', () => {
  it('gives the value, or the reason, and listens no longer', async () => {
    const controller = new AbortController();
    expect(await orAborted(Promise.resolve(1), controller.signal)).toBe(1);
    await expect(orAborted(Promise.reject(new Error('own')), controller.signal)).rejects.toThrow('own');
    controller.abort(new Error('stopped'));
    await expect(orAborted(Promise.resolve(1), controller.signal)).rejects.toThrow('stopped');
  });
});
