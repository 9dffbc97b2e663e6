/*
 * Scrubber.tsx - where the film is, what is buffered, and a picture of where the pointer is, or where keys have just gone.
 * Dragging shows the place and seeks when let go; the arrows seek at once (keys.ts).
 */
import { useEffect, useRef, useState, type PointerEvent } from 'react';
import type { Marker, Storyboard } from '@shared/api/client';
import { clockTime, watchedFraction } from '../lib/time';
import { t } from '../messages';
import type { PlayerEngine } from './engine';
import { chapterAt, chapterTicks } from './markers';
import { tileAt } from './storyboard';
import { useStore } from './store';
import css from './scrubber.module.css';

function Thumbnail({ storyboard, at_s, fraction, chapter }: { storyboard: Storyboard | null; at_s: number; fraction: number; chapter: string | null }) {
  const tile = storyboard ? tileAt(storyboard, at_s) : null;
  return (
    <div className={css.preview} style={{ left: `clamp(var(--w) / 2, ${fraction * 100}%, 100% - var(--w) / 2)` }} data-testid="thumbnail">
      {tile && storyboard && (
        <div
          className={css.tile}
          style={{
            aspectRatio: `${tile.width} / ${tile.height}`,
            backgroundImage: `url("${tile.url}")`,
            backgroundSize: `${storyboard.cols * 100}% ${storyboard.rows * 100}%`,
            backgroundPosition: `${percent(tile.x / tile.width, storyboard.cols)} ${percent(tile.y / tile.height, storyboard.rows)}`,
          }}
        />
      )}
      {chapter && <span dir="auto">{chapter}</span>}
      <span className="tabular">{clockTime(at_s)}</span>
    </div>
  );
}

/** background-position counts the room that is left: column i of n lies at i/(n-1). */
const percent = (index: number, of: number) => `${of > 1 ? (index / (of - 1)) * 100 : 0}%`;

function Buffered({ engine }: { engine: PlayerEngine }) {
  const spans = useStore(engine.state, (s) => s.buffered);
  const duration = useStore(engine.state, (s) => s.duration_s);
  if (!duration) return null;
  return spans.map((span) => (
    <span key={span.start} className={css.buffered} style={{ left: `${(span.start / duration) * 100}%`, width: `${((span.end - span.start) / duration) * 100}%` }} />
  ));
}

export function Scrubber({ engine, storyboard, markers }: { engine: PlayerEngine; storyboard: Storyboard | null; markers: readonly Marker[] }) {
  const track = useRef<HTMLDivElement>(null);
  const duration = useStore(engine.state, (s) => s.duration_s);
  const position = useStore(engine.state, (s) => s.position_s);
  const [pointer, setPointer] = useState<number | null>(null); /* fraction under the pointer */
  const [dragging, setDragging] = useState(false);
  const at = dragging && pointer !== null ? pointer * duration : position;
  const stepped = useStore(engine.state, (s) => s.stepped);
  const shown = pointer ?? (stepped && duration ? watchedFraction(position, duration) : null); /* where a picture says what is there */

  const fractionOf = (event: PointerEvent) => {
    const box = track.current?.getBoundingClientRect();
    return box ? watchedFraction(event.clientX - box.left, box.width) : 0;
  };
  const end = (event: PointerEvent, seek: boolean) => {
    if (dragging && seek) engine.seek(fractionOf(event) * duration);
    setDragging(false);
    if (event.pointerType !== 'mouse') setPointer(null);
  };
  /* The first sheets, before the pointer asks: a thumbnail that comes late is none. */
  useEffect(() => {
    const tile = storyboard && tileAt(storyboard, engine.state.get().position_s);
    if (tile) new Image().src = tile.url;
  }, [storyboard, engine]);

  return (
    <div className={css.line}>
      <div
        className={css.hit}
        role="slider"
        tabIndex={0}
        aria-label={t('player.seek')}
        aria-valuemin={0}
        aria-valuemax={Math.round(duration)}
        aria-valuenow={Math.round(at)}
        aria-valuetext={t('player.position', { at: clockTime(at), total: clockTime(duration) })}
        data-dragging={dragging || undefined}
        data-testid="seek"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDragging(true);
          setPointer(fractionOf(event));
        }}
        onPointerMove={(event) => setPointer(fractionOf(event))}
        onPointerUp={(event) => end(event, true)}
        onPointerCancel={(event) => end(event, false)}
        onPointerLeave={() => !dragging && setPointer(null)}
      >
        <div ref={track} className={css.track}>
          <Buffered engine={engine} />
          {pointer !== null && <span className={css.ahead} style={{ width: `${pointer * 100}%` }} />}
          <span className={css.done} style={{ width: `${watchedFraction(at, duration) * 100}%` }} />
        </div>
        {chapterTicks(markers, duration).map(({ from_s }) => (
          <span key={from_s} className={css.tick} style={{ left: `${(from_s / duration) * 100}%` }} data-testid="chapter" />
        ))}
        <span className={css.knob} style={{ left: `${watchedFraction(at, duration) * 100}%` }} />
        {shown !== null && duration > 0 && <Thumbnail storyboard={storyboard} at_s={shown * duration} fraction={shown} chapter={chapterAt(markers, shown * duration)} />}
      </div>
      <span className={`${css.time} tabular`} data-testid="time">
        <span>{clockTime(at)}</span> / {clockTime(duration)}
      </span>
    </div>
  );
}
