/* Heroes.tsx - the titles at the top of home, one after the other: their pictures melt into one another behind the words. */
import { Pause, Play } from 'lucide-react';
import { useRef, useState, type TouchEvent } from 'react';
import type { Hero } from '@shared/api/client';
import { t } from '../../messages';
import { Picture } from '../../ui/Picture';
import { HeroWords } from './Hero';
import css from './hero.module.css';
import { TURN_MS, useTurns } from './useTurns';

const SWIPE_PX = 48;

/** A finger that goes sideways turns the page the way it goes. */
function useSwipe(turn: (by: 1 | -1) => void) {
  const from = useRef<{ x: number; y: number } | null>(null);
  return {
    onTouchStart: ({ touches }: TouchEvent) => {
      const one = touches.length === 1 ? touches[0] : undefined;
      from.current = one ? { x: one.clientX, y: one.clientY } : null;
    },
    onTouchEnd: ({ changedTouches, currentTarget }: TouchEvent) => {
      const end = changedTouches[0];
      if (!from.current || !end) return;
      const [dx, dy] = [end.clientX - from.current.x, end.clientY - from.current.y];
      from.current = null;
      if (Math.abs(dx) < SWIPE_PX || Math.abs(dx) < 2 * Math.abs(dy)) return;
      const mirrored = getComputedStyle(currentTarget).direction === 'rtl';
      turn(dx < 0 === mirrored ? -1 : 1);
    },
  };
}

export function Heroes({ heroes }: { heroes: Hero[] }) {
  const ref = useRef<HTMLElement>(null);
  const { at, runs, free, show, toggle } = useTurns(heroes.length, ref);
  const swipe = useSwipe((by) => show(at + by));
  /* A picture is asked for when its turn comes near, and stays. */
  const [reached, setReached] = useState(0);
  const near = runs ? (at + 1) % heroes.length : at;
  if (Math.max(at, near) > reached) setReached(Math.max(at, near));
  const many = heroes.length > 1;
  const now = heroes[at];
  if (!now) return null;
  return (
    <section
      ref={ref}
      className={css.hero}
      aria-label={many ? t('home.heroes') : now.title.name}
      aria-roledescription={many ? t('home.carousel') : undefined}
      data-testid="hero"
      data-top
      {...(many ? swipe : {})}
    >
      {heroes.map(({ title, backdrop }, i) =>
        i <= reached || i === at ? (
          <div key={title.id} className={css.picture} data-shown={i === at || undefined}>
            <Picture image={backdrop} name={title.name} shape="fill" sizes="100vw" eager={i === 0} />
          </div>
        ) : null,
      )}
      <div className={css.shade} />
      <div className={css.stack} aria-live={many && !runs ? 'polite' : undefined}>
        {heroes.map((hero, i) => (
          <HeroWords key={hero.title.id} hero={hero} shown={i === at} />
        ))}
      </div>
      {many && (
        <div className={css.turns} role="group" aria-label={t('home.heroes')}>
          <button type="button" className={css.pause} aria-label={t(runs ? 'home.hero_pause' : 'home.hero_play')} onClick={toggle} data-testid="hero-pause">
            {runs ? <Pause aria-hidden fill="currentColor" /> : <Play aria-hidden fill="currentColor" />}
          </button>
          {heroes.map(({ title }, i) => (
            <button key={title.id} type="button" className={css.dot} aria-label={t('home.hero_show', { name: title.name })} aria-current={i === at || undefined} onClick={() => show(i)} data-testid="hero-dot">
              <span className={css.mark} data-runs={(i === at && runs && free) || undefined} style={{ animationDuration: `${TURN_MS}ms` }} />
            </button>
          ))}
        </div>
      )}
    </section>
  );
}
