/* SaveMark.tsx - whether what is on the screen is on the server, and the way back. */
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { Redo2, Undo2 } from 'lucide-react';
import type { Autosave, Fields } from '../lib/autosave';
import { t } from '../messages';
import { failureText } from './States';
import css from './save.module.css';

export function SaveMark({ doc }: { doc: Autosave<Fields> }) {
  const text = { saved: t('save.saved'), waiting: t('save.waiting'), saving: t('save.saving'), failed: t('save.failed') }[doc.state];
  return (
    <div className={css.mark}>
      <span className={css.text} data-state={doc.state} role="status" data-testid="save-state">{text}</span>
      {doc.state === 'failed' && <Button size="xs" onClick={() => void doc.flush()}>{t('action.try_again')}</Button>}
      <Tooltip label={t('action.undo')}>
        <ActionIcon variant="subtle" color="gray" disabled={!doc.canUndo} onClick={() => doc.undo()} aria-label={t('action.undo')} data-testid="undo"><Undo2 size={17} aria-hidden /></ActionIcon>
      </Tooltip>
      <Tooltip label={t('action.redo')}>
        <ActionIcon variant="subtle" color="gray" disabled={!doc.canRedo} onClick={() => doc.redo()} aria-label={t('action.redo')}><Redo2 size={17} aria-hidden /></ActionIcon>
      </Tooltip>
    </div>
  );
}

/** Why the last attempt failed, in words, above the form. */
export function SaveProblem({ doc }: { doc: Autosave<Fields> }) {
  if (doc.state !== 'failed') return null;
  return <p role="alert" className={css.problem}>{failureText(doc.error)}</p>;
}
