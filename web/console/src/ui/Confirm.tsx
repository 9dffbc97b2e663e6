/* Confirm.tsx - asks before something that cannot be taken back; what is worst wants its name typed. */
import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import { t } from '../messages';
import css from './confirm.module.css';

interface Props {
  open: boolean;
  title: string;
  text: string;
  action: string;
  /** To be typed as it stands here before the button works. */
  typed?: string;
  busy?: boolean;
  onYes: () => void;
  onNo: () => void;
}

export function Confirm({ open, title, text, action, typed, busy, onYes, onNo }: Props) {
  const [value, setValue] = useState('');
  const ready = !typed || value.trim() === typed;
  return (
    <Modal opened={open} onClose={() => { setValue(''); onNo(); }} title={title} closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className={css.form} onSubmit={(event) => { event.preventDefault(); if (ready) onYes(); }}>
        <p className={css.text}>{text}</p>
        {typed && <TextInput label={t('confirm.type', { name: typed })} value={value} onChange={(event) => setValue(event.currentTarget.value)} autoComplete="off" data-autofocus />}
        <div className={css.actions}>
          <Button onClick={onNo}>{t('action.cancel')}</Button>
          <Button type="submit" variant="filled" color="red.8" loading={busy} disabled={!ready}>{action}</Button>
        </div>
      </form>
    </Modal>
  );
}
