#!/usr/bin/env node
// Runs whose inputs lie in a bucket, and exports sent to one, by the built command line and a server on 127.0.0.1. After `npm test`.
//   node scripts/check-storage.mjs            versitygw, a real S3 server, and fake-gcs-server, both built by Go; runs are killed again and again
//   node scripts/check-storage.mjs --quick    what takes a minute: S3 alone, by versitygw where it is built, else by moto (from PyPI)
//   node scripts/check-storage.mjs --quick --moto    by moto, though versitygw is built
//
// Every run must end with the scores of a run over the same files on a disk. moto takes every signature, so that wrong credentials are
// shown by versitygw alone. A server that cannot be had is a skip that is said; with CI=true it is an error.
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { Storage } from '@google-cloud/storage';
import { tableFromIPC } from 'apache-arrow';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers';
import { gzipSync } from 'node:zlib';
import { skip } from './lib/skip.mjs';
import { main, root, SetupError, step } from './lib/step.mjs';
import * as servers from './lib/storage-servers.mjs';
import { ACCESS_KEY, SECRET_KEY, startProxy } from './lib/storage-servers.mjs';

const KILLS = 4;
const BUCKET = 'corpora';
const MODEL = path.join(root, 'models', 'smollm2-135m-layer0');
const folder = mkdtempSync(path.join(os.tmpdir(), 'longattn-storage-'));
const secretsSeen = [];

/**
 * The command line: { code, signal, stdout, stderr }. Its output must never hold the secret.
 * @param onStart takes a function that kills it
 */
function cli(args, env = {}, onStart = () => undefined) {
  const child = spawn(process.execPath, [path.join(root, 'dist/cli/bin.cjs'), ...args], {
    cwd: root,
    env: { ...process.env, ...env },
  });
  onStart(() => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => (stdout += chunk));
  child.stderr.on('data', (chunk) => (stderr += chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => {
      if ((stdout + stderr).includes(SECRET_KEY)) secretsSeen.push(args.join(' '));
      resolve({ code, signal, stdout, stderr });
    });
  });
}

/** For `cli`: kills it after so many milliseconds; it may have ended by then. */
const after = (ms) => (kill) => setTimeout(kill, ms).unref();

const at = (endpoint, secret = SECRET_KEY) => ({
  AWS_ENDPOINT_URL: endpoint,
  AWS_ACCESS_KEY_ID: ACCESS_KEY,
  AWS_SECRET_ACCESS_KEY: secret,
  AWS_EC2_METADATA_DISABLED: 'true',
});

function runOf(input, output) {
  const options = ['--model', MODEL, '--window', '512', '--keep', '30%', '--id-field', 'id'];
  return ['run', output, '--input', `pages=${input}`, ...options];
}

/** File below a folder -> its sha256; logs may differ. */
function contents(from) {
  const files = readdirSync(from, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !`${entry.parentPath}/`.includes(`${path.sep}logs/`),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [path.relative(from, file), createHash('sha256').update(readFileSync(file)).digest('hex')];
    }),
  );
}

/** The pages of docs/, as rows of three files: ranges, a stream, and a file that holds most of the bytes. */
function makeCorpus() {
  const corpus = path.join(folder, 'corpus');
  mkdirSync(corpus);
  const pages = ['corpus', 'models', 'processes', 'scores'].map((name) => `${name}.md`);
  const row = (name, copy) =>
    JSON.stringify({
      id: `${name}#${copy}`,
      text: readFileSync(path.join(root, 'docs', name), 'utf8').slice(copy * 97, 16_000),
    });
  const rows = [0, 1, 2].map((copy) => pages.map((name) => `${row(name, copy)}\n`).join(''));
  writeFileSync(path.join(corpus, 'a.jsonl'), rows[0]);
  writeFileSync(path.join(corpus, 'b.jsonl.gz'), gzipSync(rows[1]));
  writeFileSync(path.join(corpus, 'c.jsonl'), rows[2]);
  return corpus;
}

/** A file of each format and packing: those that the tests read, and token ids of Megatron-LM. */
function formatsFolder() {
  const formats = path.join(folder, 'formats');
  const fixtures = path.join(root, 'test/fixtures');
  cpSync(path.join(fixtures, 'corpus'), formats, { recursive: true });
  for (const ending of ['idx', 'bin'])
    cpSync(path.join(fixtures, `exports/tokens/code/00000/tokens.${ending}`), path.join(formats, `code.${ending}`));
  return formats;
}

async function upload(client, from, prefix) {
  for (const name of readdirSync(from)) {
    const Body = readFileSync(path.join(from, name));
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${prefix}/${name}`, Body }));
  }
}

/** What lies below a prefix: name -> sha256. */
async function objects(client, prefix) {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix: prefix }));
  const sums = {};
  for (const { Key } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
    sums[Key.slice(prefix.length)] = createHash('sha256')
      .update(await Body.transformToByteArray())
      .digest('hex');
  }
  return sums;
}

/** @param checksSignatures does the server? */
async function s3Checks(server, { quick, checksSignatures }) {
  const credentials = { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY };
  const client = new S3Client({ endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const corpus = makeCorpus();
  const formats = formatsFolder();
  await upload(client, corpus, 'pages');
  await upload(client, formats, 'formats');
  const bucket = (prefix) => `s3://${BUCKET}/${prefix}`;
  const env = at(server.endpoint);
  const whole = path.join(folder, 'whole');
  // Rows, not bytes: the files also name the options, and with them the inputs.
  const scoresOf = (run) => {
    const table = tableFromIPC(readFileSync(path.join(run, 'scores', 'part-00000.arrow')));
    return [...table].map((row) => JSON.stringify(row));
  };

  await step('formats', async () => {
    const read = (input) => cli(['check', '--json', '--allow-refused-files', '--input', `d=${input}`], env);
    const [local, remote] = await Promise.all([read(formats), read(bucket('formats'))]);
    assert.equal(remote.code, local.code, remote.stderr);
    const tags = /,?"etag":"[^"]*"/g;
    assert.equal(remote.stdout.replaceAll(bucket('formats'), formats).replaceAll(tags, ''), local.stdout);
    return `${readdirSync(formats).length} files read as from a disk`;
  });

  await step('errors', async () => {
    const expectations = [
      ['missing bucket', 's3://no-such-bucket/pages', env, 3, 'INPUT_NOT_FOUND'],
      ['missing object', bucket('pages/none.jsonl'), env, 3, 'INPUT_NOT_FOUND'],
      ['no match', bucket('pages/*.parquet'), env, 3, 'INPUT_NOT_FOUND'],
    ];
    if (checksSignatures)
      expectations.push(['wrong secret', bucket('pages'), at(server.endpoint, 'wrong'), 4, 'STORAGE_FORBIDDEN']);
    const results = expectations.map(async ([name, input, variables, code, name_]) => {
      const result = await cli([...runOf(input, path.join(folder, name)), '--log-format', 'json'], variables);
      assert.equal(result.code, code, `${name}: ${result.stderr}`);
      assert.ok(result.stderr.includes(name_), `${name}: ${result.stderr}`);
    });
    await Promise.all(results);
    return expectations.map(([name]) => name).join(', ');
  });

  await step('a run on a disk and over S3', async () => {
    const local = path.join(folder, 'local');
    const results = await Promise.all([cli(runOf(corpus, local)), cli(runOf(bucket('pages'), whole), env)]);
    for (const { code, stderr } of results) assert.equal(code, 0, stderr);
    assert.deepEqual(scoresOf(whole), scoresOf(local));
    return 'the same scores';
  });

  // Exports come on top of it.
  const made = contents(whole);

  await step('cut connections and storms of 503', async () => {
    const proxy = await startProxy(server.endpoint, (n) => {
      // One of three requests, and seven at a stretch: there the client's own three attempts do not get through.
      if (n % 3 === 0 || (n > 10 && n < 18)) return { status: 503 };
      return { cutAfter: 40_000 };
    });
    const disturbed = path.join(folder, 'disturbed');
    const result = await cli(runOf(bucket('pages'), disturbed), at(proxy.endpoint));
    await proxy.stop();
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(contents(disturbed), made);
    assert.ok(proxy.faults.cut > 3 && proxy.faults.busy > 10, JSON.stringify(proxy.faults));
    return `${proxy.requests()} requests, ${proxy.faults.busy} refused, ${proxy.faults.cut} cut: the same bytes`;
  });

  const sent = (to, variables, onStart) =>
    cli(['export', whole, '--format', 'parquet', '--to', bucket(to)], variables, onStart);

  await step('an export to S3', async () => {
    const result = await sent('export', env);
    assert.equal(result.code, 0, result.stderr);
    const exported = contents(path.join(whole, 'export'));
    assert.deepEqual(await objects(client, 'export/'), exported);
    return `${Object.keys(exported).length} files, as on the disk`;
  });

  await step('an export through cut connections and storms of 503', async () => {
    // Each object's first way there ends in the middle of it.
    const tried = new Set();
    const proxy = await startProxy(server.endpoint, (n, { method, url }) => {
      if (n % 3 === 0 || (n > 10 && n < 18)) return { status: 503 };
      if (method !== 'PUT' || tried.has(url)) return undefined;
      tried.add(url);
      return { dropAfter: 100 };
    });
    const result = await sent('stormy', at(proxy.endpoint));
    await proxy.stop();
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(await objects(client, 'stormy/'), contents(path.join(whole, 'export')));
    const { busy, cut } = proxy.faults;
    assert.ok(cut > 0 && cut === tried.size && busy > 5, JSON.stringify(proxy.faults));
    return `${proxy.requests()} requests, ${busy} refused, ${cut} cut: the same bytes`;
  });

  await step('an export killed by -9 as its second file is sent, then resumed', async () => {
    let kill;
    const puts = [];
    const proxy = await startProxy(server.endpoint, (_, { method, url }) => {
      if (method !== 'PUT') return undefined;
      puts.push(new URL(url, server.endpoint).pathname);
      if (puts.length !== 2) return undefined;
      kill();
      return { dropAfter: 0 };
    });
    const { signal, stderr } = await sent('killed', at(proxy.endpoint), (own) => (kill = own));
    assert.equal(signal, 'SIGKILL', stderr);
    const again = await sent('killed', at(proxy.endpoint));
    await proxy.stop();
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual(await objects(client, 'killed/'), contents(path.join(whole, 'export')));
    assert.equal(puts.filter((name) => name === puts[0]).length, 1);
    return 'the same bytes, and the first file was not sent twice';
  });

  if (!quick) {
    await step('an export killed by -9 at any moment, then resumed', async () => {
      let [kills, longest] = [0, 0];
      for (let attempt = 0; kills < KILLS && attempt < 10 * KILLS; attempt++) {
        const start = performance.now();
        const prefix = `killed-${attempt}`;
        const moment = longest === 0 ? undefined : after(longest * (0.5 + Math.random() / 2));
        const { code, signal, stderr } = await sent(prefix, env, moment);
        if (signal === 'SIGKILL') {
          kills++;
          const again = await sent(prefix, env);
          assert.equal(again.code, 0, again.stderr);
        } else {
          assert.equal(code, 0, stderr);
        }
        longest ||= performance.now() - start;
        assert.deepEqual(await objects(client, `${prefix}/`), contents(path.join(whole, 'export')));
      }
      assert.ok(kills > 0);
      return `${kills} kills: the same bytes`;
    });
  }

  await step('an export that may not be sent', async () => {
    if (checksSignatures) {
      const wrong = await sent('wrong', at(server.endpoint, 'wrong'));
      assert.equal(wrong.code, 4, wrong.stderr);
    }
    const foreign = await sent('pages', env);
    assert.notEqual(foreign.code, 0);
    assert.ok(foreign.stderr.includes('pages'), foreign.stderr);
    return `${checksSignatures ? 'wrong secret, ' : ''}a prefix with other files`;
  });

  if (!quick) {
    await step('kill -9, then resume', async () => {
      const killed = path.join(folder, 'killed');
      let [kills, longest] = [0, 0];
      for (let attempt = 0; kills < KILLS && attempt < 10 * KILLS; attempt++) {
        const start = performance.now();
        const moment = longest === 0 ? undefined : after(Math.random() * longest);
        const { code, signal, stderr } = await cli(runOf(bucket('pages'), killed), env, moment);
        if (signal === 'SIGKILL') {
          kills++;
          continue;
        }
        assert.equal(code, 0, stderr);
        longest ||= performance.now() - start;
        assert.deepEqual(contents(killed), made);
        rmSync(killed, { recursive: true });
      }
      assert.equal((await cli(runOf(bucket('pages'), killed), env)).code, 0);
      assert.deepEqual(contents(killed), made);
      return `${kills} kills: the same bytes`;
    });
  }

  await step('an object that changes', async () => {
    const output = path.join(folder, 'changed');
    const windows = ['window', output, '--input', `pages=${bucket('pages')}`, '--model', MODEL, '--window', '512'];
    assert.equal((await cli(windows, env)).code, 0);
    // As long as it was: its tag alone tells.
    const Body = readFileSync(path.join(corpus, 'c.jsonl'), 'utf8').replace('the', 'teh');
    await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'pages/c.jsonl', Body }));
    rmSync(path.join(output, 'windows'), { recursive: true });
    const { code, stderr } = await cli([...windows, '--log-format', 'json'], env);
    assert.equal(code, 3, stderr);
    assert.ok(stderr.includes('INPUT_CHANGED') && stderr.includes('pages/c.jsonl'), stderr);
    return 'ends the run with its name';
  });

  await step('secrets', () => {
    const found = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .filter((file) => [SECRET_KEY, ACCESS_KEY].some((key) => readFileSync(file).includes(key)));
    assert.deepEqual([...secretsSeen, ...found], []);
    return 'none in any file of a run, nor in what was printed';
  });
}

/** Formats read from a bucket of Google's protocol; and an export sent to one, of the run over a disk that the checks of S3 have made. */
async function gsChecks(server) {
  const formats = formatsFolder();
  const env = { STORAGE_EMULATOR_HOST: server.endpoint };
  const client = new Storage({ apiEndpoint: server.endpoint, projectId: 'check' });
  await client.createBucket(BUCKET);
  for (const name of readdirSync(formats))
    await client.bucket(BUCKET).upload(path.join(formats, name), { destination: `formats/${name}`, resumable: false });

  await step('gs: formats', async () => {
    const read = (input) => cli(['check', '--json', '--allow-refused-files', '--input', `d=${input}`], env);
    const [local, remote] = await Promise.all([read(formats), read(`gs://${BUCKET}/formats`)]);
    assert.equal(remote.code, local.code, remote.stderr);
    const tags = /,?"etag":"[^"]*"/g;
    assert.equal(remote.stdout.replaceAll(`gs://${BUCKET}/formats`, formats).replaceAll(tags, ''), local.stdout);
    return `${readdirSync(formats).length} files read as from a disk`;
  });

  await step('gs: errors', async () => {
    for (const input of ['gs://no-such-bucket/pages', `gs://${BUCKET}/none.jsonl`]) {
      const { code, stderr } = await cli(['check', '--input', `d=${input}`, '--log-format', 'json'], env);
      assert.equal(code, 3, stderr);
      assert.ok(stderr.includes('INPUT_NOT_FOUND'), stderr);
    }
    return 'missing bucket, missing object';
  });

  await step('gs: an export, twice', async () => {
    const local = path.join(folder, 'local');
    for (let n = 0; n < 2; n++) {
      const to = ['--to', `gs://${BUCKET}/export`];
      const { code, stderr } = await cli(['export', local, '--format', 'parquet', ...to], env);
      assert.equal(code, 0, stderr);
    }
    const [files] = await client.bucket(BUCKET).getFiles({ prefix: 'export/' });
    const sums = {};
    for (const file of files) {
      const [bytes] = await file.download();
      sums[file.name.slice('export/'.length)] = createHash('sha256').update(bytes).digest('hex');
    }
    assert.deepEqual(sums, contents(path.join(local, 'export')));
    return `${files.length} files, as on the disk`;
  });
}

/** The server's packages or binary; undefined where it cannot be had, which is said. */
function found(name, how) {
  try {
    return how();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return skip(name, error.message.split('\n')[0]);
  }
}

await main(async (args) => {
  const quick = args.includes('--quick');
  const versitygw = (more) => servers.goTool('github.com/versity/versitygw/cmd/versitygw', 'v1.8.0', more);
  const useMoto = args.includes('--moto') || (quick && !versitygw({ build: false }));
  const tool = useMoto ? found('moto', servers.motoPackages) : found('versitygw', () => versitygw());
  if (!tool) return;
  const s3 = useMoto ? await servers.startMoto(tool) : await servers.startVersitygw(tool);
  try {
    await s3Checks(s3, { quick, checksSignatures: !useMoto });
    if (quick) return;
    const gcs = found('fake-gcs-server', () => servers.goTool('github.com/fsouza/fake-gcs-server', 'v1.56.1'));
    if (!gcs) return;
    const gs = await servers.startFakeGcs(gcs);
    await gsChecks(gs).finally(gs.stop);
  } finally {
    await s3.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
