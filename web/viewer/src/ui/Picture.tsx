/*
 * Picture.tsx - artwork that never moves the layout: its box has the final shape from the start, coloured with the
 * picture's own ground, or a blur of the picture, and the picture fades in. A format that a browser takes and then cannot read leaves it to the one that
 * every browser reads. Without artwork the name is set on a ground of its own.
 */
import { useState, type CSSProperties } from 'react';
import type { Image } from '@shared/api/client';
import { longestWord } from '../lib/words';
import css from './picture.module.css';

type Props = {
  image: Image | null | undefined;
  name: string;
  shape: 'poster' | 'still' | 'fill';
  sizes?: string;
  eager?: boolean;
  className?: string;
};

/** A hue that stays with the title, for grounds without artwork. */
export function hueOf(name: string): number {
  let sum = 0;
  for (const c of name) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) % 360;
  return sum;
}

export const setOf = (srcset: Image['srcset']) => srcset.map((s) => `${s.src} ${s.width}w`).join(', ');

export function Picture({ image, name, shape, sizes = '20vw', eager, className }: Props) {
  const [state, setState] = useState<'loading' | 'shown' | 'failed'>('loading');
  const [plain, setPlain] = useState(false);
  const box = [css.box, css[shape], className].filter(Boolean).join(' ');
  if (!image || state === 'failed') {
    return (
      <div className={`${box} ${css.bare}`} style={{ '--hue': hueOf(name), '--word': longestWord(name) } as CSSProperties}>
        {shape !== 'fill' && <span aria-hidden dir="auto">{name}</span>}
      </div>
    );
  }
  const srcSet = setOf(image.srcset);
  const ground: CSSProperties = { backgroundColor: image.color };
  if (image.blur) Object.assign(ground, { backgroundImage: `url(${image.blur})`, backgroundSize: 'cover' });
  return (
    <div className={box} style={ground}>
      <picture>
        {(plain ? [] : image.sources).map(({ type, srcset }) => (
          <source key={type} type={type} srcSet={setOf(srcset)} sizes={sizes} />
        ))}
        <img
          src={image.src}
          srcSet={srcSet || undefined}
          sizes={srcSet ? sizes : undefined}
          width={image.width}
          height={image.height}
          alt=""
          decoding="async"
          loading={eager ? 'eager' : 'lazy'}
          fetchPriority={eager ? 'high' : 'auto'}
          draggable={false}
          data-shown={state === 'shown' || undefined}
          ref={(img) => {
            if (img?.complete && img.naturalWidth) setState('shown');
          }}
          onLoad={() => setState('shown')}
          onError={() => (plain || !image.sources.length ? setState('failed') : setPlain(true))}
        />
      </picture>
    </div>
  );
}
