import { describe, expect, it } from '@jest/globals';
import { isAddress, schemeOf } from '../../src/storage/address.js';
import { storageOf } from '../../src/storage/storages.js';

describe('an input', () => {
  it.each(['data/a.jsonl', '/data/a.jsonl', 'C:\\data\\a.jsonl', 'https', 'a:b/c.txt', './https:/a.txt'])(
    'is a path: %s',
    (path) => expect(isAddress(path)).toBe(false),
  );

  it.each([
    ['https://example.org/a.jsonl', 'https'],
    ['HTTPS://example.org:8443/a%20b.jsonl', 'https'],
    ['http://127.0.0.1:8000/a.jsonl', 'http'],
    ['http://localhost/a.jsonl', 'http'],
    ['http://[::1]/a.jsonl', 'http'],
    ['s3://my-bucket.1/a ?#[x]*/b.jsonl', 's3'],
    ['s3://bucket', 's3'],
    ['gs://bucket/a/b.jsonl', 'gs'],
    ['hf://datasets/org/name', 'hf'],
    ['hf://datasets/org/na.me@refs/pr/1/a b/*.parquet', 'hf'],
  ])('is an address: %s', (address, scheme) => {
    expect(isAddress(address)).toBe(true);
    expect(schemeOf(address)).toBe(scheme);
  });

  it.each([
    'https://user:SECRET@example.org/a.jsonl',
    'https://SECRET@example.org/a.jsonl',
    'https://example.org/a.jsonl?X-Amz-Signature=SECRET',
    'https://example.org/a.jsonl#SECRET',
    'https://exa mple.org/SECRET',
    'http://example.org/SECRET.jsonl',
    'http://127.0.0.1.example.org/SECRET.jsonl',
    'ftp://user:SECRET@example.org/a.jsonl',
    'file:///SECRET',
    's3://key:SECRET@bucket/a.jsonl',
    's3://SECRET@bucket/a.jsonl',
    's3:///SECRET',
    'gs://key:SECRET@bucket/a.jsonl',
    'hf://SECRET@datasets/org/name',
    'hf://org/SECRET/a.jsonl',
    'hf://datasets/SECRET',
    'hf://datasets/org/name/../SECRET',
  ])('is refused, and its key not repeated: %s', async (address) => {
    const error = await storageOf(address).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'INPUT_ADDRESS', exitCode: 2 });
    expect((error as Error).message).not.toContain('SECRET');
  });
});
