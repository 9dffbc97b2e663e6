/* id.ts - a ULID: 48 bits of time, 80 of chance, in Crockford's alphabet. What a caller names itself counts once. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function idNew(now = Date.now(), random: Uint8Array = crypto.getRandomValues(new Uint8Array(16))): string {
  let time = '';
  for (let i = 0, rest = now; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet.charAt(rest % 32) + time;
  return time + Array.from(random, (byte) => alphabet.charAt(byte & 31)).join('');
}
