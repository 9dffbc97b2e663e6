/* Row.tsx - titles side by side: the last one peeks, it snaps, a mouse pages with arrows, a finger swipes, focus scrolls along. */
import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useCallback, useEffect, useRef, useState, type RefObject } from 'react';
import type { Row as HomeRow } from '@shared/api/client';
import { languageName, languageNow, t, type PlainKey } from '../../messages';
import { Card } from '../../ui/Card';
import css from './row.module.css';

const sizesOf = { poster: '(max-width: 639px) 30vw, (max-width: 1199px) 19vw, 14vw', still: '(max-width: 639px) 62vw, (max-width: 1199px) 34vw, 24vw' };

function usePaging() {
  const ref = useRef<HTMLElement>(null);
  const [ends, setEnds] = useState({ start: true, end: true });
  const look = useCallback(() => {
    const list = ref.current;
    if (!list) return;
    const at = Math.abs(list.scrollLeft); /* negative where text runs from right to left */
    setEnds({ start: at < 8, end: at + list.clientWidth > list.scrollWidth - 8 });
  }, []);
  useEffect(() => {
    const list = ref.current;
    if (!list) return;
    const observer = new ResizeObserver(look);
    observer.observe(list);
    return () => observer.disconnect();
  }, [look]);
  const page = (direction: 1 | -1) => {
    const list = ref.current;
    if (!list) return;
    const mirrored = getComputedStyle(list).direction === 'rtl' ? -1 : 1;
    list.scrollBy({ left: direction * mirrored * list.clientWidth * 0.85, behavior: 'smooth' });
  };
  return { ref, ends, look, page };
}

/* The rows that are there without an editor; the server speaks English and German. */
const usual: Record<string, PlainKey> = { new: 'home.row_new', continue: 'home.row_continue', all: 'search.all' };

/** The server names a language in that language; a viewer reads it in his own. */
function rowName(row: Pick<HomeRow, 'id' | 'title'>): string {
  const [, tag] = /^language-(.+)$/.exec(row.id) ?? [];
  if (tag) return t('home.row_language', { language: languageName(tag) });
  const name = ['en', 'de'].includes(languageNow()) ? undefined : usual[row.id];
  return name ? t(name) : row.title;
}

type Props = { row: Pick<HomeRow, 'id' | 'kind' | 'title' | 'shape' | 'items'>; index: number; first?: boolean };

/** first: a remote begins with its first card. */
export function Row({ row, index, first = false }: Props) {
  const name = rowName(row);
  const { ref, ends, look, page } = usePaging();
  const { shape } = row;
  const ranked = row.kind === 'top10';
  const List = ranked ? 'ol' : 'ul';
  return (
    <section className={css.row} aria-labelledby={`row-${row.id}`} data-testid={`row-${row.kind}`} data-row={row.id}>
      <h2 id={`row-${row.id}`}>{name}</h2>
      <div className={css.stage}>
        <List ref={ref as RefObject<never>} className={`${css.list} ${css[shape]} ${ranked ? css.ranked : ''}`} onScroll={look}>
          {row.items.map((title, position) => (
            <Card
              key={title.id}
              title={title}
              shape={shape}
              place={{ row: row.id, row_index: index, position }}
              first={first && position === 0}
              rank={ranked ? position + 1 : undefined}
              sizes={sizesOf[shape]}
              eager={index === 0 && position < 6}
            />
          ))}
        </List>
        {/* Keyboards walk from card to card; arrows are the mouse's. */}
        <button type="button" tabIndex={-1} className={`${css.arrow} ${css.before}`} hidden={ends.start} aria-label={t('home.row_previous', { row: name })} onClick={() => page(-1)}>
          <ChevronLeft aria-hidden />
        </button>
        <button type="button" tabIndex={-1} className={`${css.arrow} ${css.after}`} hidden={ends.end} aria-label={t('home.row_next', { row: name })} onClick={() => page(1)}>
          <ChevronRight aria-hidden />
        </button>
      </div>
    </section>
  );
}
