/*
 * Timeline.tsx - a film from its beginning to its end, with what lies where; a press goes there, and onto something to its beginning.
 * It is for the pointer: by keyboard and for who cannot see it, the lists beside it and the film's own slider do the same.
 */
import type { PointerEvent } from 'react';
import { clockText } from '../../lib/format';
import { useFilmState, type FilmClock } from '../../player/clock';
import css from './timeline.module.css';

export interface Lane {
  name: string;
  /** Times in milliseconds. */
  spans: { key: string; from: number; to: number; tone: string; name: string }[];
}
const TICKS = 4;
const percent = (ms: number, of: number): string => `${Math.max(0, Math.min(100, (ms / of) * 100))}%`;

function Head({ clock }: { clock: FilmClock }) {
  const { ms } = useFilmState(clock);
  return <span className={css.head} style={{ insetInlineStart: percent(ms, clock.duration) }} />;
}

export function Timeline({ clock, lanes }: { clock: FilmClock; lanes: readonly Lane[] }) {
  const { duration } = clock;
  const press = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    const from = (event.target as HTMLElement).dataset.from;
    const box = event.currentTarget.getBoundingClientRect();
    clock.seek(from === undefined ? ((event.clientX - box.left) / box.width) * duration : Number(from));
  };
  return (
    <div className={css.timeline} dir="ltr" aria-hidden data-testid="timeline">
      {lanes.map((lane) => (
        <div key={lane.name} className={css.lane}>
          <span className={css.name}>{lane.name}</span>
          <div className={css.track} onPointerDown={press}>
            {lane.spans.map((span) => <span key={span.key} className={css.span} data-tone={span.tone} data-from={span.from} title={span.name} style={{ insetInlineStart: percent(span.from, duration), width: percent(span.to - span.from, duration) }} />)}
            <Head clock={clock} />
          </div>
        </div>
      ))}
      <div className={css.lane}>
        <span />
        <div className={css.ticks}>{Array.from({ length: TICKS + 1 }, (_, i) => <span key={i}>{clockText((duration * i) / TICKS / 1000)}</span>)}</div>
      </div>
    </div>
  );
}
