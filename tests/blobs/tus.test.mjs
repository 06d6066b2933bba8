// tus-js-client, as its makers publish it, against a real `daohu serve`.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Upload } from 'tus-js-client';

import { Office } from './office.mjs';
import { Proxy } from './proxy.mjs';
import { newId, sha256 } from './wire.mjs';

const KB = 1024;

/** How often a client tries again without a byte more having arrived. */
const TRIES = Array(20).fill(0);

let office;
let token;

before(async () => {
  office = new Office();
  await office.furnish();
  await office.serve();
  token = await (await office.phone()).token(office.url);
});

after(() => office.close());

/** Bytes that are the same every time. */
function photo(seed, length) {
  const parts = [];
  let block = sha256(Buffer.from(seed));
  for (let made = 0; made < length; made += block.length) {
    parts.push(block);
    block = sha256(block);
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** Uploads as a host would; resolves when the client says that all is there. */
function upload(url, bytes, { record = newId(), hash = sha256(bytes).toString('hex'), ...options } = {}) {
  return new Promise((resolve, reject) => {
    const client = new Upload(bytes, {
      endpoint: `${url}/v1/blobs/uploads`,
      headers: { authorization: `Bearer ${token}` },
      metadata: { sha256: hash, record, role: 'file', filename: '../../照片.jpg' },
      retryDelays: TRIES,
      onError: reject,
      onSuccess: () => resolve(client),
      ...options,
    });
    client.start();
  });
}

/** A link to the office that breaks after so many bytes up. */
async function through(t, cutAfter) {
  const proxy = new Proxy(office.url, cutAfter);
  t.after(() => proxy.close());
  await proxy.listen();
  return proxy;
}

async function same(bytes) {
  const answer = await office.fetch(sha256(bytes).toString('hex'));
  assert.equal(answer.status, 200);
  assert.ok(Buffer.from(await answer.arrayBuffer()).equals(bytes), 'the file is another one');
}

test('a link that breaks every 64 KB brings the file whole, and hardly a byte twice', async (t) => {
  const bytes = photo('a link that breaks', 1500 * KB);
  const record = await office.name(sha256(bytes).toString('hex'));
  const proxy = await through(t, 64 * KB);

  await upload(proxy.url, bytes, { record });

  await same(bytes);
  assert.ok(proxy.cuts >= Math.floor(1500 / 64), `${proxy.cuts} cuts`);
  const beside = proxy.bytesUp - bytes.length;
  console.log(`${bytes.length} bytes, ${proxy.cuts} cuts, ${beside} bytes beside them`);
  // The heads of requests, and now and then a piece again: where the client asks before the office has heard of its last connection.
  assert.ok(beside < bytes.length / 4, `${beside} bytes were not of the file`);
});

test('a file in parts, its first with the creation, is whole too', async () => {
  const bytes = photo('in parts', 300 * KB + 7);
  await office.name(sha256(bytes).toString('hex'));

  await upload(office.url, bytes, { chunkSize: 50 * KB, uploadDataDuringCreation: true });

  await same(bytes);
});

test('a file that is there already is not sent again', async (t) => {
  const bytes = photo('twice', 700 * KB);
  await upload(office.url, bytes);
  const proxy = await through(t, Infinity);

  await upload(proxy.url, bytes, { uploadDataDuringCreation: true, chunkSize: KB });

  assert.ok(proxy.bytesUp < 8 * KB, `${proxy.bytesUp} bytes went up`);
});

test('another file than was said is refused, and its client told so at once', async () => {
  const bytes = photo('said', 200 * KB);
  const other = photo('sent', 200 * KB);

  const refused = await upload(office.url, other, { hash: sha256(bytes).toString('hex') }).catch((error) => error);

  assert.equal(refused.originalResponse?.getStatus(), 422);
  assert.equal(JSON.parse(refused.originalResponse.getBody()).code, 'wrong_hash');
});

test('it goes on where it was after the office was stopped and started again', async (t) => {
  const bytes = photo('restarted', 900 * KB);
  await office.name(sha256(bytes).toString('hex'));
  const proxy = await through(t, 300 * KB);
  let address;
  const cut = upload(proxy.url, bytes, {
    retryDelays: null,
    onBeforeRequest: (request) => {
      if (request.getMethod() === 'PATCH') address = request.getURL();
    },
  });
  await assert.rejects(cut);
  await office.stop();
  await office.serve();
  let first;
  const uploadUrl = new URL(new URL(address).pathname, office.url).href;

  await upload(office.url, bytes, { uploadUrl, onProgress: (sent) => (first ??= sent) });

  assert.ok(first > 200 * KB, `it began at ${first}`);
  await same(bytes);
});
