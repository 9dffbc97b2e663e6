/* Gate.tsx - the bare page before the console: one form in the middle. */
import { useEffect, type ReactNode } from 'react';
import { t } from '../../messages';
import css from './sign-in.module.css';

export function Gate({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title]);
  return (
    <main className={css.gate}>
      <div className={css.card}>
        <svg viewBox="0 0 32 32" aria-hidden className={css.mark}>
          <rect width="32" height="32" rx="7" fill="#0b0c10" />
          <path d="M7 24V8l9 9 9-9v16h-4.2V17.6L16 22.4l-4.8-4.8V24z" fill="#f5b342" />
        </svg>
        <h1 className={css.title}>{title}</h1>
        <p className={css.lead}>{lead}</p>
        {children}
      </div>
    </main>
  );
}

export function Problem({ children }: { children: ReactNode }) {
  return <p role="alert" className={css.problem}>{children}</p>;
}
