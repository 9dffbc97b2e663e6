/* journey.ts - what a payment was for, while its payer is at the bank: where to go on to, and the page to try again on. */
import { safePath } from '../../lib/redirect';

type Journey = { to: string; back: string };
const key = (payment: string) => `matinee.checkout.${payment}`;

export function checkoutRemember(payment: string, journey: Journey): void {
  try {
    sessionStorage.setItem(key(payment), JSON.stringify(journey));
  } catch {
    /* then the way back is the membership's page */
  }
}

export function checkoutOf(payment: string): Journey {
  try {
    const { to, back } = JSON.parse(sessionStorage.getItem(key(payment)) ?? '{}') as Partial<Journey>;
    return { to: safePath(to ?? null), back: safePath(back ?? '/plans') };
  } catch {
    return { to: '/', back: '/plans' };
  }
}
