// A corpus whose documents have text, cut into windows by a tokenizer of one token a code point, so that every place is known.
import type { Document, Window } from '../../src/base/records.js';
import { windowStarts } from '../../src/windows/slide.js';
import { noise } from './rows.js';

const ALPHABET = [...'abcdefghij klmnop\nqrstuvwxyzäöüßé中文🐋🐙'];

export function madeDocument(file: string, row: number, length: number, domain = 'book'): Document & { text: string } {
  const text = Array.from({ length }, (_, i) => ALPHABET[Math.floor(noise(row, i, length) * ALPHABET.length)]).join('');
  return { key: `${file}:${row}`, docId: `doc ${row}`, domain, source: `data/${file}`, row, text };
}

export function cutDocument(document: Document & { text: string }, window: number): Window[] {
  const points = [...document.text];
  return windowStarts(points.length, window).map((start) => ({
    windowId: `${document.key}:${start}`,
    docId: document.docId,
    domain: document.domain,
    source: document.source,
    charStart: start,
    charEnd: start + window,
    tokenStart: start,
    tokenIds: Int32Array.from(points.slice(start, start + window), (point) => point.codePointAt(0)! % 1000),
  }));
}

export async function* asyncOf<T>(items: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}
