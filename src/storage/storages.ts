// The storage that a path names. Each is loaded when its scheme is first used.
import { isAddress, schemeOf, type Scheme } from './address.js';
import { localStorage } from './local.js';
import type { ByteRange, OpenFile, Storage, StoredFile } from './storage.js';

const loadHttps = async (): Promise<Storage> => new (await import('./https.js')).HttpsStorage();
const LOADERS: Record<Scheme, () => Promise<Storage>> = {
  https: loadHttps,
  http: loadHttps,
  s3: async () => (await import('./s3.js')).openS3(),
  gs: async () => (await import('./gs.js')).openGs(),
  hf: async () => (await import('./hf.js')).openHf(),
};
const loaded = new Map<Scheme, Promise<Storage>>();

/** @throws LongattnError INPUT_ADDRESS */
export async function storageOf(path: string): Promise<Storage> {
  if (!isAddress(path)) return localStorage;
  const scheme = schemeOf(path);
  const storage = loaded.get(scheme) ?? LOADERS[scheme]();
  loaded.set(scheme, storage);
  return storage;
}

/** As Storage.stat, open and stream, wherever the file lies. */
export async function statFile(path: string): Promise<StoredFile | undefined> {
  return (await storageOf(path)).stat(path);
}

export async function openFile(file: StoredFile): Promise<OpenFile> {
  return (await storageOf(file.path)).open(file);
}

export async function* streamFile(file: StoredFile, range?: ByteRange): AsyncGenerator<Buffer, void, undefined> {
  yield* (await storageOf(file.path)).stream(file, range);
}
