/* wayText.ts - what to say when a way to sign in was refused. */
import { ApiError } from '@shared/api/client';
import { t, type PlainKey } from '../messages';

const texts: Record<string, PlainKey> = {
  'passkey.unknown': 'ways.passkey_unknown',
  'passkey.other_account': 'ways.other_passkey',
  'passkey.cloned': 'ways.passkey_cloned',
  'passkey.challenge': 'ways.again',
  'passkey.not_verified': 'ways.passkey_locked',
  'passkey.taken': 'ways.passkey_taken',
  'passkey.too_many': 'ways.passkey_many',
  'account.last_way': 'ways.last',
  'account.email_taken': 'sign_up.taken',
  'account.email_invalid': 'sign_up.email_needed',
  'session.wrong_credentials': 'account.delete_wrong',
  'session.not_fresh': 'ways.not_fresh',
  'oidc.state': 'ways.again',
  'oidc.denied': 'ways.denied',
  'oidc.unreachable': 'ways.unreachable',
  'oidc.email_taken': 'ways.email_taken',
  'oidc.no_email': 'ways.no_email',
  'oidc.linked_elsewhere': 'ways.linked_elsewhere',
  'oidc.token_invalid': 'ways.token_invalid',
};

export const codeOf = (error: unknown): string => (error instanceof ApiError ? (error.code ?? '') : '');
/** Empty: nothing of ours, say what is said of any failure. */
export function wayText(error: unknown): string {
  const key = texts[codeOf(error)];
  if (key) return t(key);
  if (error instanceof DOMException) return t(error.name === 'InvalidStateError' ? 'ways.passkey_taken' : 'ways.passkey_failed');
  return '';
}
