/* BulkBar.tsx - what can be done with the chosen ones; at the foot, where it covers no row's beginning. */
import { Button, CloseButton } from '@mantine/core';
import { t } from '../../messages';
import css from './titles.module.css';

export function BulkBar({ count, busy, onPublish, onEdit, onClear }: { count: number; busy: boolean; onPublish: (published: boolean) => void; onEdit: () => void; onClear: () => void }) {
  if (!count) return null;
  return (
    <div className={css.bulk} role="region" aria-label={t('bulk.label')} data-testid="bulk">
      <span className={css.count}>{t('bulk.chosen', { count })}</span>
      <Button variant="filled" loading={busy} onClick={() => onPublish(true)}>{t('action.publish')}</Button>
      <Button disabled={busy} onClick={() => onPublish(false)}>{t('action.unpublish')}</Button>
      <Button disabled={busy} onClick={onEdit} data-testid="bulk-edit">{t('bulkedit.open')}</Button>
      <CloseButton aria-label={t('bulk.clear')} onClick={onClear} />
    </div>
  );
}
