/* Secret.tsx - what is shown this once: closed by nothing but the button that says it is kept. */
import { Button, CopyButton, Modal } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { t } from '../../messages';
import css from './developers.module.css';

export function Secret({ title, text, value, onClose }: { title: string; text: string; value: string | null; onClose: () => void }) {
  return (
    <Modal opened={value !== null} onClose={onClose} title={title} size="lg" withCloseButton={false} closeOnClickOutside={false} closeOnEscape={false}>
      <div className={css.secret}>
        <p className={css.note}>{text}</p>
        <code className={css.token} data-testid="secret" tabIndex={0}>{value}</code>
        <div className={css.actions}>
          <CopyButton value={value ?? ''} timeout={2000}>
            {({ copied, copy }) => <Button leftSection={copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />} onClick={copy}>{copied ? t('dev.copied') : t('dev.copy')}</Button>}
          </CopyButton>
          <Button variant="filled" onClick={onClose} data-testid="kept">{t('dev.kept')}</Button>
        </div>
      </div>
    </Modal>
  );
}
