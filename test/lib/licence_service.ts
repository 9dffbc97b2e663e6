// Somebody else's licence service: looks at the token as its library does, and answers as the test says. Players' requests, as they are made.
import { createHmac } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { LocalServer } from './local_server.ts';

export interface LicenceAsk { path: string; headers: IncomingHttpHeaders; body: Buffer }
export interface LicenceAnswer { status?: number; type?: string; body?: Buffer; hang?: boolean }

export class LicenceService extends LocalServer {
  readonly asked: LicenceAsk[] = [];
  answer: (ask: LicenceAsk) => LicenceAnswer = () => ({ body: Buffer.from([8, 2, 0xff, 0]) });

  reset(): void {
    this.asked.length = 0;
    this.answer = () => ({ body: Buffer.from([8, 2, 0xff, 0]) });
  }
  protected async serve(rq: IncomingMessage, rs: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const d of rq) parts.push(d as Buffer);
    const ask = { path: rq.url ?? '', headers: rq.headers, body: Buffer.concat(parts) };
    this.asked.push(ask);
    const a = this.answer(ask);
    if (a.hang) return;
    rs.writeHead(a.status ?? 200, { 'content-type': a.type ?? 'application/octet-stream', 'set-cookie': 'theirs=1' }).end(a.body ?? '');
  }
}

/** The claims of a JSON Web Token (HS256); throws where the signature is not the secret's, or too old. */
export function claimsOf(token: string, secret: string): any {
  const [header, claims, tag] = token.split('.');
  if (createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url') !== tag) throw new Error('not signed with the secret');
  if (JSON.parse(Buffer.from(header!, 'base64url').toString()).alg !== 'HS256') throw new Error('another algorithm');
  const c = JSON.parse(Buffer.from(claims!, 'base64url').toString());
  if (c.exp * 1000 < Date.now() || c.exp - c.iat > 300) throw new Error('too old, or for too long');
  return c;
}

const field = (n: number, data: Buffer | number) =>
  typeof data === 'number' ? Buffer.from([n << 3, data]) : Buffer.concat([Buffer.from([(n << 3) | 2, ...(data.length < 128 ? [data.length] : [(data.length & 127) | 128, data.length >> 7])]), data]);
/** A Widevine SignedMessage with a LicenseRequest for these keys; type 1 streaming, 2 offline. */
export function widevineAsk(kids: Buffer[], type = 1): Buffer {
  const pssh = Buffer.concat(kids.map((k) => field(2, k)));
  const content = field(1, Buffer.concat([field(1, pssh), field(2, type), field(3, Buffer.from('a request'))]));
  return Buffer.concat([field(1, 1), field(2, Buffer.concat([field(1, Buffer.alloc(200, 7)), field(2, content), field(3, 1)])), field(3, Buffer.alloc(128, 9))]);
}
export const widevineCertificateAsk = Buffer.from([8, 4]);
export function playreadyAsk(kid: Buffer): string {
  const guid = Buffer.from([3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((i) => kid[i]!)).toString('base64');
  return `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body><AcquireLicense><challenge><LA><ContentHeader><WRMHEADER version="4.3.0.0"><DATA><PROTECTINFO><KIDS><KID ALGID="AESCBC" VALUE="${guid}"></KID></KIDS></PROTECTINFO></DATA></WRMHEADER></ContentHeader></LA></challenge></AcquireLicense></soap:Body></soap:Envelope>`;
}
