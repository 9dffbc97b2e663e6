/* TitleRightsScreen.tsx - what may be shown of one title, where and when, and what the clock does with it; saved as it is edited, with a way back. */
import { Button } from '@mantine/core';
import { ChevronLeft, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { ApiError, type RightsWarning, type RightsWindowWrite } from '@shared/api/client';
import { rightsSave, useRightsChanged, useTitleRights, useTitleWarnings } from '../../api/rights';
import { useTitleDoc } from '../../api/titles';
import type { Autosave, Fields } from '../../lib/autosave';
import { dayText } from '../../lib/format';
import { windowNew, windowPlain, type RightsFields } from '../../lib/rightsDoc';
import { useAutosave, useUndoKeys, useUnsavedGuard } from '../../lib/useAutosave';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Side } from '../../ui/Form';
import { Page, Panel } from '../../ui/Page';
import { SaveMark, SaveProblem } from '../../ui/SaveMark';
import { Failure, RowsSkeleton } from '../../ui/States';
import css from './rights.module.css';
import { When, useZone, ZoneSelect } from './When';
import { WindowForm } from './WindowForm';
import { WindowList } from './WindowList';

type Doc = Autosave<RightsFields>;

function Warnings({ id }: { id: string }) {
  const warnings = useTitleWarnings(id);
  if (!warnings.data?.length) return null;
  const line = (one: RightsWarning): string => [t(`warning.${one.kind}`), one.what, one.at ? dayText(one.at) : ''].filter(Boolean).join(' · ');
  return (
    <div className={css.warnings} role="status" data-testid="warnings">
      {warnings.data.map((one, i) => <p key={i} dir="auto">{line(one)}</p>)}
    </div>
  );
}

function Schedule({ doc, zone, onZone, lead }: { doc: Doc; zone: string; onZone: (zone: string) => void; lead: string }) {
  const { publish_at, unpublish_at } = doc.draft;
  const crossed = publish_at && unpublish_at && Date.parse(unpublish_at) <= Date.parse(publish_at) ? t('rights.ends_first') : undefined;
  return (
    <Panel id="schedule" title={t('rights.scheduled')} lead={lead}>
      <div className={css.schedule}>
        <When label={t('rights.publish_at')} zone={zone} value={publish_at} onChange={(at) => doc.edit('publish_at', at)} testid="publish-at" />
        <When label={t('rights.unpublish_at')} zone={zone} value={unpublish_at} onChange={(at) => doc.edit('unpublish_at', at)} error={crossed} testid="unpublish-at" />
        <ZoneSelect zone={zone} onZone={onZone} />
      </div>
    </Panel>
  );
}

interface Editing {
  at: number;
  window: RightsWindowWrite;
}

function Windows({ doc, zone, onZone }: { doc: Doc; zone: string; onZone: (zone: string) => void }) {
  const [editing, setEditing] = useState<Editing | null>(null);
  const { windows } = doc.draft;
  const licensors = [...new Set(windows.map((one) => one.licensor ?? '').filter(Boolean))];
  const take = (window: RightsWindowWrite) => {
    if (editing) doc.edit('windows', editing.at < windows.length ? windows.map((one, i) => (i === editing.at ? window : one)) : [...windows, window]);
    setEditing(null);
  };
  const add = (window: RightsWindowWrite) => setEditing({ at: windows.length, window });
  return (
    <Panel
      id="windows" title={t('rights.windows')} lead={windows.length ? undefined : t('rights.no_windows')}
      actions={
        <>
          <Button size="xs" onClick={() => add(windowNew(true))}>{t('rights.add_holdback')}</Button>
          <Button size="xs" variant="filled" leftSection={<Plus size={13} aria-hidden />} onClick={() => add(windowNew())} data-testid="add-window">{t('rights.add')}</Button>
        </>
      }
    >
      <WindowList windows={windows} zone={zone} onEdit={(at) => setEditing({ at, window: windows[at]! })} onCopy={(at) => add({ ...windows[at]!, id: undefined })} onDrop={(at) => doc.edit('windows', windows.filter((_, i) => i !== at))} />
      <Side title={editing && editing.at < windows.length ? t('rights.edit') : t('rights.add')} open={editing !== null} onClose={() => setEditing(null)}>
        {editing && <WindowForm window={editing.window} zone={zone} onZone={onZone} licensors={licensors} action={t('rights.take')} onTake={take} onCancel={() => setEditing(null)} />}
      </Side>
    </Panel>
  );
}

export function TitleRightsScreen() {
  const { id = '' } = useParams();
  const title = useTitleDoc(id);
  const rights = useTitleRights(id);
  const changed = useRightsChanged();
  const [zone, onZone] = useZone();
  const doc = useAutosave<RightsFields>(rights.data ? id : '', rights.data?.fields, async (_, fields) => {
    const saved = await rightsSave(id, fields);
    changed();
    return saved;
  });
  const [leaving, setLeaving] = useState<{ go: () => void; stay: () => void } | null>(null);
  const any = doc as unknown as Autosave<Fields> | null;
  useUnsavedGuard(any, (go, stay) => setLeaving({ go, stay }));
  useUndoKeys(any);
  const whole = title.data?.whole;
  const name = whole?.texts.find((one) => one.lang === whole.lang)?.name ?? whole?.slug ?? '';
  const back = (
    <Link to={`/titles/${id}`} className={css.back}>
      <ChevronLeft size={16} aria-hidden />
      <span dir="auto">{name}</span>
    </Link>
  );
  const failed = rights.error ?? title.error;
  if (failed && !doc) return <Page title={t('nav.rights')} before={back}><Failure error={failed} onRetry={() => void rights.refetch()} /></Page>;
  if (!doc || !any || !rights.data || !whole) return <Page title={t('nav.rights')} before={back}><RowsSkeleton /></Page>;
  const family = whole.kind === 'series' || whole.kind === 'season';
  const theirs = doc.error instanceof ApiError && doc.error.code === 'rights.changed';
  const load = () => void rights.refetch().then(({ data }) => data && doc.reset(data.fields));
  return (
    <Page title={t('rights.of', { name })} before={back} lead={family ? t('rights.for_parts') : undefined} actions={<><SaveMark doc={any} />{theirs && <Button size="xs" onClick={load}>{t('save.theirs')}</Button>}</>}>
      <SaveProblem doc={any} />
      <Warnings id={id} />
      <Schedule doc={doc} zone={zone} onZone={onZone} lead={whole.published ? t('rights.published_now') : family ? t('rights.draft_family') : t('rights.draft_now')} />
      <Windows doc={doc} zone={zone} onZone={onZone} />
      {rights.data.whole.inherited.filter((one) => one.windows.length).map((one) => (
        <Panel key={one.title.id} id={`of-${one.title.id}`} title={<Link to={`/titles/${one.title.id}/rights`} className={css.link} dir="auto">{t('rights.of', { name: one.title.name })}</Link>} lead={t('rights.inherited')}>
          <WindowList windows={one.windows.map(windowPlain)} zone={zone} />
        </Panel>
      ))}
      <Confirm open={leaving !== null} title={t('save.leave')} text={t('save.leave_text')} action={t('save.leave_anyway')} onYes={() => { leaving?.go(); setLeaving(null); }} onNo={() => { leaving?.stay(); setLeaving(null); }} />
    </Page>
  );
}
