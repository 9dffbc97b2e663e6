/* passkey.ts - the browser's side of a passkey (WebAuthn level 3), in the JSON that the server speaks. Done by hand where a browser of the
 * last years lacks parse...FromJSON and toJSON. */
import type { PasskeyCreation, PasskeyMade, PasskeyRequest, PasskeyUsed } from '@shared/api/client';

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer: ArrayBuffer): string => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

export const passkeysWork = (): boolean => typeof PublicKeyCredential === 'function' && isSecureContext;
/** Whether passkeys may be offered among what the browser fills in. */
export const passkeysFill = async (): Promise<boolean> => passkeysWork() && !!(await PublicKeyCredential.isConditionalMediationAvailable?.());

/** null: the person changed their mind, or there was none. */
const unlessLeft = async <T>(ask: Promise<T>): Promise<T | null> => {
  try {
    return await ask;
  } catch (error) {
    if (error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError')) return null;
    throw error;
  }
};

export async function passkeyMake(o: PasskeyCreation): Promise<PasskeyMade | null> {
  const publicKey = {
    ...o,
    challenge: bytes(o.challenge),
    user: { ...o.user, id: bytes(o.user.id) },
    excludeCredentials: o.excludeCredentials.map((c) => ({ ...c, id: bytes(c.id) })),
  } as PublicKeyCredentialCreationOptions;
  const made = (await unlessLeft(navigator.credentials.create({ publicKey }))) as PublicKeyCredential | null;
  if (!made) return null;
  const r = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id,
    type: 'public-key',
    response: { clientDataJSON: text(r.clientDataJSON), attestationObject: text(r.attestationObject), transports: r.getTransports?.() ?? [] },
  };
}

export async function passkeyUse(o: PasskeyRequest, fill?: AbortSignal): Promise<PasskeyUsed | null> {
  const publicKey: PublicKeyCredentialRequestOptions = { challenge: bytes(o.challenge), timeout: o.timeout, rpId: o.rpId, userVerification: 'required' };
  const used = (await unlessLeft(navigator.credentials.get({ publicKey, ...(fill ? { mediation: 'conditional' as const, signal: fill } : {}) }))) as PublicKeyCredential | null;
  if (!used) return null;
  const r = used.response as AuthenticatorAssertionResponse;
  return {
    id: used.id,
    type: 'public-key',
    response: { clientDataJSON: text(r.clientDataJSON), authenticatorData: text(r.authenticatorData), signature: text(r.signature), userHandle: r.userHandle ? text(r.userHandle) : null },
  };
}
