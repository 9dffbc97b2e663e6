/* ways.ts - ways to sign in besides a password: passkeys, and services that know the person. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { passkeyMake, passkeyUse } from '../lib/passkey';
import { sessionReplace } from './queries';

const keys = { providers: ['oidc-providers'], passkeys: ['passkeys'], links: ['account-links'] };

export const useProviders = () => useQuery({ queryKey: keys.providers, queryFn: ({ signal }) => api.oidcProviders({ signal }), staleTime: 300_000 });

/** Signs in with whichever passkey the person has for us; does nothing when they leave it. fill: among what the browser fills in. */
export function usePasskeySignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (fill?: AbortSignal) => {
      const credential = await passkeyUse(await api.passkeySignInOptions(), fill);
      return credential && (await api.passkeySignIn({ credential }));
    },
    onSuccess: (session) => {
      if (session) sessionReplace(client, session);
    },
  });
}

export function usePasskeySignUp() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: api.PasskeySignUp) => {
      const credential = await passkeyMake(await api.passkeySignUpOptions(body));
      return credential && (await api.passkeySignUp({ credential }));
    },
    onSuccess: (session) => {
      if (session) sessionReplace(client, session);
    },
  });
}

/* What the browser was sent away for, until it is back: in this tab only. */
const errand = { name: 'matinee.oidc', put: (value: object) => sessionStorage.setItem(errand.name, JSON.stringify(value)) };
export function errandTake(): { to?: string; link?: boolean } {
  const kept = sessionStorage.getItem(errand.name);
  sessionStorage.removeItem(errand.name);
  return kept ? (JSON.parse(kept) as { to?: string; link?: boolean }) : {};
}

/** Leaves for the service; comes back at /sign-in/oidc/N. */
export const useLeaveFor = () =>
  useMutation({
    mutationFn: async ({ provider, to, link, password }: { provider: number; to?: string; link?: boolean; password?: string }) => {
      const { url } = link ? await api.oidcLinkBegin(provider, password ? { password } : {}) : await api.oidcBegin(provider);
      errand.put({ to, link });
      location.assign(url);
    },
  });

export function useReturn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ provider, link, answer }: { provider: number; link: boolean; answer: api.OidcAnswer }) => {
      if (link) await api.oidcLink(provider, answer);
      return link ? null : await api.oidcSignIn(provider, answer);
    },
    onSuccess: (session) => {
      if (session) sessionReplace(client, session);
    },
  });
}

export const useLinkPending = () => useMutation({ mutationFn: () => api.oidcLinkPending() });

export const usePasskeys = () => useQuery({ queryKey: keys.passkeys, queryFn: ({ signal }) => api.passkeyList({ signal }) });
/** An account may have none; until that is known it is taken to have one. */
export const useHasPassword = (): boolean => usePasskeys().data?.password !== false;
export const useLinks = () => useQuery({ queryKey: keys.links, queryFn: ({ signal }) => api.accountLinks({ signal }) });

/** A passkey that was just used, to be sent along with something else; null: the person left it. */
export const usePasskeyAnswer = () => useMutation({ mutationFn: async () => passkeyUse(await api.passkeySignInOptions()) });

/** Proves who is signed in anew, for accounts without a password. False: the person left it. */
export const useProve = () =>
  useMutation({
    mutationFn: async () => {
      const credential = await passkeyUse(await api.passkeySignInOptions());
      if (credential) await api.sessionProve({ credential });
      return credential !== null;
    },
  });

export function useAddPasskey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ name, password }: { name: string; password?: string }) => {
      const credential = await passkeyMake(await api.passkeyOptions(password ? { password } : {}));
      return credential && (await api.passkeyCreate({ credential, name }));
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.passkeys }),
  });
}

export function useRenamePasskey() {
  const client = useQueryClient();
  return useMutation({ mutationFn: ({ id, name }: { id: string; name: string }) => api.passkeyUpdate(id, { name }), onSettled: () => client.invalidateQueries({ queryKey: keys.passkeys }) });
}

export function useRemovePasskey() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => api.passkeyDelete(id), onSettled: () => client.invalidateQueries({ queryKey: keys.passkeys }) });
}

export function useUnlink() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => api.accountLinkDelete(id), onSettled: () => client.invalidateQueries({ queryKey: keys.links }) });
}
