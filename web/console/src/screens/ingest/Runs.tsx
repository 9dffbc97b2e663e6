/* Runs.tsx - files that were written before, each with its way back; what cannot go back by itself is named. */
import { Button, Modal } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { BulkKept, BulkRun } from '@shared/api/client';
import { useBulkRuns, useBulkUndo } from '../../api/bulk';
import { momentText, numberText } from '../../lib/format';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Failure, failureText } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag, type Tone } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import css from './bulk.module.css';

/** Takes a run back; where something was changed since, asks whether that is to go, too. */
export function useTakeBack(): { run: (id: string, onDone?: () => void) => void; busy: boolean; dialog: ReactNode } {
  const undo = useBulkUndo();
  const [kept, setKept] = useState<{ id: string; list: BulkKept[] } | null>(null);
  const go = (id: string, force: boolean, onDone?: () => void) =>
    undo.mutate({ id, force }, {
      onSuccess: (done) => {
        say(t('bulkload.undone', { count: done.undone }));
        setKept(done.kept.length ? { id, list: done.kept } : null);
        onDone?.();
      },
      onError: (error) => say(failureText(error), { bad: true }),
    });
  const dialog = (
    <Modal opened={kept !== null} onClose={() => setKept(null)} title={t('bulkload.kept_title', { count: kept?.list.length ?? 0 })} size="lg" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <ul className={css.kept}>
        {kept?.list.slice(0, 200).map((one) => (
          <li key={one.title_id}>
            <Link to={`/titles/${one.title_id}`} onClick={() => setKept(null)}>{one.reason}</Link>
          </li>
        ))}
      </ul>
      <div className={css.acts}>
        <Button onClick={() => setKept(null)}>{t('bulkload.leave_them')}</Button>
        <Button variant="filled" color="red.8" loading={undo.isPending} onClick={() => kept && go(kept.id, true)}>{t('bulkload.force')}</Button>
      </div>
    </Modal>
  );
  return { run: (id, onDone) => go(id, false, onDone), busy: undo.isPending, dialog };
}

const tones: Record<BulkRun['state'], Tone> = { applying: 'busy', applied: 'good', undoing: 'busy', undone: 'plain' };

export function Runs() {
  const runs = useBulkRuns();
  const takeBack = useTakeBack();
  if (runs.isError) return <Failure error={runs.error} onRetry={() => void runs.refetch()} />;
  if (!runs.data?.length) return null;
  const columns: Column<BulkRun>[] = [
    { key: 'at', head: t('audit.when'), lead: true, cell: (one) => momentText(one.at) },
    { key: 'format', head: t('bulkload.format'), width: '6rem', cell: (one) => one.format.toUpperCase() },
    { key: 'state', head: t('titles.state'), width: '9rem', cell: (one) => <Tag tone={tones[one.state]}>{t(`bulkrun.${one.state}`)}</Tag> },
    { key: 'total', head: t('bulkload.rows'), number: true, width: '6rem', cell: (one) => numberText(one.total) },
    { key: 'created', head: t('bulkload.create'), number: true, width: '6rem', cell: (one) => numberText(one.created) },
    { key: 'updated', head: t('bulkload.update'), number: true, width: '6rem', cell: (one) => numberText(one.updated) },
    { key: 'undo', head: '', width: '9rem', cell: (one) => one.state !== 'undone' && <Button size="xs" disabled={takeBack.busy} onClick={() => takeBack.run(one.id)} aria-label={`${t('bulkload.undo')}: ${momentText(one.at)}`}>{t('bulkload.undo')}</Button> },
  ];
  return (
    <Panel id="runs" title={t('bulkload.runs')}>
      <Table label={t('bulkload.runs')} columns={columns} rows={runs.data} id={(one) => one.id} name={(one) => momentText(one.at)} more={runs.hasNextPage ? { busy: runs.isFetchingNextPage, load: () => void runs.fetchNextPage() } : undefined} />
      {takeBack.dialog}
    </Panel>
  );
}
