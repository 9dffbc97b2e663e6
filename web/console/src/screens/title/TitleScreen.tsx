/* TitleScreen.tsx - one title: its picture and state at the left, what describes it at the right, saved as it is typed. */
import { Button } from '@mantine/core';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { ApiError } from '@shared/api/client';
import { titleSave, useTitleChanged, useTitleDoc, useTitleFilm, type TitleFields } from '../../api/titles';
import { useAutosave, useUndoKeys, useUnsavedGuard } from '../../lib/useAutosave';
import type { Autosave, Fields } from '../../lib/autosave';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Page } from '../../ui/Page';
import { SaveMark, SaveProblem } from '../../ui/SaveMark';
import { Failure, RowsSkeleton } from '../../ui/States';
import { Artwork } from './Artwork';
import { Details } from './Details';
import { Parts } from './Parts';
import { Side } from './Side';
import css from './title.module.css';

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
  const [leaving, setLeaving] = useState<{ go: () => void; stay: () => void } | null>(null);
  const any = doc as unknown as Autosave<Fields> | null;
  useUnsavedGuard(any, (go, stay) => setLeaving({ go, stay }));
  useUndoKeys(any);
  if (query.isError && !doc) return <Page title={t('nav.titles')} before={back('/titles')}><Failure error={query.error} onRetry={() => void query.refetch()} /></Page>;
  if (!doc || !any || !whole) return <Page title={t('state.loading')} before={back('/titles')}><RowsSkeleton /></Page>;
  const published = doc.draft.published;
  const theirs = doc.error instanceof ApiError && doc.error.code === 'catalog.changed';
  const load = () => void query.refetch().then(({ data }) => data && doc.reset(data.fields));
  return (
    <Page
      title={String(doc.draft[`name.${whole.lang}`] || whole.slug)} wide before={back(whole.parent_id ? `/titles/${whole.parent_id}` : '/titles')}
      actions={
        <>
          <SaveMark doc={any} />
          {theirs && <Button size="xs" onClick={load}>{t('save.theirs')}</Button>}
          <Button variant={published ? 'default' : 'filled'} onClick={() => { doc.edit('published', !published); void doc.flush(); }} data-testid="publish">
            {published ? t('action.unpublish') : t('action.publish')}
          </Button>
        </>
      }
    >
      <SaveProblem doc={any} />
      <div className={css.columns}>
        <Side whole={whole} film={film.data} published={doc.saved.published} />
        <div className={css.main}>
          <Details doc={any} own={whole.lang} kind={whole.kind} />
          {(whole.kind === 'series' || whole.kind === 'season') && <Parts whole={whole} />}
          <Artwork id={whole.id} slug={whole.slug} film={film.data} />
        </div>
      </div>
      <Confirm
        open={leaving !== null} title={t('save.leave')} text={t('save.leave_text')} action={t('save.leave_anyway')}
        onYes={() => { leaving?.go(); setLeaving(null); }} onNo={() => { leaving?.stay(); setLeaving(null); }}
      />
    </Page>
  );
}
