/* Seasons.tsx - the episodes of a series, a season at a time: its still, what it is about, how far one is. */
import { useState } from 'react';
import { Link } from 'react-router';
import type { Episode, Season } from '@shared/api/client';
import { nextUp } from '../../lib/series';
import { leftText, resumeAt, runtimeText } from '../../lib/time';
import { t } from '../../messages';
import { Choice } from '../../ui/Choice';
import { Picture } from '../../ui/Picture';
import { ProgressBar } from '../../ui/ProgressBar';
import css from './seasons.module.css';

function Row({ episode }: { episode: Episode }) {
  const { progress, series } = episode;
  const going = progress && resumeAt(progress) > 0 ? progress : null;
  const number = series?.episode ?? null;
  return (
    <li className={css.row} data-testid="episode" data-slug={episode.slug}>
      <Link to={`/watch/${episode.slug}`} className={css.link}>
        <span className={css.still}>
          <Picture image={episode.still} name={episode.name} shape="still" sizes="(max-width: 639px) 38vw, 16rem" />
          {progress && (
            <span className={css.progress}>
              <ProgressBar {...progress} />
            </span>
          )}
        </span>
        <span className={css.words}>
          <strong dir="auto">{number === null ? episode.name : `${number}. ${episode.name}`}</strong>
          <span className={css.time}>{going ? leftText(going.position_s, going.duration_s) : runtimeText(episode.runtime_s)}</span>
          {episode.synopsis && (
            <span className={css.synopsis} dir="auto">
              {episode.synopsis}
            </span>
          )}
        </span>
      </Link>
    </li>
  );
}

const nameOf = (season: Season): string => season.name || t('series.season', { number: season.number });

export function Seasons({ seasons }: { seasons: Season[] }) {
  const up = nextUp(seasons);
  const [chosen, setChosen] = useState<string>();
  const season = seasons.find((one) => one.id === chosen) ?? seasons.find((one) => one.episodes.some((episode) => episode.id === up?.id)) ?? seasons[0];
  if (!season) return <p className={css.none}>{t('series.none_detail')}</p>;
  return (
    <section className={css.seasons} aria-labelledby="episodes" data-testid="episodes">
      <header>
        <h2 id="episodes">{t('series.episodes')}</h2>
        {seasons.length > 1 && <Choice quiet label={t('series.choose')} value={season.id} options={seasons.map((one) => ({ value: one.id, label: nameOf(one) }))} onChoose={setChosen} testid="season" />}
      </header>
      {season.synopsis && (
        <p className={css.about} dir="auto">
          {season.synopsis}
        </p>
      )}
      {season.episodes.length === 0 && <p className={css.none}>{t('series.none_detail')}</p>}
      <ol className={css.rows}>
        {season.episodes.map((episode) => (
          <Row key={episode.id} episode={episode} />
        ))}
      </ol>
    </section>
  );
}
