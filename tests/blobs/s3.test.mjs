// Files in a bucket: a server that speaks S3, on this machine, instead of the folder `blobs/`.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import S3rver from 's3rver';
import { Upload } from 'tus-js-client';

import { Office } from './office.mjs';
import { newId, sha256 } from './wire.mjs';

const MB = 1024 * 1024;
const KEYS = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

let folder;
let bucket;
let place;
let port;

async function serveBucket(at) {
  const configured = { port: at, address: '127.0.0.1', silent: true, directory: folder, configureBuckets: [{ name: 'daohu' }] };
  bucket = new S3rver(configured);
  ({ port } = await bucket.run());
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'daohu-bucket-'));
  await serveBucket(0);
  place = `s3://daohu/zj?endpoint=http://127.0.0.1:${port}&region=us-east-1`;
});

after(async () => {
  await bucket.close();
  rmSync(folder, { recursive: true, force: true });
});

const upload = (office, token, bytes) =>
  new Promise((resolve, reject) => {
    const metadata = { sha256: sha256(bytes).toString('hex'), record: newId(), role: 'file' };
    const headers = { authorization: `Bearer ${token}` };
    new Upload(bytes, { endpoint: `${office.url}/v1/blobs/uploads`, headers, metadata, retryDelays: null, onError: reject, onSuccess: resolve }).start();
  });

/** An office whose files lie in the bucket. */
async function opened(t) {
  const office = new Office(KEYS);
  t.after(() => office.close());
  await office.furnish();
  await office.serve('--blobs', place);
  return office;
}

test('files lie in the bucket and nowhere else, small ones and such as go there in parts', async (t) => {
  const office = await opened(t);
  const token = await (await office.phone()).token(office.url);
  const files = [Buffer.from('a small photo'), Buffer.alloc(19 * MB + 5, 'a scan of many pages ')];
  for (const bytes of files) {
    const hash = sha256(bytes).toString('hex');
    await office.name(hash);

    await upload(office, token, bytes);

    const whole = await office.fetch(hash);
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(bytes), 'the file is another one');
    const part = await office.fetch(hash, { range: 'bytes=2-9' });
    assert.equal(part.status, 206);
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(2, 10)));
    assert.ok(!existsSync(join(office.data, 'blobs', hash.slice(0, 2))));
    assert.ok(readdirSync(join(folder, 'daohu', 'zj', hash.slice(0, 2))).some((name) => name.startsWith(hash.slice(2))));
  }
  // Said once, every command finds them.
  assert.equal((await office.run(['verify'])).first_bad, null);
  const backup = await office.run(['backup', join(office.folder, 'backup')]);
  assert.deepEqual(backup.blobs, { place, files: 2, bad: [] });
});

test('while the bucket does not answer the phone is told to come later, and nothing of its upload is lost', async (t) => {
  const office = await opened(t);
  const token = await (await office.phone()).token(office.url);
  const bytes = Buffer.alloc(200_000, 'a photo ');
  const hash = sha256(bytes).toString('hex');
  await office.name(hash);
  await bucket.close();

  const refused = await upload(office, token, bytes).catch((error) => error);
  assert.equal(refused.originalResponse?.getStatus(), 503);
  assert.equal(JSON.parse(refused.originalResponse.getBody()).code, 'busy');

  const address = refused.originalRequest.getURL();
  await serveBucket(port);
  const headers = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' };
  const asked = await fetch(address, { method: 'HEAD', headers });
  assert.equal(asked.headers.get('upload-offset'), '200000');
  assert.ok(Buffer.from(await (await office.fetch(hash)).arrayBuffer()).equals(bytes), 'no byte was sent again');
});

test('an office whose bucket is not there does not begin to serve', async (t) => {
  const office = new Office(KEYS);
  t.after(() => office.close());
  await assert.rejects(office.serve('--blobs', place.replace('daohu/zj', 'nobody')));
});
