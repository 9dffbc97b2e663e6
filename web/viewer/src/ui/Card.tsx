/*
 * Card.tsx - one title in a row or a grid. Resting the pointer or the focus on it for 300 ms enlarges it and
 * offers Play; a tap opens the title (continue watching: plays on).
 */
import { Play } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Link } from 'react-router';
import type { TitleCard } from '@shared/api/client';
import { useImpression } from '../events/useImpression';
import { episodeShort, fullName } from '../lib/series';
import { leftText } from '../lib/time';
import { t } from '../messages';
import { Facts } from './Facts';
import { Picture } from './Picture';
import { ProgressBar } from './ProgressBar';
import css from './card.module.css';

export const ENLARGE_AFTER_MS = 300;
export type Place = { row: string; row_index: number; position: number };
type Props = { title: TitleCard; shape: 'poster' | 'still'; place: Place; sizes: string; eager?: boolean; first?: boolean; rank?: number | undefined };

function useLinger() {
  const [open, setOpen] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const leave = () => {
    clearTimeout(timer.current);
    setOpen(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const come = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setOpen(true), ENLARGE_AFTER_MS);
  };
  return { open, come, leave };
}

/** rank: its place in a list of ten, which its list element says to those who hear it. */
export function Card({ title, shape, place, sizes, eager, first, rank }: Props) {
  const ref = useRef<HTMLLIElement>(null);
  const { open, come, leave } = useLinger();
  useImpression(ref, { ...place, title_id: title.id });
  const going = shape === 'still' ? title.progress : null;
  const watch = `/watch/${title.slug}`;
  const short = title.kind === 'trailer' || title.kind === 'extra';
  const name = title.kind === 'episode' && title.series ? title.series.name : title.name;
  const below = title.kind === 'episode' ? [episodeShort(title), title.name].filter(Boolean).join(' · ') : '';
  return (
    <li
      ref={ref}
      className={`${css.card} ${css[shape]}`}
      data-rank={rank}
      data-open={open || undefined}
      data-testid="card"
      data-slug={title.slug}
      onPointerEnter={(event) => event.pointerType === 'mouse' && come()}
      onPointerLeave={leave}
      onFocus={(event) => event.target.matches(':focus-visible') && come()}
      onBlur={(event) => !event.currentTarget.contains(event.relatedTarget) && leave()}
    >
      {rank && (
        <span className={css.rank} aria-hidden>
          {rank}
        </span>
      )}
      <div className={css.face}>
        <Link
          to={going || short ? watch : `/title/${title.slug}`}
          className={css.link}
          aria-label={going || short ? t('action.play_title', { name: fullName(title) }) : fullName(title)}
          viewTransition={!going && !short}
          draggable={false}
          data-first={first || undefined}
        >
          <Picture image={shape === 'poster' ? title.poster : title.still} name={title.name} shape={shape} sizes={sizes} eager={eager} />
        </Link>
        {(going || short) && <Play className={css.mark} fill="currentColor" aria-hidden />}
        {going && (
          <div className={css.progress}>
            <ProgressBar {...going} />
          </div>
        )}
        <div className={css.reveal} inert={!open} data-skip>
          <Link to={going ? `/title/${title.slug}` : watch} className={css.play} aria-label={going ? t('action.more') : t('action.play_title', { name: title.name })}>
            {going ? <span aria-hidden>i</span> : <Play fill="currentColor" aria-hidden />}
          </Link>
          <p className={css.revealName} dir="auto">{title.name}</p>
          <Facts title={title} languages={false} />
        </div>
      </div>
      <p className={css.name} dir="auto" aria-hidden>
        {name}
      </p>
      {below && (
        <p className={css.left} dir="auto" aria-hidden>
          {below}
        </p>
      )}
      {going && <p className={css.left}>{leftText(going.position_s, going.duration_s)}</p>}
    </li>
  );
}
