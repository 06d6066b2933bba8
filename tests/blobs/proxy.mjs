// A proxy that breaks every connection once so many bytes have gone up on it, and counts what went.

import { connect, createServer } from 'node:net';

export class Proxy {
  constructor(target, cutAfter) {
    this.target = new URL(target);
    this.cutAfter = cutAfter;
    this.cuts = 0;
    this.bytesUp = 0;
    this.open = new Set();
    this.server = createServer((client) => this.carry(client));
  }

  async listen() {
    await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
  }

  carry(client) {
    const office = connect(Number(this.target.port), this.target.hostname);
    let left = this.cutAfter;
    const end = () => {
      client.destroy();
      office.destroy();
    };
    for (const socket of [client, office]) {
      this.open.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.open.delete(socket);
        end();
      });
    }
    client.on('data', (bytes) => {
      const passed = bytes.subarray(0, left);
      left -= passed.length;
      this.bytesUp += passed.length;
      if (left > 0) {
        office.write(passed);
        return;
      }
      // The office gets what went up to here; the client never hears whether it arrived.
      this.cuts += 1;
      client.destroy();
      office.end(passed);
    });
    office.pipe(client);
  }

  async close() {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
