/* pairing.ts - signing a television in by a code, from both ends (RFC 8628), and the account's devices. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import { ApiError, type Session } from '@shared/api/client';
import { deviceId } from '../lib/store';
import { pollNext, type Poll as AnyPoll } from '../lib/pairing';
import { deviceKind, deviceName } from '../player/device';

type Poll = AnyPoll<Session>;

/** A code to show; another one for another `round`. */
export const useDeviceCode = (round: number) =>
  useQuery({
    queryKey: ['device-code', round],
    queryFn: ({ signal }) => api.deviceCode({ kind: deviceKind(), name: deviceName(), device_id: deviceId() ?? null }, { signal }),
    staleTime: Infinity,
    gcTime: 0,
  });

/** Asks again and again whether somebody approved, no oftener than the server wants. */
export function useDeviceToken(codes: api.DeviceCodes | undefined) {
  return useQuery({
    queryKey: ['device-token', codes?.device_code],
    queryFn: async ({ client, queryKey, signal }): Promise<Poll> => {
      const last = client.getQueryData<Poll>(queryKey) ?? pollFirst(codes!);
      try {
        return { ...last, state: 'approved', session: await api.deviceToken({ device_code: codes!.device_code }, { signal }) };
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return pollNext(last, error.code);
      }
    },
    enabled: codes !== undefined,
    initialData: codes && pollFirst(codes),
    retry: false,
    gcTime: 0,
    staleTime: Infinity,
    refetchInterval: ({ state: { data } }) => (data?.state === 'pending' ? data.interval_s * 1000 : false),
    refetchIntervalInBackground: true,
  });
}
const pollFirst = (codes: api.DeviceCodes): Poll => ({ state: 'pending', interval_s: codes.interval });

export const usePairingLookup = () => useMutation({ mutationFn: (user_code: string) => api.pairingLookup({ user_code }) });
export const usePairingDecision = () => useMutation({ mutationFn: (body: api.PairingDecision) => api.pairingDecide(body) });

const devices = ['devices'];
export const useDevices = () => useQuery({ queryKey: devices, queryFn: ({ signal }) => api.deviceList({ signal }) });

export function useRenameDevice() {
  const client = useQueryClient();
  return useMutation({ mutationFn: ({ id, name }: { id: string; name: string }) => api.deviceRename(id, { name }), onSettled: () => client.invalidateQueries({ queryKey: devices }) });
}

/** Whoever is signed in there is signed out. */
export function useRemoveDevice() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => api.deviceDelete(id),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: devices });
      await client.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
}
