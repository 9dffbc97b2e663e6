/* About.tsx - the spoken languages and subtitles of a title, in full, and its other cuts. */
import { Link } from 'react-router';
import type { AudioInfo, Title, Version } from '@shared/api/client';
import { languageName, t } from '../../messages';
import { audioLabel, textLabel } from '../../player/labels';
import { Credits } from './Credits';
import css from './title.module.css';

const unique = (names: string[]) => [...new Set(names)];
/** A film with stereo and 5.1 in one language is listed by the best of them. */
function audioNames(tracks: AudioInfo[]): string[] {
  const best = new Map<string, AudioInfo>();
  for (const track of tracks) {
    const key = `${track.lang} ${track.role}`;
    if ((best.get(key)?.channels ?? 0) < track.channels) best.set(key, track);
  }
  return [...best.values()].map((track) =>
    audioLabel({ name: languageName(track.lang), channels: track.channels > 2 ? track.channels : null, role: track.role }),
  );
}

const versionName = (one: Version): string => one.label ?? (one.lang ? languageName(one.lang) : one.kind);

export function About({ title }: { title: Title }) {
  const texts = unique(title.text.map((track) => textLabel(languageName(track.lang), track.role)));
  const audio = audioNames(title.audio);
  const cuts = title.versions.filter((one) => one.kind !== 'main' && one.playable);
  const isFilm = title.kind !== 'series' && title.kind !== 'season';
  return (
    <section className={css.about} aria-label={t('title.about')}>
      <dl>
        <Credits title={title} />
        {isFilm && (
          <div>
            <dt>{t('title.audio')}</dt>
            <dd>{audio.join(', ') || t('title.none')}</dd>
          </div>
        )}
        {isFilm && (
          <div>
            <dt>{t('title.subtitles')}</dt>
            <dd>{texts.join(', ') || t('title.none')}</dd>
          </div>
        )}
        {isFilm && cuts.length > 0 && (
          <div>
            <dt>{t('title.versions')}</dt>
            <dd className={css.cuts}>
              {cuts.map((one) => (
                <Link key={one.id} to={`/watch/${title.slug}?version=${one.id}`} dir="auto" data-testid="version">{versionName(one)}</Link>
              ))}
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}
