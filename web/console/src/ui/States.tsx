/* States.tsx - what a screen shows when it has nothing else to show: not here yet, nothing there, not allowed, gone wrong. */
import { Button, Skeleton } from '@mantine/core';
import { CloudOff, Lock, SearchX, TriangleAlert, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { ApiError } from '@shared/api/client';
import { t } from '../messages';
import css from './states.module.css';

export function State({ icon: Icon, title, text, alone = false, children }: { icon: LucideIcon; title: string; text?: ReactNode; alone?: boolean; children?: ReactNode }) {
  const Heading = alone ? 'h1' : 'h2'; /* alone: there is no other heading on the page */
  return (
    <div className={css.state} data-testid="state">
      <Icon className={css.icon} aria-hidden strokeWidth={1.5} />
      <Heading className={css.title}>{title}</Heading>
      {text && <p className={css.text}>{text}</p>}
      {children && <div className={css.actions}>{children}</div>}
    </div>
  );
}

/** A refusal or a failure in words: what happened, what to do, what to quote. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('error.unknown');
  if (error.status === 0) return t('error.offline');
  const first = error.errors[0];
  return first ? `${first.field}: ${first.detail}` : error.detail;
}

export function Failure({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const known = error instanceof ApiError ? error : null;
  const again = onRetry && <Button onClick={onRetry}>{t('action.try_again')}</Button>;
  if (known?.status === 0) return <State icon={CloudOff} title={t('state.offline')} text={t('error.offline')}>{again}</State>;
  if (known?.status === 403) return <State icon={Lock} title={t('state.forbidden')} text={t('state.forbidden_text')} />;
  if (known?.status === 404) return <State icon={SearchX} title={t('state.not_found')} text={known.detail} />;
  return (
    <State icon={TriangleAlert} title={t('state.failed')} text={failureText(error)}>
      {again}
      {known?.requestId && <span className={css.code}>{t('state.quote', { code: known.code, id: known.requestId })}</span>}
    </State>
  );
}

/** Rows that are on their way. */
export function RowsSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div className={css.rows} aria-busy="true" aria-label={t('state.loading')} role="status">
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={40} radius={6} />
      ))}
    </div>
  );
}
