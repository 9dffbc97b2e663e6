// A server on a free port of this machine that runs inside the test, and speaks for somebody else's.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export abstract class LocalServer {
  port = 0;
  readonly #server: Server;
  constructor() {
    this.#server = createServer((rq, rs) => void this.serve(rq, rs).catch(() => rs.destroy()));
  }
  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    this.port = (this.#server.address() as any).port;
    return this;
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }
  protected abstract serve(rq: IncomingMessage, rs: ServerResponse): Promise<void>;
}
