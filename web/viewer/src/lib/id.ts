/* id.ts - ULIDs: 48 bits of milliseconds, 80 of chance, Crockford's base 32, 26 characters. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export function ulid(now_ms = Date.now(), random: Uint8Array = crypto.getRandomValues(new Uint8Array(16))): string {
  let time = '';
  for (let i = 0, rest = now_ms; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet.charAt(rest % 32) + time;
  let chance = '';
  for (let i = 0; i < 16; i++) chance += alphabet.charAt((random[i] ?? 0) % 32);
  return time + chance;
}
