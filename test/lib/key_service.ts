// Somebody else's key service (SPEKE v2): gives for each key id the key that it always gives, and answers as the test says.
import { createCipheriv, createHash, createHmac, publicEncrypt, randomBytes, X509Certificate, constants } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { LocalServer } from './local_server.ts';

export interface KeyAsk { headers: IncomingHttpHeaders; xml: string; contentId: string; kids: string[]; rules: Record<string, string>; systems: string[] }
export interface KeyAnswer { status?: number; xml?: string; hang?: boolean }

const systemIds = { widevine: 'edef8ba9-79d6-4ace-a3c8-27dcd51d21ed', playready: '9a04f079-9840-4286-ab92-e65be0885f95', fairplay: '94ce86fb-07ff-4f43-adb8-93d2fa968ca2' };
const attributes = (xml: string, element: string, name: string) => [...xml.matchAll(new RegExp(`<cpix:${element}\\s[^>]*?${name}="([^"]*)"`, 'g'))].map((m) => m[1]!);
export const keyOf = (kid: string): Buffer => createHash('sha256').update(`of the service ${kid}`).digest().subarray(0, 16);
/** What it tells of a key: a pssh box of version 0 around words of its own. */
export function psshOf(system: keyof typeof systemIds, data: Buffer): Buffer {
  const head = Buffer.alloc(32);
  head.writeUInt32BE(32 + data.length, 0);
  head.write('pssh', 4, 'latin1');
  Buffer.from(systemIds[system].replaceAll('-', ''), 'hex').copy(head, 12);
  head.writeUInt32BE(data.length, 28);
  return Buffer.concat([head, data]);
}
export const widevineData = (kid: string) => Buffer.from(`widevine of the service for ${kid}`);
export const playreadyData = (kid: string) => Buffer.from(`playready of the service for ${kid}`);
export const skdOf = (kid: string) => `skd://keys.example/${kid}?tenant=7`;

/** CPIX 6.1.4: a document key and a MAC key for the certificate that stands in the request. */
class Seal {
  readonly #key = randomBytes(32);
  readonly #mac = randomBytes(64);
  readonly delivery: string;
  constructor(certificate: string) {
    const to = new X509Certificate(Buffer.from(certificate, 'base64')).publicKey;
    const wrap = (b: Buffer) => publicEncrypt({ key: to, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' }, b).toString('base64');
    this.delivery = `<cpix:DeliveryDataList><cpix:DeliveryData><cpix:DeliveryKey/><cpix:DocumentKey><cpix:Data><pskc:Secret><pskc:EncryptedValue><enc:CipherData><enc:CipherValue>${wrap(this.#key)}</enc:CipherValue></enc:CipherData></pskc:EncryptedValue></pskc:Secret></cpix:Data></cpix:DocumentKey><cpix:MACMethod><cpix:Key><enc:CipherData><enc:CipherValue>${wrap(this.#mac)}</enc:CipherValue></enc:CipherData></cpix:Key></cpix:MACMethod></cpix:DeliveryData></cpix:DeliveryDataList>`;
  }
  secret(key: Buffer): string {
    const iv = randomBytes(16), cipher = createCipheriv('aes-256-cbc', this.#key, iv);
    const value = Buffer.concat([iv, cipher.update(key), cipher.final()]);
    const mac = createHmac('sha512', this.#mac).update(value).digest('base64');
    return `<pskc:EncryptedValue><enc:CipherData><enc:CipherValue>${value.toString('base64')}</enc:CipherValue></enc:CipherData></pskc:EncryptedValue><pskc:ValueMAC>${mac}</pskc:ValueMAC>`;
  }
}

export function answerOf(ask: KeyAsk): string {
  const certificate = /<ds:X509Certificate>([^<]+)</.exec(ask.xml)?.[1];
  const seal = certificate ? new Seal(certificate) : null;
  const secret = (kid: string) => seal?.secret(keyOf(kid)) ?? `<pskc:PlainValue>${keyOf(kid).toString('base64')}</pskc:PlainValue>`;
  const keys = ask.kids.map((kid) => `<cpix:ContentKey kid="${kid}"><cpix:Data><pskc:Secret>${secret(kid)}</pskc:Secret></cpix:Data></cpix:ContentKey>`);
  const line = (tag: string, kid: string) => Buffer.from(`#EXT-X-${tag}:METHOD=SAMPLE-AES,URI="${skdOf(kid)}",KEYFORMAT="com.apple.streamingkeydelivery"`).toString('base64');
  const told: Record<string, (kid: string) => string> = {
    [systemIds.widevine]: (kid) => `<cpix:PSSH>${psshOf('widevine', widevineData(kid)).toString('base64')}</cpix:PSSH>`,
    // As some services do: not the box, but what is to stand in the MPD.
    [systemIds.playready]: (kid) => `<cpix:ContentProtectionData>${Buffer.from(`<mspr:pro>${playreadyData(kid).toString('base64')}</mspr:pro>`).toString('base64')}</cpix:ContentProtectionData>`,
    [systemIds.fairplay]: (kid) => `<cpix:HLSSignalingData playlist="media">${line('KEY', kid)}</cpix:HLSSignalingData><cpix:HLSSignalingData playlist="master">${line('SESSION-KEY', kid)}</cpix:HLSSignalingData>`,
  };
  const systems = ask.systems.map((s) => { const [kid, id] = s.split(' '); return `<cpix:DRMSystem kid="${kid}" systemId="${id}">${told[id!]!(kid!)}</cpix:DRMSystem>`; });
  return `<?xml version="1.0" encoding="UTF-8"?><cpix:CPIX contentId="${ask.contentId}" version="2.3" xmlns:cpix="urn:dashif:org:cpix" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">${seal?.delivery ?? ''}<cpix:ContentKeyList>${keys.join('')}</cpix:ContentKeyList><cpix:DRMSystemList>${systems.join('')}</cpix:DRMSystemList></cpix:CPIX>`;
}

export class KeyService extends LocalServer {
  readonly asked: KeyAsk[] = [];
  /** n counts from 1 what was asked since the last reset. */
  answer: (ask: KeyAsk, n: number) => KeyAnswer = (ask) => ({ xml: answerOf(ask) });

  reset(): void {
    this.asked.length = 0;
    this.answer = (ask) => ({ xml: answerOf(ask) });
  }
  protected async serve(rq: IncomingMessage, rs: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const d of rq) parts.push(d as Buffer);
    const xml = Buffer.concat(parts).toString('utf8'), rules = attributes(xml, 'ContentKeyUsageRule', 'kid'), types = attributes(xml, 'ContentKeyUsageRule', 'intendedTrackType');
    const of = attributes(xml, 'DRMSystem', 'kid'), ids = attributes(xml, 'DRMSystem', 'systemId');
    const ask: KeyAsk = {
      headers: rq.headers, xml, contentId: /contentId="([^"]*)"/.exec(xml)?.[1] ?? '', kids: attributes(xml, 'ContentKey', 'kid'),
      rules: Object.fromEntries(types.map((type, i) => [type, rules[i]!])), systems: of.map((kid, i) => `${kid} ${ids[i]}`),
    };
    this.asked.push(ask);
    const answer = this.answer(ask, this.asked.length);
    if (answer.hang) return;
    rs.writeHead(answer.status ?? 200, { 'content-type': 'application/xml', 'x-speke-version': '2.0' }).end(answer.xml ?? '');
  }
}
