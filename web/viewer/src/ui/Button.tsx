/* Button.tsx - one main action a screen ("accent"); everything else is quiet. */
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link, type LinkProps } from 'react-router';
import css from './button.module.css';

type Look = 'accent' | 'plain' | 'ghost' | 'bad';
type Size = 'm' | 'l' | 'icon'; /* icon: as high as l, square; its words are for the screen reader */
type Shared = { look?: Look; size?: Size; icon?: ReactNode };

const classOf = (look: Look, size: Size, extra?: string) => [css.button, css[look], css[size], extra].filter(Boolean).join(' ');

export function Button({ look = 'plain', size = 'm', icon, busy, children, className, ...rest }: Shared & { busy?: boolean } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button type="button" {...rest} className={classOf(look, size, className)} aria-busy={busy} disabled={busy || rest.disabled}>
      {busy ? <span className={css.spinner} aria-hidden /> : icon}
      <span>{children}</span>
    </button>
  );
}

export function ButtonLink({ look = 'plain', size = 'm', icon, children, className, ...rest }: Shared & LinkProps) {
  return (
    <Link {...rest} className={classOf(look, size, className)}>
      {icon}
      <span>{children}</span>
    </Link>
  );
}
