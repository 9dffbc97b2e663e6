/*
 * Arrange.tsx - the viewers' first page: billboards and rows in their order at the left, the page as somebody sees it at the right.
 * Nothing goes out before it is saved; until then every step can be taken back.
 */
import { ActionIcon, Button, SegmentedControl, Tooltip } from '@mantine/core';
import { Redo2, RotateCcw, Undo2 } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { ApiError, type TitleCard } from '@shared/api/client';
import { cardsById, layoutOf, useStorefront, useStorefrontReset, useStorefrontSave, type Layout } from '../../api/storefront';
import { useDraft, useDraftKeys, useLeaving } from '../../lib/useDraft';
import type { Draft } from '../../lib/draft';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { say } from '../../ui/Toasts';
import { Billboards } from './Billboards';
import { Preview } from './Preview';
import { partClean } from './rows';
import { RowList } from './RowList';
import css from './storefront.module.css';

const clean = (layout: Layout): Layout => ({ rows: layout.rows.map(partClean), billboards: layout.billboards.map(partClean) });

/** Cards of what is named on the page, and of what was picked since it was loaded. */
function useCards(loaded: readonly TitleCard[] | undefined) {
  const picked = useRef(new Map<string, TitleCard>());
  const known = useMemo(() => cardsById(loaded ?? []), [loaded]);
  return { of: (id: string) => known.get(id) ?? picked.current.get(id), keep: (card: TitleCard) => void picked.current.set(card.id, card) };
}
export type Cards = ReturnType<typeof useCards>;

export function Arrange() {
  const query = useStorefront();
  const saved = useMemo(() => (query.data ? layoutOf(query.data) : undefined), [query.data]);
  const draft = useDraft(saved, query.data?.revision);
  const save = useStorefrontSave();
  const reset = useStorefrontReset();
  const cards = useCards(query.data?.titles);
  const [asking, setAsking] = useState(false);
  const [side, setSide] = useState('rows');
  const leaving = useLeaving(draft?.dirty ?? false);

  const send = () => {
    if (!draft?.dirty || save.isPending) return;
    const sent = draft.value;
    save.mutate({ revision: draft.revision, layout: clean(sent) }, { onSuccess: (whole) => { draft.settle(sent, layoutOf(whole), whole.revision); say(t('front.saved')); } });
  };
  useDraftKeys(draft as Draft<unknown> | null, send);
  if (query.isError && !draft) return <Failure error={query.error} onRetry={() => void query.refetch()} />;
  if (!draft || !query.data) return <RowsSkeleton />;

  const theirs = save.error instanceof ApiError && save.error.code === 'storefront.changed';
  const faults = save.error instanceof ApiError ? save.error.errors : [];
  const load = () => void query.refetch().then(({ data }) => { if (data) { draft.replace(layoutOf(data), data.revision); save.reset(); } });
  const start = () => reset.mutate(undefined, { onSuccess: (whole) => { draft.replace(layoutOf(whole), whole.revision); setAsking(false); say(t('front.was_reset'), { undo: () => draft.undo() }); }, onError: (error) => say(failureText(error), { bad: true }) });
  const change = (part: Partial<Layout>, step?: string) => { if (save.isError) save.reset(); draft.set({ ...draft.value, ...part }, step); };
  return (
    <>
      <div className={css.tools}>
        <span className={css.state} role="status" data-testid="front-state" data-dirty={draft.dirty || undefined}>{draft.dirty ? t('front.unsaved') : t('save.saved')}</span>
        <Tooltip label={t('action.undo')}><ActionIcon variant="subtle" color="gray" disabled={!draft.canUndo} onClick={() => draft.undo()} aria-label={t('action.undo')} data-testid="undo"><Undo2 size={17} aria-hidden /></ActionIcon></Tooltip>
        <Tooltip label={t('action.redo')}><ActionIcon variant="subtle" color="gray" disabled={!draft.canRedo} onClick={() => draft.redo()} aria-label={t('action.redo')}><Redo2 size={17} aria-hidden /></ActionIcon></Tooltip>
        <Tooltip label={t('front.reset')}><ActionIcon variant="subtle" color="gray" onClick={() => setAsking(true)} aria-label={t('front.reset')}><RotateCcw size={16} aria-hidden /></ActionIcon></Tooltip>
        <Button variant="filled" disabled={!draft.dirty} loading={save.isPending} onClick={send} data-testid="front-save">{t('front.save')}</Button>
      </div>
      {save.isError && (
        <p role="alert" className={css.problem}>
          <span>{theirs || !faults.length ? failureText(save.error) : t('front.faults')}</span>
          {theirs && <Button size="xs" onClick={load}>{t('save.theirs')}</Button>}
        </p>
      )}
      <SegmentedControl className={css.switch} fullWidth value={side} onChange={setSide} data={[{ value: 'rows', label: t('front.arrange') }, { value: 'preview', label: t('front.preview') }]} aria-label={t('front.page')} />
      <div className={css.columns} data-side={side}>
        <div className={css.editor}>
          <Billboards boards={draft.value.billboards} cards={cards} faults={faults} onChange={(billboards, step) => change({ billboards }, step)} />
          <RowList rows={draft.value.rows} services={query.data.services} cards={cards} faults={faults} onChange={(rows, step) => change({ rows }, step)} />
        </div>
        <Preview layout={draft.value} clean={clean} />
      </div>
      <Confirm open={asking} title={t('front.reset')} text={t('front.reset_text')} action={t('front.reset_yes')} busy={reset.isPending} onYes={start} onNo={() => setAsking(false)} />
      <Confirm open={leaving !== null} title={t('save.leave')} text={t('front.leave_text')} action={t('save.leave_anyway')} onYes={() => leaving?.go()} onNo={() => leaving?.stay()} />
    </>
  );
}
