/* Artwork.tsx - the pictures of a title by kind: what is there, another in its place (a file, or the film as it stands now), back to the film's own. */
import { Button, Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { Image, Title } from '@shared/api/client';
import type { ArtworkKind } from '../../api/titles';
import { filesChoose } from '../../lib/filesChoose';
import { timecodeText } from '../../lib/timecode';
import { useFilmState, type FilmClock } from '../../player/clock';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Thumb } from '../../ui/Thumb';
import css from './title.module.css';

const TYPES = 'image/jpeg,image/png,image/webp';
const kinds: [ArtworkKind, (film: Title) => Image | null][] = [
  ['poster', (film) => film.poster],
  ['still', (film) => film.still],
  ['backdrop', (film) => film.backdrop],
  ['logo', (film) => film.logo],
];

/** Pictures that are dropped anywhere on the page are for this title: which kind is asked. */
function useDropped(): [File | null, (file: File | null) => void] {
  const [file, setFile] = useState<File | null>(null);
  useEffect(() => {
    const drop = (event: DragEvent) => {
      const files = [...(event.dataTransfer?.files ?? [])];
      if (!files.length || !files.every((one) => TYPES.split(',').includes(one.type))) return;
      event.preventDefault();
      setFile(files[0]!);
    };
    addEventListener('drop', drop, { capture: true });
    return () => removeEventListener('drop', drop, { capture: true });
  }, []);
  return [file, setFile];
}

function FromFilm({ kind, clock, busy, onTake }: { kind: ArtworkKind; clock: FilmClock; busy: boolean; onTake: (at_s: number) => void }) {
  const { ms } = useFilmState(clock);
  const at = timecodeText(ms / 1000);
  return <Button size="xs" loading={busy} onClick={() => onTake(ms / 1000)} aria-label={t('artwork.at_kind', { kind: t(`artwork.${kind}`), at })} data-testid={`artwork-at-${kind}`}>{t('artwork.at', { at })}</Button>;
}

interface Props {
  film: Title | undefined;
  clock: FilmClock;
  /** Which is being made. */
  busy: ArtworkKind | null;
  onPut: (kind: ArtworkKind, from: File | number | null) => void;
}

export function Artwork({ film, clock, busy, onPut }: Props) {
  const [dropped, setDropped] = useDropped();
  const choose = async (kind: ArtworkKind) => {
    const [file] = await filesChoose(TYPES);
    if (file) onPut(kind, file);
  };
  return (
    <Panel id="artwork" title={t('artwork.title')} lead={t('artwork.lead')}>
      <ul className={css.art}>
        {kinds.map(([kind, of]) => {
          const image = film ? of(film) : null;
          const label = t(`artwork.${kind}`);
          return (
            <li key={kind} className={css.piece} data-kind={kind} data-testid={`artwork-${kind}`}>
              <Thumb image={image} wide whole />
              <span className={css.pieceName}>{label}</span>
              <span className={css.pieceActs}>
                <Button size="xs" loading={busy === kind} onClick={() => void choose(kind)} aria-label={t(image ? 'artwork.replace' : 'artwork.first_kind', { kind: label })}>{image ? t('artwork.choose') : t('artwork.first')}</Button>
                {kind !== 'logo' && clock.duration > 0 && <FromFilm kind={kind} clock={clock} busy={busy === kind} onTake={(at_s) => onPut(kind, at_s)} />}
                {image && <Button size="xs" onClick={() => onPut(kind, null)} aria-label={t(kind === 'logo' ? 'artwork.drop_kind' : 'artwork.reset_kind', { kind: label })}>{kind === 'logo' ? t('artwork.drop') : t('artwork.reset')}</Button>}
              </span>
            </li>
          );
        })}
      </ul>
      <Modal opened={dropped !== null} onClose={() => setDropped(null)} title={t('artwork.which')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
        <p className={css.dropped} dir="auto">{dropped?.name}</p>
        <div className={css.pieceActs}>
          {kinds.map(([kind]) => <Button key={kind} onClick={() => { if (dropped) onPut(kind, dropped); setDropped(null); }} data-testid={`dropped-${kind}`}>{t(`artwork.${kind}`)}</Button>)}
        </div>
      </Modal>
    </Panel>
  );
}
