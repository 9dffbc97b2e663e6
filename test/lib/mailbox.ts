// A mail server of the test's own, on a free port: what was sent, read by somebody else's parser.
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { setTimeout as pause } from 'node:timers/promises';

export interface Letter extends ParsedMail {
  envelope: { from: string; to: string[] };
}

export class Mailbox {
  readonly letters: Letter[] = [];
  refuseNext = 0;
  port = 0;
  #server: SMTPServer;

  constructor(login?: { user: string; password: string }) {
    this.#server = new SMTPServer({
      authOptional: !login,
      allowInsecureAuth: true,
      disabledCommands: ['STARTTLS'],
      onAuth: (auth, _session, done) =>
        auth.username === login?.user && auth.password === login?.password ? done(null, { user: auth.username }) : done(new Error('wrong password')),
      onRcptTo: (_to, _session, done) => (this.refuseNext-- > 0 ? done(new Error('try again later')) : done()),
      onData: (stream, session, done) => {
        simpleParser(stream).then((mail) => {
          const { mailFrom, rcptTo } = session.envelope;
          this.letters.push(Object.assign(mail, { envelope: { from: mailFrom ? mailFrom.address : '', to: rcptTo.map((r) => r.address) } }));
          done();
        }, done);
      },
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    const address = this.#server.server.address();
    this.port = address && typeof address === 'object' ? address.port : 0;
    return this;
  }

  async stop(): Promise<void> {
    await new Promise<void>((done) => this.#server.close(() => done()));
  }

  /** The next letter to this address that says so in its subject. */
  async to(address: string, subject: RegExp, limitMs = 30_000): Promise<Letter> {
    for (const end = Date.now() + limitMs; ; await pause(100)) {
      const i = this.letters.findIndex((l) => l.envelope.to.includes(address) && subject.test(l.subject ?? ''));
      if (i >= 0) return this.letters.splice(i, 1)[0]!;
      if (Date.now() > end) throw new Error(`no letter "${subject}" to ${address}; there are: ${this.letters.map((l) => l.subject).join(', ') || 'none'}`);
    }
  }
}

/** The code that the letter's button carries. */
export function codeOf(letter: Letter): string {
  const code = /#code=([\w-]{43})/.exec(letter.text ?? '')?.[1];
  if (!code || !String(letter.html).includes(`#code=${code}`)) throw new Error('the letter has no code, or not the same in both parts');
  return code;
}
