/* ThingScreen.tsx - one person, genre, studio, collection or own field: described, saved by a button, merged, deleted with what hangs on it in sight. */
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { ChevronLeft, ExternalLink, Redo2, Trash2, Undo2 } from 'lucide-react';
import { useEffect, useMemo, useState } from 'react';
import { ApiError } from '@shared/api/client';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { docNew, thingKinds, useThing, useThingSave, type ThingDoc, type ThingKind } from '../../api/things';
import type { Draft } from '../../lib/draft';
import { useDraft, useDraftKeys, useLeaving } from '../../lib/useDraft';
import { languageNow, t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Page } from '../../ui/Page';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { NotFoundScreen } from '../not-found/NotFoundScreen';
import { Drop } from './Drop';
import { Merge } from './Merge';
import { ThingForm } from './ThingForm';
import css from './things.module.css';
import { Use } from './Use';
import { docName, hasName, nameFault, optionsFault, pathOf, viewerPath } from './words';

const back = (kind: ThingKind) => (
  <Link to={pathOf(kind)} className={css.back}>
    <ChevronLeft size={16} aria-hidden />
    {t(`things.${kind}`)}
  </Link>
);

const named = (kind: ThingKind, name: string): ThingDoc => ({ ...docNew, ...(hasName(kind) ? { name } : { names: { [languageNow()]: name } }) });

interface Props {
  kind: ThingKind;
  id: string | null;
}

function Editor({ kind, id }: Props) {
  /* Where to go once nothing unsaved is held any more. */
  const [next, setNext] = useState<string | null>(null);
  const query = useThing(kind, next === null ? id : null);
  const [words] = useSearchParams();
  const navigate = useNavigate();
  const fresh = useMemo(() => (id ? undefined : docNew), [id]);
  const draft = useDraft(query.data?.doc ?? fresh, query.data?.revision);
  const save = useThingSave(kind);
  const [tried, setTried] = useState(false);
  const [dropping, setDropping] = useState(false);
  const leaving = useLeaving(next === null && (draft?.dirty ?? false));
  useEffect(() => {
    if (next) void navigate(next, { replace: true });
  }, [next, navigate]);
  const wished = id ? '' : (words.get('name') ?? '');
  useEffect(() => {
    if (wished && draft) draft.set(named(kind, wished.slice(0, 200)));
  }, [wished, draft, kind]);

  const send = () => {
    if (!draft?.dirty || save.isPending) return;
    const sent = draft.value;
    setTried(true);
    if (nameFault(kind, sent) ?? optionsFault(kind, sent)) return;
    save.mutate({ id, doc: sent, revision: draft.revision }, { onSuccess: (thing) => { draft.settle(sent, thing.doc, thing.revision); setTried(false); if (!id) setNext(pathOf(kind, thing.id)); } });
  };
  useDraftKeys(draft as Draft<unknown> | null, send);
  if (query.isError && !draft) return <Page title={t(`things.${kind}`)} before={back(kind)}><Failure error={query.error} onRetry={() => void query.refetch()} /></Page>;
  if (!draft) return <Page title={t('state.loading')} before={back(kind)}><RowsSkeleton /></Page>;

  const set = (part: Partial<ThingDoc>, step?: string) => { if (save.isError) save.reset(); draft.set({ ...draft.value, ...part }, step); };
  const name = docName(draft.saved) || t(`things.new_${kind}`);
  const page = id ? viewerPath(kind, draft.saved) : null;
  const theirs = save.error instanceof ApiError && save.error.code === 'catalog.changed';
  const load = () => void query.refetch().then(({ data }) => { if (data) { draft.replace(data.doc, data.revision); save.reset(); } });
  return (
    <Page
      title={name} before={back(kind)}
      actions={
        <>
          <span className={css.state} role="status" data-dirty={draft.dirty || undefined} data-testid="thing-state">{draft.dirty ? t('things.unsaved') : id ? t('save.saved') : ''}</span>
          <Tooltip label={t('action.undo')}><ActionIcon variant="subtle" color="gray" disabled={!draft.canUndo} onClick={() => draft.undo()} aria-label={t('action.undo')}><Undo2 size={17} aria-hidden /></ActionIcon></Tooltip>
          <Tooltip label={t('action.redo')}><ActionIcon variant="subtle" color="gray" disabled={!draft.canRedo} onClick={() => draft.redo()} aria-label={t('action.redo')}><Redo2 size={17} aria-hidden /></ActionIcon></Tooltip>
          {page && <Tooltip label={t('things.see')}><ActionIcon component="a" href={page} target="_blank" rel="noopener" variant="subtle" color="gray" aria-label={t('things.see')}><ExternalLink size={16} aria-hidden /></ActionIcon></Tooltip>}
          {id && <Tooltip label={t('things.drop')}><ActionIcon variant="subtle" color="gray" onClick={() => setDropping(true)} aria-label={t('things.drop')} data-testid="thing-drop"><Trash2 size={16} aria-hidden /></ActionIcon></Tooltip>}
          <Button variant="filled" disabled={!draft.dirty} loading={save.isPending} onClick={send} data-testid="thing-save">{t('action.save')}</Button>
        </>
      }
    >
      {save.isError && <p role="alert" className={css.problem}><span>{failureText(save.error)}</span>{theirs && <Button size="xs" onClick={load} data-testid="thing-theirs">{t('save.theirs')}</Button>}</p>}
      <div className={css.columns} data-one={!id || kind === 'collections' || undefined}>
        <ThingForm kind={kind} id={id} doc={draft.value} set={set} tried={tried} />
        {id && kind !== 'collections' && (
          <div className={css.aside}>
            <Use kind={kind} id={id} />
            {kind === 'people' && <Merge id={id} name={name} blocked={draft.dirty} />}
          </div>
        )}
      </div>
      {id && <Drop kind={kind} id={id} name={name} open={dropping} onNo={() => setDropping(false)} onGone={() => setNext(pathOf(kind))} />}
      <Confirm open={leaving !== null} title={t('save.leave')} text={t('things.leave')} action={t('save.leave_anyway')} onYes={() => leaving?.go()} onNo={() => leaving?.stay()} />
    </Page>
  );
}

export function ThingScreen() {
  const { kind: word, id = '' } = useParams();
  const kind = thingKinds.find((one) => one === word);
  return kind ? <Editor key={`${kind}/${id}`} kind={kind} id={id === 'new' ? null : id} /> : <NotFoundScreen />;
}
