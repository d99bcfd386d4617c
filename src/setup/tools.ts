// The programs that compiling takes, by the list that the set-up of a clone has too.
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { environmentError } from '../base/errors.js';
import { packageFolder } from '../native/addon-paths.js';

interface NativeTools {
  missingNativeTools: () => string | undefined;
  hasNinja: () => boolean;
}

/** @throws LongattnError TOOLS_MISSING, naming each and how to get it */
export async function checkTools(): Promise<void> {
  const missing = (await list()).missingNativeTools();
  if (missing !== undefined) throw environmentError('TOOLS_MISSING', missing);
}

export async function hasNinja(): Promise<boolean> {
  return (await list()).hasNinja();
}

async function list(): Promise<NativeTools> {
  const file = path.join(packageFolder(), 'scripts', 'lib', 'native-tools.mjs');
  return (await import(pathToFileURL(file).href)) as NativeTools;
}
