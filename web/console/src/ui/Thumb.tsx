/* Thumb.tsx - a small picture in a row; its ground has the picture's colour until it is there. whole: nothing of it is cut off. */
import { Film } from 'lucide-react';
import type { Image } from '@shared/api/client';
import css from './thumb.module.css';

export function Thumb({ image, wide = false, whole = false }: { image: Image | null; wide?: boolean; whole?: boolean }) {
  const small = image?.srcset.find((source) => source.width >= (wide ? 240 : 120)) ?? image?.srcset.at(-1);
  return (
    <span className={css.thumb} data-wide={wide || undefined} data-whole={whole || undefined} style={image && !whole ? { backgroundColor: image.color } : undefined}>
      {image ? <img src={small?.src ?? image.src} alt="" loading="lazy" decoding="async" className={css.image} /> : <Film aria-hidden className={css.none} strokeWidth={1.5} />}
    </span>
  );
}
