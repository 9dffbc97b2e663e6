/* BulkEdit.tsx - many titles changed at once: genres and tags, or rights and schedule; all of it can be taken back. */
import { Button, Checkbox, MultiSelect, SegmentedControl, Tabs, TagsInput } from '@mantine/core';
import { useState } from 'react';
import type { RightsWindowWrite } from '@shared/api/client';
import { useBulkEdit, type BulkChange } from '../../api/bulkEdit';
import { useGenres } from '../../api/titles';
import type { ListChange } from '../../lib/many';
import { windowNew } from '../../lib/rightsDoc';
import { t } from '../../messages';
import { Side } from '../../ui/Form';
import { failureText } from '../../ui/States';
import { say } from '../../ui/Toasts';
import { useZone, When, ZoneSelect } from '../rights/When';
import { WindowForm } from '../rights/WindowForm';
import { placeOf, timeOf } from '../rights/WindowList';
import css from './bulkEdit.module.css';

type Apply = (change: BulkChange) => void;
interface Part {
  apply: Apply;
  busy: boolean;
  label: string;
}

function How({ label, value, onChange }: { label: string; value: ListChange['how']; onChange: (how: ListChange['how']) => void }) {
  return <SegmentedControl size="xs" aria-label={label} value={value} onChange={(how) => onChange(how as ListChange['how'])} data={(['add', 'remove', 'replace'] as const).map((how) => ({ value: how, label: t(`bulkedit.${how}`) }))} />;
}

function Words({ apply, busy, label }: Part) {
  const genres = useGenres();
  const [genre, setGenre] = useState<ListChange>({ how: 'add', words: [] });
  const [tag, setTag] = useState<ListChange>({ how: 'add', words: [] });
  const of = (change: ListChange): ListChange | null => (change.words.length || change.how === 'replace' ? change : null);
  return (
    <div className={css.form}>
      <How label={t('bulkedit.genres')} value={genre.how} onChange={(how) => setGenre({ ...genre, how })} />
      <MultiSelect label={t('bulkedit.genres')} data={(genres.data?.items ?? []).map((one) => ({ value: one.slug, label: one.name }))} value={[...genre.words]} onChange={(words) => setGenre({ ...genre, words })} searchable hidePickedOptions nothingFoundMessage={t('title.no_genres')} data-testid="bulk-genres" />
      <How label={t('bulkedit.tags')} value={tag.how} onChange={(how) => setTag({ ...tag, how })} />
      <TagsInput label={t('bulkedit.tags')} value={[...tag.words]} onChange={(words) => setTag({ ...tag, words })} maxTags={50} data-testid="bulk-tags" />
      <Button variant="filled" loading={busy} disabled={!of(genre) && !of(tag)} onClick={() => apply({ words: { genres: of(genre), tags: of(tag) } })} data-testid="bulk-apply-words">{label}</Button>
    </div>
  );
}

type Moment = string | null | undefined;
function ClockField({ label, zone, value, onChange, testid }: { label: string; zone: string; value: Moment; onChange: (value: Moment) => void; testid: string }) {
  const [how, setHow] = useState<'keep' | 'set' | 'clear'>('keep');
  return (
    <div className={css.clock}>
      <span className={css.label}>{label}</span>
      <SegmentedControl size="xs" aria-label={label} value={how} data={(['keep', 'set', 'clear'] as const).map((one) => ({ value: one, label: t(`bulkedit.${one}`) }))} onChange={(next) => { setHow(next as typeof how); onChange(next === 'clear' ? null : undefined); }} data-testid={`${testid}-how`} />
      {how === 'set' && <When label={label} bare zone={zone} value={value ?? null} onChange={(at) => onChange(at ?? undefined)} testid={testid} />}
    </div>
  );
}

function Rights({ apply, busy, label }: Part) {
  const [zone, onZone] = useZone();
  const [how, setHow] = useState<'keep' | 'add' | 'replace'>('keep');
  const [window, setWindow] = useState<RightsWindowWrite | null>(null);
  const [publishAt, setPublishAt] = useState<Moment>(undefined);
  const [unpublishAt, setUnpublishAt] = useState<Moment>(undefined);
  const [typing, setTyping] = useState(false);
  if (typing) return <WindowForm window={window ?? windowNew()} zone={zone} onZone={onZone} licensors={[]} action={t('rights.take')} onTake={(next) => { setWindow(next); setTyping(false); }} onCancel={() => { setTyping(false); if (!window) setHow('keep'); }} />;
  const some = (how !== 'keep' && window !== null) || publishAt !== undefined || unpublishAt !== undefined;
  return (
    <div className={css.form}>
      <ClockField label={t('rights.publish_at')} zone={zone} value={publishAt} onChange={setPublishAt} testid="bulk-publish-at" />
      <ClockField label={t('rights.unpublish_at')} zone={zone} value={unpublishAt} onChange={setUnpublishAt} testid="bulk-unpublish-at" />
      <ZoneSelect zone={zone} onZone={onZone} />
      <div className={css.clock}>
        <span className={css.label}>{t('bulkedit.window')}</span>
        <SegmentedControl size="xs" aria-label={t('bulkedit.window')} value={how} data={[{ value: 'keep', label: t('bulkedit.keep') }, { value: 'add', label: t('bulkedit.window_add') }, { value: 'replace', label: t('bulkedit.window_replace') }]} onChange={(next) => { setHow(next as typeof how); if (next !== 'keep' && !window) setTyping(true); }} data-testid="bulk-window" />
        {how !== 'keep' && window && (
          <p className={css.window}>
            <span>{[placeOf(window), timeOf(window, zone)].join(' · ')}</span>
            <Button size="xs" onClick={() => setTyping(true)}>{t('action.edit')}</Button>
          </p>
        )}
      </div>
      <Button variant="filled" loading={busy} disabled={!some} onClick={() => apply({ rights: { window: how !== 'keep' && window ? { how, window } : null, publishAt, unpublishAt } })} data-testid="bulk-apply">{label}</Button>
    </div>
  );
}

export function BulkEdit({ ids, family, open, onClose, onDone }: { ids: readonly string[]; family: boolean; open: boolean; onClose: () => void; onDone: () => void }) {
  const { edit, back, progress } = useBulkEdit();
  const [parts, setParts] = useState(true);
  const apply: Apply = (change) =>
    edit.mutate({ ids, parts: family && parts, change }, {
      onSuccess: ({ backs, failed }) => {
        if (failed.length) say(t('bulkedit.some_failed', { count: failed.length, why: failureText(failed[0]) }), { bad: true });
        else if (!backs.length) say(t('bulkedit.nothing'));
        if (backs.length) say(t('bulkedit.done', { count: backs.length }), { undo: () => back.mutate(backs, { onSuccess: (undone) => undone.failed.length && say(t('bulkedit.some_failed', { count: undone.failed.length, why: failureText(undone.failed[0]) }), { bad: true }) }) });
        if (!failed.length) onDone();
      },
      onError: (error) => say(failureText(error), { bad: true }),
    });
  const part: Part = { apply, busy: edit.isPending, label: progress ? t('bulkedit.progress', progress) : t('bulkedit.apply') };
  return (
    <Side title={t('bulkedit.title', { count: ids.length })} open={open} onClose={onClose}>
      {family && <Checkbox className={css.parts} label={t('bulkedit.parts')} checked={parts} onChange={(event) => setParts(event.currentTarget.checked)} />}
      <Tabs defaultValue="rights" keepMounted>
        <Tabs.List>
          <Tabs.Tab value="rights">{t('bulkedit.rights')}</Tabs.Tab>
          <Tabs.Tab value="words">{t('bulkedit.words')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="rights" pt="md"><Rights {...part} /></Tabs.Panel>
        <Tabs.Panel value="words" pt="md"><Words {...part} /></Tabs.Panel>
      </Tabs>
    </Side>
  );
}
