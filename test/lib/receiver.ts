// An endpoint of somebody else's: takes what is sent to it, answers as the test says, and checks signatures by the specification's own library.
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { Webhook } from 'standardwebhooks';

export interface Got { headers: IncomingHttpHeaders; text: string; body: any; at: number }
export type Answer = { status: number; location?: string; text?: string } | 'hang';

export class Receiver {
  readonly got: Got[] = [];
  answer: (n: number, got: Got) => Answer = () => ({ status: 204 });
  port = 0;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((rq, reply) => {
      const parts: Buffer[] = [];
      rq.on('data', (d: Buffer) => parts.push(d));
      rq.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8');
        const got = { headers: rq.headers, text, body: JSON.parse(text), at: Date.now() };
        this.got.push(got);
        const answer = this.answer(this.got.length, got);
        if (answer === 'hang') return; // until the sender gives up
        reply.writeHead(answer.status, answer.location ? { location: answer.location } : {}).end(answer.text ?? '');
      });
    });
  }
  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(this.port, '127.0.0.1', done));
    const address = this.#server.address();
    this.port = address && typeof address === 'object' ? address.port : 0;
    return this;
  }
  get url(): string {
    return `http://127.0.0.1:${this.port}/hooks?token=of-the-receiver`;
  }
  of(type: string): Got[] {
    return this.got.filter((g) => g.body.type === type);
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((done) => this.#server.close(() => done()));
  }
}

/** Throws where the signature is not the secret's, or too old. */
export function verified(secret: string, got: Got): any {
  return new Webhook(secret).verify(got.text, got.headers as Record<string, string>);
}
