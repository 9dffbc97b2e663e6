/* About.tsx - the spoken languages and subtitles of a title, in full. */
import type { AudioInfo, Title } from '@shared/api/client';
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

export function About({ title }: { title: Title }) {
  const texts = unique(title.text.map((track) => textLabel(languageName(track.lang), track.role)));
  const audio = audioNames(title.audio);
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
      </dl>
    </section>
  );
}
