/* TitleScreen.tsx - one title: its picture and state at the left, what describes it at the right, saved as it is typed. */
import { Button } from '@mantine/core';
import { ChevronLeft } from 'lucide-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { titleSave, useTitleChanged, useTitleDoc, type TitleFields } from '../../api/titles';
import { useAutosave, useUndoKeys, useUnsavedGuard } from '../../lib/useAutosave';
import type { Autosave, Fields } from '../../lib/autosave';
import { languageNow, t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Page } from '../../ui/Page';
import { SaveMark, SaveProblem } from '../../ui/SaveMark';
import { Failure, RowsSkeleton } from '../../ui/States';
import { Details } from './Details';
import { Side } from './Side';
import css from './title.module.css';

const back = () => (
  <Link to="/titles" className={css.back}>
    <ChevronLeft size={16} aria-hidden />
    {t('nav.titles')}
  </Link>
);

export function TitleScreen() {
  const { id = '' } = useParams();
  const [langs, setLangs] = useState(() => [...new Set([languageNow(), 'en', 'de'])].sort());
  const query = useTitleDoc(id, langs);
  const changed = useTitleChanged(id);
  const title = query.data?.title;
  const doc = useAutosave<TitleFields>(title?.id ?? '', query.data?.fields, async (patch, whole) => {
    const saved = await titleSave(title?.id ?? '', patch, whole);
    changed();
    return saved;
  });
  const [leaving, setLeaving] = useState<{ go: () => void; stay: () => void } | null>(null);
  const any = doc as unknown as Autosave<Fields> | null;
  useUnsavedGuard(any, (go, stay) => setLeaving({ go, stay }));
  useUndoKeys(any);
  if (query.isError && !doc) return <Page title={t('nav.titles')} before={back()}><Failure error={query.error} onRetry={() => void query.refetch()} /></Page>;
  if (!doc || !any || !title) return <Page title={t('state.loading')} before={back()}><RowsSkeleton /></Page>;
  const published = doc.draft.published;
  return (
    <Page
      title={String(doc.draft.name || title.name)} wide before={back()}
      actions={
        <>
          <SaveMark doc={any} />
          <Button variant={published ? 'default' : 'filled'} onClick={() => { doc.edit('published', !published); void doc.flush(); }} data-testid="publish">
            {published ? t('action.unpublish') : t('action.publish')}
          </Button>
        </>
      }
    >
      <SaveProblem doc={any} />
      <div className={css.columns}>
        <Side title={title} published={doc.saved.published} />
        <div className={css.main}>
          <Details doc={any} langs={langs} onLang={(lang) => setLangs([...new Set([...langs, lang])].sort())} />
        </div>
      </div>
      <Confirm
        open={leaving !== null} title={t('save.leave')} text={t('save.leave_text')} action={t('save.leave_anyway')}
        onYes={() => { leaving?.go(); setLeaving(null); }} onNo={() => { leaving?.stay(); setLeaving(null); }}
      />
    </Page>
  );
}
