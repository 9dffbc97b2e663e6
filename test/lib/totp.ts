// One-time codes as an authenticator app makes them.
import { expect } from '@playwright/test';
import { createHmac } from 'node:crypto';

/** RFC 6238 by another hand than ours: SHA-1, 6 digits. */
export function codeAt(secret: string, step: number): string {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g)!.map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}
/** An authenticator app that holds one secret. */
export class App {
  #last = 0;
  readonly secret: string;
  constructor(secret: string) {
    this.secret = secret;
  }
  /** A code that was not used yet; where this window has none left, the next window's. */
  async next(): Promise<string> {
    const now = () => Math.floor(Date.now() / 30_000);
    this.#last = Math.max(this.#last + 1, now() - 1);
    await expect.poll(() => this.#last <= now() + 1, { timeout: 40_000 }).toBe(true);
    return codeAt(this.secret, this.#last);
  }
}
