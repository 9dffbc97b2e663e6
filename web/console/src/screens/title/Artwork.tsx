/* Artwork.tsx - the pictures of a title by kind: what is there, another in its place, back to the film's own. */
import { Button } from '@mantine/core';
import type { Image, Title } from '@shared/api/client';
import { useArtwork, type ArtworkKind } from '../../api/titles';
import { filesChoose } from '../../lib/filesChoose';
import { t, type PlainKey } from '../../messages';
import { Panel } from '../../ui/Page';
import { failureText } from '../../ui/States';
import { Thumb } from '../../ui/Thumb';
import { say } from '../../ui/Toasts';
import css from './title.module.css';

const kinds: [ArtworkKind, PlainKey, (film: Title) => Image | null][] = [
  ['poster', 'artwork.poster', (film) => film.poster],
  ['still', 'artwork.still', (film) => film.still],
  ['backdrop', 'artwork.backdrop', (film) => film.backdrop],
];

export function Artwork({ id, slug, film }: { id: string; slug: string; film: Title | undefined }) {
  const put = useArtwork(id, slug);
  const done = { onSuccess: () => say(t('artwork.saved')), onError: (error: unknown) => say(failureText(error), { bad: true }) };
  const choose = async (kind: ArtworkKind) => {
    const [file] = await filesChoose('image/jpeg,image/png,image/webp');
    if (file) put.mutate({ kind, file }, done);
  };
  return (
    <Panel id="artwork" title={t('artwork.title')} lead={t('artwork.lead')}>
      <ul className={css.art}>
        {kinds.map(([kind, label, of]) => (
          <li key={kind} className={css.piece}>
            <Thumb image={film ? of(film) : null} wide />
            <span className={css.pieceName}>{t(label)}</span>
            <span className={css.pieceActs}>
              <Button size="xs" loading={put.isPending && put.variables.kind === kind} onClick={() => void choose(kind)} aria-label={t('artwork.replace', { kind: t(label) })}>{t('artwork.choose')}</Button>
              <Button size="xs" onClick={() => put.mutate({ kind, file: null }, done)} aria-label={t('artwork.reset_kind', { kind: t(label) })}>{t('artwork.reset')}</Button>
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
