/* RequireSession.tsx - everything behind it belongs to someone signed in; whoever isn't comes back here after signing in. */
import { Navigate, Outlet, useLocation } from 'react-router';
import { useSession } from '../api/queries';
import { useViewingEvents } from '../api/viewing';
import { t } from '../messages';
import { Loading } from '../ui/Skeleton';
import { FailedState } from '../ui/StateScreen';

export function RequireSession() {
  const session = useSession();
  const { pathname, search } = useLocation();
  useViewingEvents();
  if (session.isPending) return <Loading label={t('state.loading')} />;
  if (session.isError && !session.data) return <FailedState error={session.error} retry={() => void session.refetch()} />;
  if (!session.data) {
    const to = pathname + search;
    return <Navigate to={to === '/' ? '/sign-in' : `/sign-in?to=${encodeURIComponent(to)}`} replace />;
  }
  return <Outlet />;
}
