/* Tag.tsx - a state in a word, with a colour that says the same. */
import type { ReactNode } from 'react';
import css from './tag.module.css';

export type Tone = 'plain' | 'good' | 'bad' | 'busy' | 'info';

export function Tag({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return <span className={css.tag} data-tone={tone}>{children}</span>;
}
