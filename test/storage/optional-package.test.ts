import { expect, it } from '@jest/globals';
import { optionalPackage } from '../../src/storage/optional-package.js';

it('a package that is not installed is named with the command that installs it', async () => {
  const name = '@longattn/no-such-package';
  const load = (): Promise<unknown> => import(name);
  const error = await optionalPackage('s3', [name], load).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ code: 'STORAGE_PACKAGE_MISSING', exitCode: 4 });
  expect((error as Error).message).toContain(`npm install ${name}`);
});

it('any other failure is not taken for that', async () => {
  const broken = new Error('broken');
  await expect(optionalPackage('s3', ['a'], () => Promise.reject(broken))).rejects.toBe(broken);
});
