/* factor.ts - the second factor: whether there is one, enrolling, the second step of a sign-in. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { sessionReplace } from './queries';

const key = ['second-factor'] as const;

export const useFactor = () => useQuery({ queryKey: key, queryFn: ({ signal }) => api.secondFactorGet({ signal }) });

export function useSecondStep() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (code: string) => api.sessionSecondFactor({ code }), onSuccess: (session) => sessionReplace(client, session) });
}

export const useFactorBegin = () => useMutation({ mutationFn: (password: string) => api.secondFactorBegin({ password }) });

export function useFactorConfirm() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (code: string) => api.secondFactorConfirm({ code }), onSuccess: () => client.invalidateQueries({ queryKey: key }) });
}

export function useFactorRemove() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (code: string) => api.secondFactorDelete({ code }), onSuccess: () => client.invalidateQueries({ queryKey: key }) });
}
