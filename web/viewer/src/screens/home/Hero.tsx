/* Hero.tsx - the one title that opens the evening, fading into the first row. */
import { Info, Play } from 'lucide-react';
import type { Hero as HeroData } from '@shared/api/client';
import { clockTime, resumeAt } from '../../lib/time';
import { isLong } from '../../lib/words';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { Facts } from '../../ui/Facts';
import { Picture } from '../../ui/Picture';
import css from './hero.module.css';

export function Hero({ hero: { title, backdrop, synopsis, headline } }: { hero: HeroData }) {
  const at = resumeAt(title.progress);
  return (
    <section className={css.hero} aria-label={title.name} data-testid="hero" data-top>
      <Picture image={backdrop} name={title.name} shape="fill" sizes="100vw" eager className={css.picture} />
      <div className={css.words}>
        {headline && <p className={css.headline} dir="auto">{headline}</p>}
        <h1 dir="auto" data-long={isLong(title.name)}>{title.name}</h1>
        <div className={css.facts}>
          <Facts title={title} />
        </div>
        {synopsis && <p className={css.synopsis} dir="auto">{synopsis}</p>}
        <div className={css.actions}>
          <ButtonLink look="accent" size="l" icon={<Play fill="currentColor" aria-hidden />} to={`/watch/${title.slug}`} data-testid="hero-play" data-first>
            {at > 0 ? t('action.resume', { time: clockTime(at) }) : t('action.play')}
          </ButtonLink>
          <ButtonLink size="l" icon={<Info aria-hidden />} to={`/title/${title.slug}`} viewTransition>
            {t('action.more')}
          </ButtonLink>
        </div>
      </div>
    </section>
  );
}
