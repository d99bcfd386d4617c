import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { digested, DocumentDigest, textFromDocuments } from '../../src/windows/document-text.js';
import type { Document } from '../../src/base/records.js';
import { collect } from '../support/collect.js';
import { asyncOf, cutDocument, madeDocument } from '../support/made-text.js';

async function digestOf(documents: Document[]): Promise<string> {
  const digest = new DocumentDigest();
  await collect(digested(asyncOf(documents), digest));
  return digest.hex();
}

const documents = [
  madeDocument('a.jsonl', 1, 300),
  madeDocument('a.jsonl', 2, 10),
  madeDocument('a.jsonl', 3, 201),
  madeDocument('a.jsonl', 31, 64),
];
const windows = documents.flatMap((document) => cutDocument(document, 64));

describe('textFromDocuments', () => {
  it('gives every window the exact substring by code points, whichever are asked for', async () => {
    const digest = await digestOf(documents);
    const textOf = textFromDocuments(
      () => asyncOf(documents),
      async () => digest,
    );
    await fc.assert(
      fc.asyncProperty(fc.subarray(windows), async (wanted) => {
        const texts = await collect(textOf(0, wanted));
        expect(texts).toEqual(
          wanted.map(({ windowId, charStart, charEnd }) => {
            const document = documents.find(
              ({ key }) => windowId.startsWith(`${key}:`) && !windowId.slice(key.length + 1).includes(':'),
            )!;
            return [...document.text].slice(charStart, charEnd).join('');
          }),
        );
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [
      'a character is another',
      (docs: Document[]) => (docs[0] = { ...docs[0]!, text: `X${docs[0]!.text!.slice(1)}` }),
      'has changed',
    ],
    [
      'a document is shorter',
      (docs: Document[]) => (docs[2] = { ...docs[2]!, text: docs[2]!.text!.slice(0, 150) }),
      'is shorter',
    ],
    ['a document is gone', (docs: Document[]) => docs.splice(2, 1), 'is gone'],
    ['a document without windows is gone', (docs: Document[]) => docs.splice(1, 1), 'has changed'],
    ['there is one more', (docs: Document[]) => docs.push(madeDocument('a.jsonl', 99, 5)), 'has changed'],
  ] as const)('sees that %s', async (_, damage, message) => {
    const digest = await digestOf(documents);
    const other = [...documents];
    damage(other);
    const textOf = textFromDocuments(
      () => asyncOf(other),
      async () => digest,
    );
    await expect(collect(textOf(0, windows))).rejects.toMatchObject({
      code: 'CORPUS_CHANGED',
      exitCode: 3,
      message: expect.stringContaining(message),
    });
  });

  it('tells a text that moved between key and text', async () => {
    const one = { ...documents[0]!, key: 'ab', text: 'c' };
    expect(await digestOf([one])).not.toBe(await digestOf([{ ...one, key: 'a', text: 'bc' }]));
  });

  it('stops on the signal', async () => {
    const textOf = textFromDocuments(
      () => asyncOf(documents),
      async () => undefined,
    );
    await expect(collect(textOf(0, windows, AbortSignal.abort(new Error('enough'))))).rejects.toThrow('enough');
  });
});
