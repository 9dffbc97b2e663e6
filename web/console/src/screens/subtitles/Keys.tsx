/* Keys.tsx - the keys of the editor, as useEditorKeys.ts has them. */
import { Modal } from '@mantine/core';
import { t } from '../../messages';
import css from './subtitles.module.css';

export function Keys({ onClose }: { onClose: () => void }) {
  const rows: [string, string][] = [
    [t('keys.space'), t('keys.play')], ['← →', t('keys.second')], ['⇧ ← →', t('keys.frame')], ['↑ ↓', t('keys.lines')], ['[ ]', t('keys.times')], ['↵', t('keys.words')],
    ['Ctrl ↵', t('keys.next')], ['S', t('cues.split')], ['M', t('cues.merge')], ['I', t('cues.insert')], ['Del', t('cues.remove')], ['N', t('cues.next_problem')], ['Ctrl Z', t('action.undo')], ['Ctrl S', t('action.save')], ['Alt', t('keys.alt')],
  ];
  return (
    <Modal opened onClose={onClose} title={t('keys.title')} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <dl className={css.keys}>{rows.map(([key, text]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{text}</dd></div>)}</dl>
    </Modal>
  );
}
