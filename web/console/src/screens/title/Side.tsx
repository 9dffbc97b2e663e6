/* Side.tsx - the picture, and what the film itself says: length, tracks, where to see it. */
import { Button } from '@mantine/core';
import { ExternalLink } from 'lucide-react';
import type { Title } from '@shared/api/client';
import { clockText } from '../../lib/format';
import { languageName, t } from '../../messages';
import { Tag } from '../../ui/Tag';
import { Thumb } from '../../ui/Thumb';
import css from './title.module.css';

const joined = (tracks: { lang: string }[]): string => [...new Set(tracks.map((track) => languageName(track.lang)))].join(', ') || '–';

export function Side({ title, published }: { title: Title; published: boolean }) {
  const facts: [string, string][] = [
    [t('titles.length'), title.runtime_s ? clockText(title.runtime_s) : '–'],
    [t('titles.quality'), title.max_height ? `${title.max_height}p` : '–'],
    [t('titles.audio'), joined(title.audio)],
    [t('title.subtitles'), joined(title.text)],
    [t('title.address'), `/title/${title.slug}`],
  ];
  return (
    <aside className={css.side}>
      <Thumb image={title.backdrop ?? title.still} wide />
      <div className={css.sideState}>
        <Tag tone={published ? 'good' : 'plain'}>{published ? t('titles.published') : t('titles.draft')}</Tag>
        {title.runtime_s > 0 && (
          <Button size="xs" component="a" href={`/watch/${title.slug}`} target="_blank" rel="noopener" rightSection={<ExternalLink size={13} aria-hidden />}>{t('title.watch')}</Button>
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
    </aside>
  );
}
