// An authenticator of the test's own, in software: makes passkeys and signs with them as WebAuthn level 3 has it, and lies where a
// test asks it to. Whatever it sends passes through `tamper`, so that each field can be wrong by itself.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

type Cbor = number | string | Buffer | Cbor[] | Map<Cbor, Cbor>;

/** CBOR (RFC 8949) with shortest heads, enough for what an authenticator writes. */
export function cbor(v: Cbor): Buffer {
  const head = (major: number, n: number) => {
    if (n < 24) return Buffer.from([(major << 5) | n]);
    if (n < 256) return Buffer.from([(major << 5) | 24, n]);
    const b = Buffer.alloc(3);
    b[0] = (major << 5) | 25;
    b.writeUInt16BE(n, 1);
    return b;
  };
  if (typeof v === 'number') return v >= 0 ? head(0, v) : head(1, -1 - v);
  if (typeof v === 'string') return Buffer.concat([head(3, Buffer.byteLength(v)), Buffer.from(v)]);
  if (Buffer.isBuffer(v)) return Buffer.concat([head(2, v.length), v]);
  if (Array.isArray(v)) return Buffer.concat([head(4, v.length), ...v.map(cbor)]);
  return Buffer.concat([head(5, v.size), ...[...v].flatMap(([k, x]) => [cbor(k), cbor(x)])]);
}

export type Alg = 'ES256' | 'EdDSA' | 'RS256';
const numbers = { ES256: -7, EdDSA: -8, RS256: -257 };
const sha256 = (b: Buffer | string) => createHash('sha256').update(b).digest();
const url = (b: Buffer) => b.toString('base64url');

/** What goes out, before it is put together: a test changes one thing. */
export interface Parts {
  client: Record<string, unknown>;
  rpId: string;
  flags: number;
  count: number;
  credentialId: Buffer;
  cose: Map<Cbor, Cbor>;
  format: string;
  statement: Map<Cbor, Cbor>;
  userHandle: string | null;
  tail: Buffer;
  signature: (text: Buffer) => Buffer;
}
type Tamper = (p: Parts) => void;

export class Authenticator {
  readonly origin: string;
  readonly rpId: string;
  readonly alg: Alg;
  readonly id = randomBytes(32);
  readonly key: KeyObject;
  readonly cose: Map<Cbor, Cbor>;
  count = 0;
  step = 1;
  user = '';

  constructor(origin: string, alg: Alg = 'ES256') {
    this.origin = origin;
    this.rpId = new URL(origin).hostname;
    this.alg = alg;
    const pair =
      alg === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.key = pair.privateKey;
    const jwk = pair.publicKey.export({ format: 'jwk' });
    const b = (s?: string) => Buffer.from(s ?? '', 'base64url');
    if (alg === 'ES256') this.cose = new Map<Cbor, Cbor>([[1, 2], [3, -7], [-1, 1], [-2, b(jwk.x)], [-3, b(jwk.y)]]);
    else if (alg === 'EdDSA') this.cose = new Map<Cbor, Cbor>([[1, 1], [3, -8], [-1, 6], [-2, b(jwk.x)]]);
    else this.cose = new Map<Cbor, Cbor>([[1, 3], [3, -257], [-1, b(jwk.n)], [-2, b(jwk.e)]]);
  }

  #parts(type: string, challenge: string, flags: number): Parts {
    this.count += this.step;
    return {
      client: { type, challenge, origin: this.origin, crossOrigin: false },
      rpId: this.rpId, flags, count: this.count, credentialId: this.id, cose: this.cose, format: 'none', statement: new Map(),
      userHandle: url(Buffer.from(this.user)), tail: Buffer.alloc(0), signature: (text) => this.#sign(text),
    };
  }
  #sign(text: Buffer): Buffer {
    return sign(this.alg === 'EdDSA' ? null : 'sha256', text, this.key);
  }
  #head(p: Parts): Buffer {
    const count = Buffer.alloc(4);
    count.writeUInt32BE(p.count >>> 0);
    return Buffer.concat([sha256(p.rpId), Buffer.from([p.flags]), count]);
  }

  /** RegistrationResponseJSON for these options. */
  create(options: { challenge: string; user: { id: string } }, tamper: Tamper = () => {}) {
    this.user = Buffer.from(options.user.id, 'base64url').toString();
    const p = this.#parts('webauthn.create', options.challenge, 0x45);
    tamper(p);
    const client = Buffer.from(JSON.stringify(p.client));
    const length = Buffer.alloc(2);
    length.writeUInt16BE(p.credentialId.length);
    const data = Buffer.concat([this.#head(p), Buffer.alloc(16), length, p.credentialId, cbor(p.cose), p.tail]);
    if (p.format === 'packed') {
      p.statement.set('alg', p.statement.get('alg') ?? numbers[this.alg]);
      p.statement.set('sig', p.signature(Buffer.concat([data, sha256(client)])));
    }
    const object = cbor(new Map<Cbor, Cbor>([['fmt', p.format], ['attStmt', p.statement], ['authData', data]]));
    return {
      id: url(p.credentialId), rawId: url(p.credentialId), type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform',
      response: { clientDataJSON: url(client), attestationObject: url(object), transports: ['internal', 'hybrid'] },
    };
  }

  /** AuthenticationResponseJSON for these options. */
  get(options: { challenge: string }, tamper: Tamper = () => {}) {
    const p = this.#parts('webauthn.get', options.challenge, 0x05);
    tamper(p);
    const client = Buffer.from(JSON.stringify(p.client));
    const data = Buffer.concat([this.#head(p), p.tail]);
    return {
      id: url(p.credentialId), rawId: url(p.credentialId), type: 'public-key', clientExtensionResults: {},
      response: { clientDataJSON: url(client), authenticatorData: url(data), signature: url(p.signature(Buffer.concat([data, sha256(client)]))), userHandle: p.userHandle },
    };
  }
}
