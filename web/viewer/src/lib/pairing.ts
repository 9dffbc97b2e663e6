/* pairing.ts - what a television makes of an answer to "was it approved?" (RFC 8628 section 3.5). */
export type Poll<S = unknown> = { state: 'pending' | 'approved' | 'denied' | 'expired'; interval_s: number; session?: S };

/** `code`: of the refusal. What is no word of the standard (no network, a busy server) changes nothing: it is asked again. */
export function pollNext<S>(last: Poll<S>, code: string): Poll<S> {
  if (code === 'slow_down') return { ...last, interval_s: last.interval_s + 5 };
  if (code === 'access_denied') return { ...last, state: 'denied' };
  if (code === 'expired_token' || code === 'invalid_grant') return { ...last, state: 'expired' };
  return { ...last };
}

/** A code as it stands on the other screen, while it is typed: groups of four. */
export function codeShaped(typed: string): string {
  const letters = typed.toUpperCase().replace(/[^A-Z0-9]/g, '').slice(0, 8);
  return letters.length > 4 ? `${letters.slice(0, 4)}-${letters.slice(4)}` : letters;
}

/** "https://tv.example.org/activate" as a person types it. */
export const addressWords = (url: string): string => url.replace(/^https?:\/\//, '');
