/*
 * Offers.tsx - over the picture, at the right moment: skip the intro, or the next episode, which comes by itself where the
 * profile wants that. With a remote it has the focus when it comes, so that one press takes it.
 */
import { Play, SkipForward } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Marker, TitleCard } from '@shared/api/client';
import { episodeShort } from '../lib/series';
import { isTv } from '../lib/tv';
import { t } from '../messages';
import { Button } from '../ui/Button';
import { Picture } from '../ui/Picture';
import type { PlayerEngine } from './engine';
import { offerAt } from './markers';
import { useStore } from './store';
import css from './offers.module.css';

export type Series = { markers: Marker[]; next: TitleCard | null; autoplay: boolean; onNext: (next: TitleCard) => void };

const COUNT_S = 10;
const skipText = { intro: 'player.skip_intro', recap: 'player.skip_recap', credits: 'player.skip_credits' } as const;

function useFocusOnTv() {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isTv()) ref.current?.querySelector('button')?.focus();
  }, []);
  return ref;
}

function SkipPill({ engine, what, to_s }: { engine: PlayerEngine; what: keyof typeof skipText; to_s: number }) {
  const ref = useFocusOnTv();
  return (
    <div ref={ref} className={css.pill} data-over>
      <Button icon={<SkipForward aria-hidden />} onClick={() => engine.seek(to_s)} data-testid={`skip-${what}`}>
        {t(skipText[what])}
      </Button>
    </div>
  );
}

/** Seconds that run only while `on`; calls `done` at the end. */
function useCountdown(on: boolean, done: () => void): number {
  const [left, setLeft] = useState(COUNT_S);
  const latest = useRef(done);
  useEffect(() => {
    latest.current = done;
  });
  useEffect(() => {
    if (!on) return;
    if (left <= 0) return latest.current();
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [on, left]);
  return left;
}

function NextCard({ engine, next, autoplay, onNext, onClose }: { engine: PlayerEngine; next: TitleCard; autoplay: boolean; onNext: () => void; onClose: () => void }) {
  const ref = useFocusOnTv();
  const ended = useStore(engine.state, (s) => s.ended);
  const holding = useStore(engine.state, (s) => s.paused && !s.ended);
  const left = useCountdown(autoplay && !holding, onNext);
  useEffect(() => {
    if (ended && autoplay) onNext();
  }, [ended, autoplay, onNext]);
  return (
    <section ref={ref} className={css.card} aria-label={t('player.next_episode')} data-over data-testid="next-card">
      <div className={css.still}>
        <Picture image={next.still} name={next.name} shape="still" sizes="16rem" eager />
      </div>
      <div className={css.words}>
        <p className={css.lead} role="status">
          {autoplay ? t('player.next_in', { count: left }) : t('player.next_episode')}
        </p>
        <p className={css.name} dir="auto">
          {[episodeShort(next), next.name].filter(Boolean).join(' · ')}
        </p>
        <div className={css.actions}>
          <Button look="accent" icon={<Play fill="currentColor" aria-hidden />} onClick={onNext} data-testid="next-play">
            {t('player.next_play')}
          </Button>
          {!ended && (
            <Button onClick={onClose} data-testid="next-cancel">
              {t('player.next_cancel')}
            </Button>
          )}
        </div>
      </div>
    </section>
  );
}

export function Offers({ engine, series }: { engine: PlayerEngine; series: Series }) {
  const { markers, next, autoplay, onNext } = series;
  const [closed, setClosed] = useState(false);
  const gone = useRef(false);
  const started = useStore(engine.state, (s) => s.started);
  /* Told apart by a word, so that a tick of the clock redraws nothing. */
  const offer = useStore(engine.state, (s) => {
    const found = started ? offerAt(markers, s.ended ? s.duration_s : s.position_s, s.duration_s, next !== null) : null;
    return found === null ? '' : found.what === 'next' ? 'next' : `${found.what} ${found.to_s}`;
  });
  const [what, to] = offer.split(' ');
  if (offer === 'next' && next && !closed) {
    const go = () => {
      if (gone.current) return;
      gone.current = true;
      onNext(next);
    };
    return <NextCard engine={engine} next={next} autoplay={autoplay} onNext={go} onClose={() => setClosed(true)} />;
  }
  if (what && what in skipText) return <SkipPill key={offer} engine={engine} what={what as keyof typeof skipText} to_s={Number(to)} />;
  return null;
}
