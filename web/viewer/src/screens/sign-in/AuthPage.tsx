/* AuthPage.tsx - the foyer: the brand, a beam of light, one card. Whoever is signed in already goes straight through, unless
 * the card is about the account itself (stay). */
import type { ReactNode } from 'react';
import { Navigate, useSearchParams } from 'react-router';
import { ApiError } from '@shared/api/client';
import { useSession } from '../../api/queries';
import { safePath } from '../../lib/redirect';
import { usePageTitle } from '../../lib/hooks';
import { languageNow, t } from '../../messages';
import { Brand } from '../../ui/Brand';
import { LanguageChoice } from '../../ui/LanguageChoice';
import css from './auth.module.css';

export function AuthPage({ title, lead, stay, after, children }: { title: string; lead: string; stay?: boolean; after?: string | undefined; children: ReactNode }) {
  usePageTitle(title);
  const session = useSession();
  const [params] = useSearchParams();
  if (session.data && !stay) return <Navigate to={after ?? safePath(params.get('to'))} replace />;
  return (
    <main className={css.page}>
      <header className={css.top}>
        <Brand />
        <LanguageChoice quiet />
      </header>
      <section className={css.card}>
        <h1>{title}</h1>
        {lead && <p className={css.lead}>{lead}</p>}
        {children}
      </section>
    </main>
  );
}

/** What to say about a failure that belongs to no field. */
export function failureText(error: unknown): string {
  if (!(error instanceof ApiError)) return t('state.error_detail');
  if (error.status === 0) return t('state.network_detail');
  if (error.code === 'session.paired') return t('account.not_here');
  if (error.status === 429) return t('state.limit');
  /* The server's sentences are English. */
  return (languageNow() === 'en' && error.detail) || t('state.error_detail');
}

export function FormProblem({ children }: { children: ReactNode }) {
  return (
    <p className={css.problem} role="alert">
      {children}
    </p>
  );
}
