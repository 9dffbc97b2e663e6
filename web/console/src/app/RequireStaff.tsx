/*
 * RequireStaff.tsx - who may come in: nobody signed in is asked to, a viewer is told that this is not for them, and staff whose
 * sign-in still lacks its second factor shows it, or sets it up.
 */
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Lock } from 'lucide-react';
import { Outlet } from 'react-router';
import * as api from '@shared/api/client';
import { ApiError } from '@shared/api/client';
import { useRoles, useSession, useSignOut } from '../api/queries';
import { t } from '../messages';
import { FactorScreen } from '../screens/sign-in/FactorScreen';
import { SignInScreen } from '../screens/sign-in/SignInScreen';
import { Failure, State } from '../ui/States';
import { FreshProof } from './FreshProof';
import css from './gate.module.css';

/* What staff may do at all: a session without its second factor is a viewer's to the server, and says so only by refusing. */
function useStaffProven(roles: readonly string[]) {
  const probe = roles.includes('editor') ? () => api.importList({ limit: 1 }) : () => api.auditList({ limit: 1 });
  return useQuery({
    queryKey: ['staff-proven', roles.join(' ')],
    enabled: roles.length > 0,
    staleTime: Infinity,
    queryFn: async () => {
      try {
        await probe();
        return true;
      } catch (error) {
        if (error instanceof ApiError && error.status === 403) return false;
        throw error;
      }
    },
  });
}

export function RequireStaff() {
  const session = useSession();
  const roles = useRoles();
  const signOut = useSignOut();
  const proven = useStaffProven(roles);
  if (session.isError) return <Failure error={session.error} onRetry={() => void session.refetch()} />;
  if (session.isPending) return <div className={css.wait} aria-busy="true" />;
  if (!session.data) return <SignInScreen />;
  if (!roles.length)
    return (
      <main>
        <State icon={Lock} title={t('gate.viewer')} text={t('gate.viewer_text', { email: session.data.account.email })}>
          <Button component="a" href="/">{t('nav.viewer')}</Button>
          <Button onClick={() => signOut.mutate()}>{t('action.sign_out')}</Button>
        </State>
      </main>
    );
  if (proven.isError) return <Failure error={proven.error} onRetry={() => void proven.refetch()} />;
  if (proven.isPending) return <div className={css.wait} aria-busy="true" />;
  if (!proven.data) return <FactorScreen onDone={() => void proven.refetch()} />;
  return (
    <>
      <Outlet />
      <FreshProof />
    </>
  );
}
