// A real office for the tests: the binary `daohu` with one village and one household, on a free port of this machine.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createInterface } from 'node:readline';

import { Device } from './wire.mjs';

export const VILLAGE = '610802209201';

/** The password of the secretary who looks at what came. */
const PASSWORD = 'a-password-of-2019';

const BINARY = process.env.DAOHU_BIN;

export class Office {
  constructor(environment = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'daohu-blobs-'));
    this.data = join(this.folder, 'data');
    this.environment = { ...process.env, DAOHU_LOG: 'off', DAOHU_DATA: this.data, ...environment };
  }

  /** Runs a command and reads its answer. Others of this process, a bucket among them, go on meanwhile. */
  async run(words, input = '') {
    const command = spawn(BINARY, [...words, '--json'], { env: this.environment, stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = new Promise((resolve) => command.once('close', resolve));
    command.stdin.end(input);
    const said = await text(command.stdout);
    if ((await ended) !== 0) throw new Error(`${words.join(' ')}: ${said}`);
    return JSON.parse(said);
  }

  /** Makes a township with one village, a household, and a secretary who has a phone and may sign in. */
  async furnish() {
    const place = (code, name, level, parent) =>
      this.run(['record', 'add', 'region', 'place=610802209000', `code=${code}`, `name=${name}`, `level=${level}`, ...parent]);
    await place('610802209000', '红石桥乡', 'town', []);
    await place(VILLAGE, '左界村', 'village', ['parent=610802209000']);
    const household = ['record', 'add', 'household', `place=${VILLAGE}`, 'number=610802209201001', 'head_name=王建军'];
    this.household = (await this.run(household)).id;
    const words = ['user', 'add', '--login', 'shuji', '--role', 'village_secretary', '--place', VILLAGE, '--password-stdin'];
    await this.run(words, `${PASSWORD}\n`);
  }

  /** Serves, and returns once it is ready. */
  async serve(...words) {
    const options = { env: this.environment, stdio: ['ignore', 'pipe', 'inherit'] };
    this.ended = false;
    this.serving = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0', ...words], options);
    this.serving.once('exit', () => (this.ended = true));
    // Its one line says that it is ready; the end of the stream says that it never will be.
    for await (const line of createInterface({ input: this.serving.stdout })) {
      this.url = JSON.parse(line).listening;
      return;
    }
    throw new Error('the office does not serve');
  }

  async stop() {
    if (!this.serving || this.ended) return;
    const ended = new Promise((resolve) => this.serving.once('exit', resolve));
    this.serving.kill('SIGTERM');
    await ended;
  }

  async close() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Enrols a phone of the secretary. */
  async phone() {
    const device = new Device();
    const { code } = await this.run(['device', 'code', '--user', 'shuji']);
    await device.enrol(this.url, code);
    return device;
  }

  /** Writes a record that names a file, so that somebody may have it. */
  async name(hash) {
    const fields = [`file=${hash}`, `original=${hash}`, 'media_type=image/jpeg', 'sort=other', 'source=camera'];
    const of = [`household=${this.household}`, `target=${this.household}`, 'target_kind=household'];
    return (await this.run(['record', 'add', 'evidence', ...of, ...fields])).id;
  }

  /** Fetches a file as somebody at the office's pages does. */
  async fetch(hash, headers = {}) {
    const body = JSON.stringify({ login: 'shuji', password: PASSWORD });
    const signed = await fetch(`${this.url}/api/v1/sessions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    const { token } = await signed.json();
    return fetch(`${this.url}/api/v1/blobs/${hash}`, { headers: { authorization: `Bearer ${token}`, ...headers } });
  }
}
