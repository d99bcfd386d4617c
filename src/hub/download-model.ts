// Brings one commit of a model into the caches: small files whole, of the weights the tensors of the asked layers.
import { join } from 'node:path';
import type { OnProgress } from '../base/events.js';
import { describeModelFolder, neededWeightFiles, type OpenModelOptions } from '../model/open-model.js';
import type { ByteRange } from '../model/byte-ranges.js';
import { downloadRanges, openWithHeader, plannedBytes } from './download-ranges.js';
import { withDownloadLock } from './download-lock.js';
import type { HfCache } from './hf-cache.js';
import type { HubClient } from './http-client.js';
import { fetchModelEntry, weightsEntry, type ModelEntry } from './model-entry.js';
import type { PartialFile } from './partial-file.js';
import type { RemoteFile } from './read-range.js';
import type { ModelFolder } from './model-folder.js';
import type { HubSettings } from './settings.js';
import { TOKENIZERS } from './resolve-tokenizer.js';
import { linkWeightFile, makeMirrorFolder, mirrorFolder, mirrorSmallFile } from './weight-mirror.js';

const SINGLE = 'model.safetensors';

export interface DownloadOptions extends Pick<OpenModelOptions, 'layers' | 'loss' | 'configOverride'> {
  headersOnly?: boolean;
}

/** @throws as `resolveModel` */
export async function downloadModel(
  client: HubClient,
  settings: HubSettings,
  cache: HfCache,
  options: DownloadOptions,
  onProgress: OnProgress | undefined,
): Promise<ModelFolder> {
  const entry = await fetchModelEntry(client, cache.model);
  const { id, commit } = entry;
  const remote = (file: string): RemoteFile => ({ id, revision: cache.model.revision, commit, file });
  const weights = weightsEntry(entry, client.endpoint);
  const folder = mirrorFolder(settings, id, commit);
  await makeMirrorFolder(folder);

  const onWait = (): void =>
    onProgress?.({
      type: 'warning',
      code: 'DOWNLOAD_WAITING',
      message: `another process is downloading ${id}; waiting for it`,
    });
  await withDownloadLock(join(folder, '.download.lock'), { signal: client.signal, onWait }, async () => {
    const smallFiles = ['config.json', 'tokenizer.json', 'tokenizer_config.json'];
    if (!entry.files.has('tokenizer.json')) smallFiles.push(...TOKENIZERS.slice(1));
    if (weights !== SINGLE) smallFiles.push(weights);
    for (const name of smallFiles) await mirrorSmall(client, cache, entry, folder, remote(name));
    await cache.keepCommit(commit);
    await downloadWeights(client, cache, remote, folder, weights, options, onProgress);
  });
  return { folder, source: 'hub', id, commit };
}

async function downloadWeights(
  client: HubClient,
  cache: HfCache,
  remote: (file: string) => RemoteFile,
  folder: string,
  weights: string,
  options: DownloadOptions,
  onProgress: OnProgress | undefined,
): Promise<void> {
  const partial = new Map<string, PartialFile>();
  try {
    for (const name of weights === SINGLE ? [SINGLE] : await neededWeightFiles(folder, options)) {
      const file = remote(name);
      if (await linkWeightFile(folder, name, await cache.find(file.commit, name))) continue;
      partial.set(join(folder, name), await openWithHeader(client, file, join(folder, name)));
    }
    const { tensors } = await describeModelFolder(folder, options);
    if (!options.headersOnly) await fill(client, partial, remote, tensors, onProgress);
  } finally {
    for (const file of partial.values()) await file.close();
  }
}

async function mirrorSmall(
  client: HubClient,
  cache: HfCache,
  entry: ModelEntry,
  folder: string,
  remote: RemoteFile,
): Promise<void> {
  if (!entry.files.has(remote.file)) return cache.keepAbsence(entry.commit, remote.file);
  const path = await cache.fetch(client, remote);
  if (path !== undefined) await mirrorSmallFile(folder, remote.file, path);
}

async function fill(
  client: HubClient,
  partial: ReadonlyMap<string, PartialFile>,
  remote: (file: string) => RemoteFile,
  tensors: readonly { file: string; offset: number; bytes: number }[],
  onProgress: OnProgress | undefined,
): Promise<void> {
  const wanted = (path: string): ByteRange[] =>
    tensors.flatMap(({ file, offset, bytes }) => (file === path ? [[offset, offset + bytes] as const] : []));
  const total = [...partial].reduce((sum, [path, file]) => sum + plannedBytes(file, wanted(path)), 0);
  if (total === 0) return;
  let completed = 0;
  const report = (bytes: number): void => {
    completed += bytes;
    onProgress?.({ type: 'progress', stage: 'download', unit: 'bytes', completed, total });
  };
  report(0);
  for (const [path, file] of partial) await downloadRanges(client, remote(file.name), file, wanted(path), report);
  onProgress?.({ type: 'stage-done', stage: 'download', counts: { bytes: completed } });
}
