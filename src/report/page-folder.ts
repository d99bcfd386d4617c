// The files of a page: index.html, the bundled script and style, and data as classic scripts, because a page that is opened from a disk
// may load scripts and nothing else (neither fetch nor modules).
//
// Everything that came from outside is in a JSON text inside a JavaScript string: it is parsed as data, never as script or markup.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { environmentError } from '../base/errors.js';
import { writeTextAtomically } from '../io/atomic-file.js';
import type { FileSystem } from '../io/file-system.js';
import { makeFolder } from '../io/make-folder.js';
import { base64 } from './base64.js';
import type { ColumnKind } from './page-data.js';

/** No connection to anywhere, no script but those of the folder. Plot writes style elements, hence the inline styles. */
export const CONTENT_POLICY =
  "default-src 'none'; script-src 'self' file:; style-src 'self' file: 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

const ASSETS = ['app.js', 'app.css', 'LICENSES.txt'] as const;

type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

export class PageFolder {
  bytes = 0;

  constructor(
    readonly folder: string,
    private readonly fs: FileSystem,
  ) {}

  /** @throws LongattnError PAGE_NOT_BUILT */
  async begin(): Promise<void> {
    await makeFolder(path.join(this.folder, 'data'), this.fs);
    await this.#write('index.html', indexHtml());
    for (const asset of ASSETS) await this.#write(asset, await readAsset(asset));
  }

  async column(name: string, values: Column): Promise<void> {
    await this.#write(`data/${name}.js`, `D(${literal(name)},${literal(kindOf(values))},"${base64(values)}")\n`);
  }

  async json(name: string, value: unknown): Promise<void> {
    await this.#write(`data/${name}.js`, jsonScript(name, value));
  }

  async #write(name: string, text: string): Promise<void> {
    this.bytes += Buffer.byteLength(text);
    await writeTextAtomically(path.join(this.folder, ...name.split('/')), text, this.fs);
  }
}

/** A script that hands a value to the page. */
export function jsonScript(name: string, value: unknown): string {
  return `D(${literal(name)},"json",${literal(JSON.stringify(value))})\n`;
}

/** The value of such a script; undefined where it is none. */
export function readJsonScript(script: string): unknown {
  try {
    const [, kind, text] = JSON.parse(`[${script.slice('D('.length, script.lastIndexOf(')'))}]`) as unknown[];
    return kind === 'json' ? JSON.parse(text as string) : undefined;
  } catch {
    return undefined;
  }
}

/** Bundled by scripts/build-page.mjs beside the compiled code. */
const assetsFolder = fileURLToPath(new URL('../explorer', import.meta.url));

export async function readAsset(name: string): Promise<string> {
  // From src/ (the tests) the built ones are two folders up.
  for (const folder of [assetsFolder, path.resolve(assetsFolder, '..', '..', 'dist', 'explorer')]) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw environmentError('PAGE_NOT_BUILT', `${path.join(assetsFolder, name)} is not there. Run \`npm run build:ts\`.`);
}

/** @param scripts more of them, before the page's own */
export function indexHtml(policy = CONTENT_POLICY): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>longattn</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="app.css">
</head>
<body>
<div id="app"><p>Loading. This page needs JavaScript and the folder that it lies in.</p></div>
<script src="app.js"></script>
</body>
</html>
`;
}

/** A JavaScript string that is safe in a script of any encoding of lines: JSON, and U+2028 and U+2029 escaped. */
function literal(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16)}`);
}

function kindOf(values: Column): ColumnKind {
  if (values instanceof Float64Array) return 'f64';
  if (values instanceof Int32Array) return 'i32';
  if (values instanceof Uint32Array) return 'u32';
  return values instanceof Uint16Array ? 'u16' : 'u8';
}
