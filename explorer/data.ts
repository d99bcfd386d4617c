// The data of the page: scripts that call D(name, kind, text), loaded when they are asked for, each once.
//
// Scripts, because a page from a disk may load nothing else.
import type {
  PageControlTexts,
  PageError,
  PageEvidence,
  PageMeta,
  PageOverview,
  PageText,
} from '../src/report/page-data.js';

type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

const MAKERS = {
  f64: (buffer: ArrayBuffer) => new Float64Array(buffer),
  f32: (buffer: ArrayBuffer) => new Float32Array(buffer),
  i32: (buffer: ArrayBuffer) => new Int32Array(buffer),
  u32: (buffer: ArrayBuffer) => new Uint32Array(buffer),
  u16: (buffer: ArrayBuffer) => new Uint16Array(buffer),
  u8: (buffer: ArrayBuffer) => new Uint8Array(buffer),
};

const arrived = new Map<string, unknown>();
const asked = new Map<string, Promise<unknown>>();

declare global {
  interface Window {
    D: (name: string, kind: string, text: string) => void;
  }
}

window.D = (name, kind, text) => {
  arrived.set(name, kind === 'json' ? JSON.parse(text) : MAKERS[kind as keyof typeof MAKERS](bytesOf(text)));
};

/** Bytes of base64, by the browser's own where it has one. */
export function bytesOf(text: string): ArrayBuffer {
  const own = (Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> }).fromBase64;
  if (own) return own.call(Uint8Array, text).buffer;
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes.buffer;
}

/** @param missing what is told where the script cannot be loaded */
function loadScript<T>(source: string, name: string, missing: string): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = source;
    script.onload = () => {
      script.remove();
      const value = arrived.get(name) as T;
      arrived.delete(name);
      if (value === undefined) reject(new Error(`${source} holds something else`));
      else resolve(value);
    };
    script.onerror = () => reject(new Error(missing));
    document.head.append(script);
  });
}

function load<T>(name: string): Promise<T> {
  let found = asked.get(name) as Promise<T> | undefined;
  if (!found) {
    const source = `data/${name}.js`;
    found = loadScript<T>(source, name, `${source} is not there: copy the whole folder`);
    asked.set(name, found);
  }
  return found;
}

/** What `longattn serve` computes: a script too, so that the page needs no other right than from a disk. */
export async function ask<T extends object>(name: string, query: Record<string, string>): Promise<T> {
  const source = `api/${name}.js?${new URLSearchParams(query)}`;
  const found = await loadScript<T | PageError>(source, source, 'longattn serve does not answer: start it again');
  if ('error' in found) throw new Error(found.error);
  return found;
}

export const loadMeta = (): Promise<PageMeta> => load('meta');
export const loadOverview = (): Promise<PageOverview> => load('overview');
export const loadColumn = <T extends Column = Float64Array>(name: string): Promise<T> => load(name);
export const loadEvidence = (): Promise<PageEvidence> => load('evidence');
export const loadControlTexts = (): Promise<PageControlTexts> => load('controls');
export const loadSources = (): Promise<string[]> => load('sources');

let places: Promise<Map<number, number>> | undefined;

/** The file of texts that a window stands in, by its row. */
export function textPlaces(): Promise<Map<number, number>> {
  places ??= load<[number, number][]>('texts').then((pairs) => new Map(pairs));
  return places;
}

export async function loadText(row: number): Promise<PageText | undefined> {
  const chunk = (await textPlaces()).get(row);
  if (chunk === undefined) return undefined;
  return (await load<PageText[]>(`text-${chunk}`)).find((text) => text.row === row);
}

const ids = new Map<number, Promise<string[]>>();

/** Ids of the windows [file * idRows, ...). */
export function loadIds(file: number): Promise<string[]> {
  let found = ids.get(file);
  if (!found) {
    found = load<string[]>(`ids-${file}`).then((short) => {
      let key = '';
      return short.map((id) => {
        if (id.startsWith(':') && key !== '') return key + id;
        key = id.slice(0, id.lastIndexOf(':'));
        return id;
      });
    });
    ids.set(file, found);
  }
  return found;
}
