/* account.ts - the account's own affairs: letters, passwords, where it is signed in, who watches. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { sessionReplace } from './queries';

const keys = { sessions: ['sessions'], profiles: ['profiles'], session: ['session'] };

/** A letter's link, answered once however often the page is drawn. */
export const useLetterCode = (purpose: 'verify' | 'email', code: string) =>
  useQuery({
    queryKey: ['code', purpose, code],
    queryFn: async () => {
      await (purpose === 'verify' ? api.verifyEmail({ code }) : api.confirmEmail({ code }));
      return true;
    },
    enabled: code !== '',
    retry: false,
    staleTime: Infinity,
  });

export const useForgotPassword = () => useMutation({ mutationFn: (body: api.PasswordReset) => api.requestPasswordReset(body) });
export const useResetPassword = () => useMutation({ mutationFn: (body: api.PasswordResetConfirm) => api.confirmPasswordReset(body) });
export const useSendVerification = () => useMutation({ mutationFn: () => api.sendVerification() });
export const useChangeEmail = () => useMutation({ mutationFn: (body: api.EmailChange) => api.changeEmail(body) });

export function useChangePassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: api.PasswordChange) => api.changePassword(body),
    onSuccess: (session) => {
      client.setQueryData(keys.session, session);
      void client.invalidateQueries({ queryKey: keys.sessions });
    },
  });
}

export const useSessions = () => useQuery({ queryKey: keys.sessions, queryFn: ({ signal }) => api.sessionList({ signal }) });

/** One of them, or, without an id, every other one. */
export function useSignOutElsewhere() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id?: string) => (id ? api.signOutDevice(id) : api.signOutElsewhere()),
    onSettled: () => client.invalidateQueries({ queryKey: keys.sessions }),
  });
}

export const useProfiles = () => useQuery({ queryKey: keys.profiles, queryFn: ({ signal }) => api.profileList({ signal }) });

export function useChooseProfile() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (body: api.ProfileChoice) => api.chooseProfile(body), onSuccess: (session) => sessionReplace(client, session) });
}

export type ProfileSave = { id?: string; body: api.ProfileEdit & { name: string }; pin?: string | null; password?: string };

/** A new profile, or what changed of one, and then its PIN. */
export function useSaveProfile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ id, body, pin, password }: ProfileSave) => {
      const { password: _, ...settings } = body;
      const saved = id ? await api.profileUpdate(id, { ...settings, ...(password ? { password } : {}) }) : await api.profileCreate(settings);
      if (pin !== undefined) await api.profilePinReplace(saved.id, { pin, ...(password ? { password } : {}) });
      return saved;
    },
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: keys.profiles });
      await client.invalidateQueries({ queryKey: keys.session });
    },
  });
}

export function useDeleteProfile() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => api.profileDelete(id), onSettled: () => client.invalidateQueries({ queryKey: keys.profiles }) });
}
