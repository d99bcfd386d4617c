// `longattn serve RUN`: the page of a run on the loopback interface, with all its windows, and what needs the run or its model.
//
// The page is that of `report`: made once if there is none that is as new as the selection, and then served as it is.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Hooks } from '../base/events.js';
import { version } from '../base/version.js';
import { ifExists } from '../io/file-system.js';
import { parseRows } from '../options/parse-rows.js';
import { SERVE, type ServeOptions } from '../options/serve-options.js';
import { jsonScript, readJsonScript } from '../report/page-folder.js';
import type { PageMeta } from '../report/page-data.js';
import { partStarts } from '../report/read-texts.js';
import { MARK, report } from '../report/report.js';
import { isScored, loadRun, type Run } from '../run/directory.js';
import { selectionFile } from '../selection/select-windows.js';
import { attentionAnswer, heatAnswer } from './answer-attention.js';
import { selectAnswer } from './answer-select.js';
import { windowAnswer } from './answer-window.js';
import { listFiles } from './listing.js';
import { ModelOfPage } from './model-of-page.js';
import { startPageServer, type Answer, type PageServer } from './page-server.js';

/** A page that is served until it is disposed of. */
export interface ServedPage extends AsyncDisposable {
  /** With the token without which nothing is answered. */
  url: string;
  port: number;
}

/**
 * Serve the page of a run that has a selection, to programs of this machine that know its address.
 * @param dir the run directory
 * @throws LongattnError PORT_UNAVAILABLE, those of `report`
 */
export async function serve(dir: string, options: ServeOptions = {}, hooks: Hooks = {}): Promise<ServedPage> {
  const { port } = parseRows(SERVE, { ...options });
  const run = await loadRun(dir);
  const folder = path.join(dir, 'report');
  const meta = (await metaOf(folder, run)) ?? (await madeMeta(dir, folder, hooks));
  const starts = await partStarts(run);
  const model = new ModelOfPage(dir, hooks);
  const answers = new Map<string, Answer>([
    ['window', await windowAnswer(run, meta, starts)],
    ['select', selectAnswer(run)],
    ['attention', attentionAnswer(run, meta, starts, model)],
    ['heat', heatAnswer(run, meta, starts, model)],
  ]);
  const served: PageMeta = { ...meta, served: { layers: layersOf(run) } };
  const scripts = new Map([['data/meta.js', jsonScript('meta', served)]]);
  const server: PageServer = await startPageServer({ files: await listFiles(folder), scripts, answers }, port);
  return {
    ...{ url: server.url, port: server.port },
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await model[Symbol.asyncDispose]();
    },
  };
}

/** Of the page that is there; undefined where it is of another version, or older than the selection. */
async function metaOf(folder: string, { dir, windows }: Run): Promise<PageMeta | undefined> {
  const file = path.join(folder, MARK);
  const [made, chosen] = await Promise.all([file, selectionFile(dir)].map((one) => ifExists(windows.fs.stat(one))));
  if (!made || !chosen || made.mtimeMs < chosen.mtimeMs) return undefined;
  const meta = readJsonScript(await readFile(file, 'utf8')) as PageMeta | undefined;
  return meta?.version === version ? meta : undefined;
}

async function madeMeta(dir: string, folder: string, hooks: Hooks): Promise<PageMeta> {
  await report(dir, {}, hooks);
  return readJsonScript(await readFile(path.join(folder, MARK), 'utf8')) as PageMeta;
}

/** Layers that can be looked at: those that were scored. */
function layersOf({ manifest }: Run): number[] | 'all' {
  if (!isScored(manifest)) return [];
  return (manifest.spec['layers'] ?? [0]) as number[] | 'all';
}
