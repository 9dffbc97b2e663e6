/* Hero.tsx - one of the titles that open the evening, fading into the first row. */
import { Info, Play } from 'lucide-react';
import type { Hero as HeroData } from '@shared/api/client';
import { clockTime, resumeAt } from '../../lib/time';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { Facts } from '../../ui/Facts';
import { TitleName } from '../../ui/TitleName';
import css from './hero.module.css';

/** The words of a hero. Those that aren't shown keep their room, so that nothing moves when they take turns. */
export function HeroWords({ hero: { title, logo, synopsis, headline }, shown }: { hero: HeroData; shown: boolean }) {
  const at = resumeAt(title.progress);
  return (
    <div className={css.words} inert={!shown} data-shown={shown || undefined}>
      {headline && <p className={css.headline} dir="auto">{headline}</p>}
      <TitleName name={title.name} logo={logo} />
      <div className={css.facts}>
        <Facts title={title} />
      </div>
      {synopsis && <p className={css.synopsis} dir="auto">{synopsis}</p>}
      <div className={css.actions}>
        <ButtonLink look="accent" size="l" icon={<Play fill="currentColor" aria-hidden />} to={`/watch/${title.slug}`} data-testid={shown ? 'hero-play' : undefined} data-first={shown || undefined}>
          {at > 0 ? t('action.resume', { time: clockTime(at) }) : t('action.play')}
        </ButtonLink>
        <ButtonLink size="l" icon={<Info aria-hidden />} to={`/title/${title.slug}`} viewTransition>
          {t('action.more')}
        </ButtonLink>
      </div>
    </div>
  );
}
