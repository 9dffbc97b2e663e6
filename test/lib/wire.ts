// A port of this machine behind which a server lies, and what becomes of the bytes on the way: for tests of what a program
// does when a network swallows everything, or cuts a connection at the worst moment. (In C: test/unit/engine/wire.h.)
import { connect, createServer, type Server, type Socket } from 'node:net';

/** swallows: nothing gets through, old or new, and nobody is told; what was held back goes on afterwards.
 *  cuts: of the COMMITs that pass every second arrives and its answer does not, the others do not arrive. */
export type WireMode = 'passes' | 'swallows' | 'cuts';

export class Wire {
  port = 0;
  commitsCut = 0;
  #mode: WireMode = 'passes';
  readonly #to: { path: string } | { port: number; host: string };
  readonly #sockets = new Set<Socket>();
  readonly #waiting: (() => void)[] = [];
  #server: Server | undefined;

  constructor(to: { path: string } | { port: number; host: string }) {
    this.#to = to;
  }

  async start(): Promise<this> {
    this.#server = createServer((client) => (this.#mode === 'swallows' ? this.#waiting.push(() => this.#join(client)) : this.#join(client)));
    await new Promise<void>((done) => this.#server!.listen(0, '127.0.0.1', done));
    this.port = (this.#server!.address() as { port: number }).port;
    return this;
  }

  #join(client: Socket): void {
    const server = connect(this.#to);
    const end = () => {
      for (const s of [client, server]) {
        s.destroy();
        this.#sockets.delete(s);
      }
    };
    for (const s of [client, server]) {
      this.#sockets.add(s);
      s.setNoDelay(true);
      s.on('error', end).on('close', end);
      if (this.#mode === 'swallows') s.pause();
    }
    client.on('data', (bytes) => {
      const cut = this.#mode === 'cuts' && bytes.includes('COMMIT');
      if (cut && this.commitsCut++ % 2) return end();
      server.write(bytes, cut ? () => setTimeout(end, 0) : undefined);
      if (cut) server.removeAllListeners('data').resume();
    });
    server.on('data', (bytes) => client.write(bytes));
  }

  set(mode: WireMode): void {
    this.#mode = mode;
    for (const s of this.#sockets) mode === 'swallows' ? s.pause() : s.resume();
    if (mode !== 'swallows') for (const go of this.#waiting.splice(0)) go();
  }

  async stop(): Promise<void> {
    this.set('passes');
    for (const s of this.#sockets) s.destroy();
    await new Promise((done) => this.#server?.close(done) ?? done(undefined));
  }
}
