/* Facts.tsx - a title's facts in one line: year · length · picture · languages. */
import type { TitleCard } from '@shared/api/client';
import { runtimeText } from '../lib/time';
import { languageName, t } from '../messages';
import css from './facts.module.css';

export function pictureLabel(max_height: number): string | null {
  if (max_height >= 2160) return '4K';
  return max_height >= 720 ? 'HD' : null;
}

/** seasons: how many, of a series; age: "FSK 12", where somebody rated it. */
export function Facts({ title, languages = true, seasons, age }: { title: TitleCard; languages?: boolean; seasons?: number; age?: string | undefined }) {
  const spoken = title.languages.length > 2 ? t('title.languages', { count: title.languages.length }) : title.languages.map(languageName).join(', ');
  const picture = pictureLabel(title.max_height);
  return (
    <p className={css.facts} aria-label={t('title.facts')}>
      {title.year ? <span>{title.year}</span> : null}
      {title.runtime_s > 0 && <span>{runtimeText(title.runtime_s)}</span>}
      {seasons ? <span>{t('series.seasons', { count: seasons })}</span> : null}
      {age && <span>{age}</span>}
      {picture && <span className={css.badge}>{picture}</span>}
      {languages && spoken && <span>{spoken}</span>}
    </p>
  );
}
