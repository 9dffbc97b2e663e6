/* Sections.tsx - the parts of a title's page, a press away. */
import type { MouseEvent } from 'react';
import { t, type PlainKey } from '../../messages';
import css from './title.module.css';

export type Section = [id: string, name: PlainKey];

export function Sections({ list }: { list: readonly Section[] }) {
  const go = (event: MouseEvent, id: string) => {
    event.preventDefault(); /* an address with a # would be another step back */
    const panel = document.getElementById(id);
    panel?.scrollIntoView({ block: 'start', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    panel?.querySelector<HTMLElement>('input, textarea, button')?.focus({ preventScroll: true });
  };
  return (
    <nav className={css.sections} aria-label={t('title.parts')}>
      {list.map(([id, name]) => <a key={id} href={`#${id}`} onClick={(event) => go(event, id)}>{t(name)}</a>)}
    </nav>
  );
}
