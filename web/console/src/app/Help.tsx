/* Help.tsx - the keys, made from the same table as the places. */
import { Modal } from '@mantine/core';
import { useRoles } from '../api/queries';
import { t } from '../messages';
import css from './help.module.css';
import { placesFor } from './nav';

export function Help({ open, onClose }: { open: boolean; onClose: () => void }) {
  const rows: [string, string][] = [
    [t('palette.keys'), t('help.palette')],
    ...placesFor(useRoles()).map((place): [string, string] => [`G ${place.key.toUpperCase()}`, t(place.label)]),
    ['↑ ↓', t('help.rows')],
    ['Enter', t('help.open')],
    ['Space', t('help.choose')],
    ['/', t('help.search')],
    ['N', t('help.new')],
    [t('help.undo_keys'), t('help.undo')],
    ['?', t('help.title')],
  ];
  return (
    <Modal opened={open} onClose={onClose} title={t('help.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <dl className={css.keys}>
        {rows.map(([key, text]) => (
          <div key={key + text} className={css.row}>
            <dt><kbd className={css.kbd}>{key}</kbd></dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
