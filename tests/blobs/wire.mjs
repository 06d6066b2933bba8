// As much of docs/PROTOCOL.md as a client of tus needs to be let in: CBOR, COSE_Sign1 and the enrolment of a device.

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** Writes deterministic CBOR: unsigned and negative integers, bytes, texts, arrays, maps, null. */
export function cbor(value) {
  const head = (major, n) => {
    if (n < 24) return Buffer.from([(major << 5) | n]);
    if (n < 256) return Buffer.from([(major << 5) | 24, n]);
    if (n < 65536) return Buffer.from([(major << 5) | 25, n >> 8, n & 255]);
    const bytes = Buffer.alloc(5);
    bytes[0] = (major << 5) | 26;
    bytes.writeUInt32BE(n, 1);
    return bytes;
  };
  if (value === null) return Buffer.from([0xf6]);
  if (Number.isInteger(value)) return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  if (value instanceof Map) return Buffer.concat([head(5, value.size), ...[...value].flat().map(cbor)]);
  throw new TypeError(`no CBOR for ${typeof value}`);
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** Bytes of an id as people write it. */
export const idBytes = (id) => Buffer.from(id.replaceAll('-', ''), 'hex');

/** A new id (UUIDv7). */
export function newId() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5');
}

/** A device that enrols and signs requests. */
export class Device {
  constructor() {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    this.id = newId();
    this.key = privateKey;
    this.public = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
    this.counter = 0;
  }

  /** A COSE_Sign1 by this device's key. */
  sign(aad, payload, { detached = false, unprotected = new Map() } = {}) {
    const shielded = cbor(new Map([[1, -8], [4, idBytes(this.id)]]));
    const signature = sign(null, cbor(['Signature1', shielded, Buffer.from(aad), payload]), this.key);
    return cbor([shielded, unprotected, detached ? null : payload, signature]);
  }

  /** The header `daohu-signature` of a request. */
  header(method, path, body) {
    this.counter += 1;
    const payload = cbor(new Map([[1, method], [2, path], [3, sha256(body)], [4, idBytes(this.id)], [5, this.counter]]));
    const unprotected = new Map([[-65537, this.counter]]);
    return this.sign('daohu/request/1', payload, { detached: true, unprotected }).toString('base64url');
  }

  /** Enrols with a one-time code. */
  async enrol(url, code) {
    const payload = cbor(new Map([[1, code], [2, idBytes(this.id)], [3, this.public], [4, 'tus'], [6, [1, 1]]]));
    const headers = { 'content-type': 'application/cbor' };
    const answer = await fetch(`${url}/v1/enrol`, { method: 'POST', headers, body: this.sign('daohu/enrol/1', payload) });
    if (answer.status !== 200) throw new Error(`enrolment: ${answer.status} ${await answer.text()}`);
  }

  /** Asks for a token for uploads. */
  async token(url) {
    const path = '/v1/blobs/token';
    const headers = { 'daohu-signature': this.header('POST', path, Buffer.alloc(0)) };
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers });
    if (answer.status !== 200) throw new Error(`token: ${answer.status} ${await answer.text()}`);
    return (await answer.json()).token;
  }
}
