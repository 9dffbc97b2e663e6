/*
 * StateScreen.tsx - what stands where content can't: an error, no connection, no permission, nothing yet.
 * It says what happened, what to do, and offers the one thing to press.
 */
import { CloudOff, Clapperboard, Lock, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '@shared/api/client';
import { useSignOut } from '../api/queries';
import { useOnline } from '../lib/hooks';
import { t } from '../messages';
import { Button } from './Button';
import css from './state.module.css';

type Props = { icon?: LucideIcon; title: string; detail: string; code?: string; children?: ReactNode; small?: boolean };

export function StateScreen({ icon: Icon = Clapperboard, title, detail, code, children, small }: Props) {
  return (
    <section className={small ? `${css.state} ${css.small}` : css.state} data-testid="state">
      <Icon aria-hidden strokeWidth={1.25} />
      <h1>{title}</h1>
      <p>{detail}</p>
      {children && <div className={css.actions}>{children}</div>}
      {code && <p className={css.code}>{t('state.code', { code })}</p>}
    </section>
  );
}

function ForbiddenState() {
  const signOut = useSignOut();
  return (
    <StateScreen icon={Lock} title={t('state.forbidden')} detail={t('state.forbidden_detail', { app: t('app.name') })}>
      <Button look="accent" busy={signOut.isPending} onClick={() => signOut.mutate()}>
        {t('state.forbidden_other')}
      </Button>
    </StateScreen>
  );
}

/** The state that a failed request deserves. */
export function FailedState({ error, retry }: { error: unknown; retry?: () => void }) {
  const online = useOnline();
  const again = retry && (
    <Button look="accent" onClick={retry}>
      {t('action.retry')}
    </Button>
  );
  const status = error instanceof ApiError ? error.status : -1;
  const app = t('app.name');
  if (!online) return <StateScreen icon={CloudOff} title={t('state.offline')} detail={t('state.offline_detail')} />;
  if (status === 0) {
    return (
      <StateScreen icon={CloudOff} title={t('state.network', { app })} detail={t('state.network_detail')}>
        {again}
      </StateScreen>
    );
  }
  if (status === 403) return <ForbiddenState />;
  const code = error instanceof ApiError ? [error.code, error.requestId].filter(Boolean).join(' · ') : undefined;
  const detail = status === 429 ? t('state.limit') : t('state.error_detail');
  return (
    <StateScreen icon={TriangleAlert} title={t('state.error')} detail={detail} code={code}>
      {again}
    </StateScreen>
  );
}
