/* Page.tsx - the frame of every screen: its name, what can be done, its content. The name is the document's, too. */
import { useEffect, type ReactNode } from 'react';
import { t } from '../messages';
import css from './page.module.css';

export function Page({ title, lead, actions, before, wide = false, children }: { title: string; lead?: ReactNode; actions?: ReactNode; before?: ReactNode; wide?: boolean; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · ${t('app.name')}`;
  }, [title]);
  return (
    <div className={css.page} data-wide={wide || undefined}>
      {before}
      <header className={css.head}>
        <div className={css.names}>
          <h1 className={css.title} dir="auto">{title}</h1>
          {lead && <div className={css.lead}>{lead}</div>}
        </div>
        {actions && <div className={css.actions}>{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** A part of a screen on its own ground. */
export function Panel({ title, lead, actions, children, id }: { title?: ReactNode; lead?: ReactNode; actions?: ReactNode; children: ReactNode; id?: string }) {
  return (
    <section className={css.panel} aria-labelledby={title && id ? `${id}-title` : undefined} id={id}>
      {title && (
        <div className={css.panelHead}>
          <div>
            <h2 className={css.panelTitle} id={id ? `${id}-title` : undefined}>{title}</h2>
            {lead && <p className={css.panelLead}>{lead}</p>}
          </div>
          {actions && <div className={css.actions}>{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}
