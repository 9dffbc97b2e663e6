/* Side.tsx - the picture, and what the film itself says: length, tracks, where to see it. */
import { Button } from '@mantine/core';
import { ExternalLink } from 'lucide-react';
import type { ReactNode } from 'react';
import type { EditorTitle, Title } from '@shared/api/client';
import { clockText } from '../../lib/format';
import { languageName, t } from '../../messages';
import { Tag } from '../../ui/Tag';
import { Thumb } from '../../ui/Thumb';
import css from './title.module.css';

const joined = (tracks: { lang: string }[]): string => [...new Set(tracks.map((track) => languageName(track.lang)))].join(', ') || '–';

export function Side({ whole, film, published, children }: { whole: EditorTitle; film: Title | undefined; published: boolean; children: ReactNode }) {
  const playable = film !== undefined && film.runtime_s > 0;
  const facts: [string, string][] = [
    [t('titles.kind'), t(`kind.${whole.kind}`)],
    ...(playable
      ? ([
          [t('titles.length'), clockText(film.runtime_s)],
          [t('titles.quality'), film.max_height ? `${film.max_height}p` : '–'],
          [t('titles.audio'), joined(film.audio)],
          [t('title.subtitles'), joined(film.text)],
        ] as [string, string][])
      : []),
    [t('titles.age'), t('titles.age_from', { age: whole.age })],
    [t('title.address'), `/title/${whole.slug}`],
  ];
  return (
    <aside className={css.side}>
      <Thumb image={film?.backdrop ?? film?.still ?? null} wide />
      <div className={css.sideState}>
        <Tag tone={published ? 'good' : 'plain'}>{published ? t('titles.published') : t('titles.draft')}</Tag>
        {playable && (
          <Button size="xs" component="a" href={`/watch/${whole.slug}`} target="_blank" rel="noopener" rightSection={<ExternalLink size={13} aria-hidden />}>{t('title.watch')}</Button>
        )}
      </div>
      <dl className={css.sideFacts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {children}
    </aside>
  );
}
