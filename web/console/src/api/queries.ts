/* queries.ts - the query client, who is signed in, and what may be asked for again. Screens fetch through the hooks of api/ only. */
import { onlineManager, QueryCache, QueryClient, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { ApiError, type Session } from '@shared/api/client';

function sessionLost(error: unknown, key: readonly unknown[]): void {
  if (error instanceof ApiError && error.status === 401 && key[0] !== 'session') sessionForget();
}

onlineManager.setOnline(navigator.onLine);

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => sessionLost(error, query.queryKey) }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      /* What the server decided doesn't change by asking again; a lost connection does. */
      retry: (tries, error) => tries < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
      retryDelay: (tries) => Math.min(400 * 2 ** tries, 4000),
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

export function useSession() {
  return useQuery({
    queryKey: ['session'],
    queryFn: async ({ signal }): Promise<Session | null> => {
      try {
        return (await api.sessionGet({ signal })) ?? null;
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
    staleTime: 5 * 60_000,
  });
}

export type Role = 'editor' | 'operator';
export const useRoles = (): Role[] => (useSession().data?.account.roles ?? []).filter((role): role is Role => role !== 'viewer');

/** After somebody came or went nothing of the one before may stay on the screen or in memory. */
export function sessionReplace(client: QueryClient, session: Session | null): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' });
  client.setQueryData(['session'], session);
}
export const sessionForget = (): void => sessionReplace(queryClient, null);

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (body: { email: string; password: string }) => api.sessionCreate(body), onSuccess: (session) => sessionReplace(client, session) });
}

export function useSecondStep() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (code: string) => api.sessionSecondFactor({ code }), onSuccess: (session) => sessionReplace(client, session) });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => api.sessionDelete(), onSuccess: () => sessionReplace(client, null) });
}

export const useFactor = () => useQuery({ queryKey: ['second-factor'], queryFn: ({ signal }) => api.secondFactorGet({ signal }) });
export const useFactorBegin = () => useMutation({ mutationFn: (password: string) => api.secondFactorBegin({ password }) });
export const useFactorConfirm = () => useMutation({ mutationFn: (code: string) => api.secondFactorConfirm({ code }) });
/** The second factor once more, in the middle of a session: nothing on the screen changes. */
export const useProof = () => useMutation({ mutationFn: (code: string) => api.sessionSecondFactor({ code }) });
