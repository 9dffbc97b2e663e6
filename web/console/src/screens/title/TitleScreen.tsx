/* TitleScreen.tsx - one title: its picture and state at the left, what describes it at the right, saved as it is typed. */
import { Button } from '@mantine/core';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { ApiError } from '@shared/api/client';
import { useOwnFields } from '../../api/describe';
import { titleSave, useArtwork, useTitleChanged, useTitleDoc, useTitleFilm, type ArtworkKind, type TitleFields } from '../../api/titles';
import { useAutosave, useUndoKeys, useUnsavedGuard } from '../../lib/useAutosave';
import type { Autosave, Fields } from '../../lib/autosave';
import { useFilmClock } from '../../player/clock';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Page } from '../../ui/Page';
import { SaveMark, SaveProblem } from '../../ui/SaveMark';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { say } from '../../ui/Toasts';
import { Subtitles } from '../subtitles/Subtitles';
import { Artwork } from './Artwork';
import { Cast } from './Cast';
import { Details } from './Details';
import { Elsewhere } from './Elsewhere';
import { Film } from './Film';
import { Ladder } from './Ladder';
import { Own } from './Own';
import { Parts } from './Parts';
import { Ratings } from './Ratings';
import { Sections, type Section } from './Sections';
import { Side } from './Side';
import css from './title.module.css';
import { Versions } from './Versions';

const back = (to: string) => (
  <Link to={to} className={css.back}>
    <ChevronLeft size={16} aria-hidden />
    {t('nav.titles')}
  </Link>
);

export function TitleScreen() {
  const { id = '' } = useParams();
  const query = useTitleDoc(id);
  const whole = query.data?.whole;
  const film = useTitleFilm(whole?.slug);
  const changed = useTitleChanged(id);
  const doc = useAutosave<TitleFields>(whole?.id ?? '', query.data?.fields, async (patch, fields) => {
    if (!whole) throw new Error('no title');
    const saved = await titleSave(whole, patch, fields);
    changed();
    return saved;
  });
  const clock = useFilmClock(id, Math.round((film.data?.runtime_s ?? 0) * 1000));
  const art = useArtwork(id, whole?.slug ?? '');
  const own = useOwnFields();
  const [leaving, setLeaving] = useState<{ go: () => void; stay: () => void } | null>(null);
  const any = doc as unknown as Autosave<Fields> | null;
  useUnsavedGuard(any, (go, stay) => setLeaving({ go, stay }));
  useUndoKeys(any);
  if (query.isError && !doc) return <Page title={t('nav.titles')} before={back('/titles')}><Failure error={query.error} onRetry={() => void query.refetch()} /></Page>;
  if (!doc || !any || !whole) return <Page title={t('state.loading')} before={back('/titles')}><RowsSkeleton /></Page>;
  const published = doc.draft.published;
  const theirs = doc.error instanceof ApiError && doc.error.code === 'catalog.changed';
  const family = whole.kind === 'series' || whole.kind === 'season';
  /* A picture is a change of the title, too: what was typed goes out before it. */
  const picture = (kind: ArtworkKind, from: File | number | null) =>
    void doc.flush().then(() => art.mutate({ kind, from }, { onSuccess: () => say(t('artwork.saved')), onError: (error) => say(failureText(error), { bad: true }) }));
  const sections: Section[] = [['words', 'title.words'], ['facts', 'title.facts'], ...(family ? [['parts', whole.kind === 'series' ? 'title.seasons' : 'title.episodes'] as Section] : []), ...(clock.duration ? [['film', 'film.title'], ['ladder', 'ladder.title']] as Section[] : []), ...(family ? [] : ([['subtitles', 'title.subtitles'], ['versions', 'version.title']] as Section[])), ['cast', 'cast.title'], ['artwork', 'artwork.title'], ['ratings', 'ratings.title'], ['elsewhere', 'elsewhere.title'], ...(own.data?.length ? [['own', 'own.title'] as Section] : [])];
  const load = () => void query.refetch().then(({ data }) => data && doc.reset(data.fields));
  return (
    <Page
      title={String(doc.draft[`name.${whole.lang}`] || whole.slug)} wide before={back(whole.parent_id ? `/titles/${whole.parent_id}` : '/titles')}
      actions={
        <>
          <SaveMark doc={any} />
          {theirs && <Button size="xs" onClick={load}>{t('save.theirs')}</Button>}
          <Button component={Link} to={`/titles/${whole.id}/rights`} data-testid="rights">{t('nav.rights')}</Button>
          <Button variant={published ? 'default' : 'filled'} onClick={() => { doc.edit('published', !published); void doc.flush(); }} data-testid="publish">
            {published ? t('action.unpublish') : t('action.publish')}
          </Button>
        </>
      }
    >
      <SaveProblem doc={any} />
      <div className={css.columns}>
        <Side whole={whole} film={film.data} published={doc.saved.published}><Sections list={sections} /></Side>
        <div className={css.main}>
          <Details doc={any} whole={whole} film={film.data} />
          {family && <Parts whole={whole} />}
          {film.data && clock.duration > 0 && <Film key={id} whole={whole} film={film.data} doc={any} clock={clock} onFrame={picture} />}
          {clock.duration > 0 && <Ladder id={id} />}
          {!family && <Subtitles title={whole.id} />}
          {!family && <Versions whole={whole} onBefore={() => doc.flush()} />}
          <Cast doc={any} />
          <Artwork film={film.data} clock={clock} busy={art.isPending ? art.variables.kind : null} onPut={picture} />
          <Ratings doc={any} />
          <Elsewhere doc={any} kind={whole.kind} />
          <Own doc={any} />
        </div>
      </div>
      <Confirm
        open={leaving !== null} title={t('save.leave')} text={t('save.leave_text')} action={t('save.leave_anyway')}
        onYes={() => { leaving?.go(); setLeaving(null); }} onNo={() => { leaving?.stay(); setLeaving(null); }}
      />
    </Page>
  );
}
