/* series.ts - what of a series comes next, and how an episode is called. */
import type { Episode, Season, TitleCard } from '@shared/api/client';
import { t } from '../messages';
import { resumeAt } from './time';

type Seasons = readonly Pick<Season, 'number' | 'episodes'>[];

/** "S1 E3"; '' for what is no episode, or has no number. */
export function episodeShort(card: Pick<TitleCard, 'series'>): string {
  const { series } = card;
  return series && series.episode !== null ? t('series.short', { season: series.season, episode: series.episode }) : '';
}

/** As it is called where it stands alone: "Harbour Lights · S1 E3 · The Ferry". */
export function fullName(card: Pick<TitleCard, 'series' | 'name'>): string {
  return card.series ? [card.series.name, episodeShort(card), card.name].filter(Boolean).join(' · ') : card.name;
}

/** Where to go on: what was watched last, if it isn't over; else what follows it; else the beginning. */
export function nextUp(seasons: Seasons): Episode | undefined {
  const all = seasons.flatMap((season) => season.episodes);
  const seenAt = (episode: Episode) => (episode.progress ? Date.parse(episode.progress.updated_at) : -Infinity);
  const last = all.reduce<Episode | undefined>((best, one) => (one.progress && (!best || seenAt(one) > seenAt(best)) ? one : best), undefined);
  if (!last) return all[0];
  const over = resumeAt(last.progress) === 0 && (last.progress?.position_s ?? 0) >= 5;
  return over ? (all[all.indexOf(last) + 1] ?? all[0]) : last;
}
