/* Revisions.tsx - what was done to subtitles, and the way back to any of it. */
import { Button } from '@mantine/core';
import { useSubtitleRevert, useSubtitleRevisions, type Subtitle, type SubtitleRevision } from '../../api/subtitles';
import { momentText } from '../../lib/format';
import { t } from '../../messages';
import { Side } from '../../ui/Form';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { say } from '../../ui/Toasts';
import css from './subtitles.module.css';

const done = (action: SubtitleRevision['action']): string => t(`revision.${action}`);

export function Revisions({ title, one, onReverted, onClose }: { title: string; one: Subtitle; onReverted: () => void; onClose: () => void }) {
  const list = useSubtitleRevisions(one.id, true);
  const revert = useSubtitleRevert(title);
  const newest = list.data?.[0]?.revision ?? one.revision;
  const back = (to: number) => revert.mutate({ id: one.id, revision: newest, to }, { onSuccess: () => { say(t('revision.done')); onReverted(); }, onError: (error) => say(failureText(error), { bad: true }) });
  return (
    <Side title={t('revision.title')} open onClose={onClose}>
      {list.isError && <Failure error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <RowsSkeleton rows={4} />}
      <ol className={css.revisions}>
        {list.data?.map((row) => (
          <li key={row.revision}>
            <span><strong>{done(row.action)}</strong><span className={css.when}>{momentText(row.at)} · {t('subtitles.lines', { count: row.cues })}</span></span>
            {row.revision === newest ? <span className={css.when}>{t('revision.now')}</span> : <Button size="xs" loading={revert.isPending && revert.variables.to === row.revision} onClick={() => back(row.revision)}>{t('revision.back')}</Button>}
          </li>
        ))}
      </ol>
    </Side>
  );
}
