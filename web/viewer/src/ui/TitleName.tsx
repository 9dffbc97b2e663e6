/* TitleName.tsx - a title's name as a heading: as it is drawn, where somebody sent that, else in letters. */
import { useState, type CSSProperties } from 'react';
import type { Image } from '@shared/api/client';
import { isLong } from '../lib/words';
import { setOf } from './Picture';
import css from './titleName.module.css';

/** The box has the drawing's shape from the start; a drawing that doesn't come leaves the name to the letters. */
export function TitleName({ name, logo }: { name: string; logo: Image | null | undefined }) {
  const [failed, setFailed] = useState(false);
  if (!logo || failed) {
    return (
      <h1 dir="auto" data-long={isLong(name)}>
        {name}
      </h1>
    );
  }
  const sizes = '(max-width: 639px) 70vw, 30rem';
  return (
    <h1 className={css.drawn} style={{ '--ratio': logo.width / logo.height } as CSSProperties}>
      <picture>
        {logo.sources.map(({ type, srcset }) => (
          <source key={type} type={type} srcSet={setOf(srcset)} sizes={sizes} />
        ))}
        <img src={logo.src} srcSet={setOf(logo.srcset) || undefined} sizes={sizes} width={logo.width} height={logo.height} alt={name} data-testid="title-logo" draggable={false} onError={() => setFailed(true)} />
      </picture>
    </h1>
  );
}
