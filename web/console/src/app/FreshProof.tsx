/* FreshProof.tsx - asks for the second factor in the middle of something that wants it. */
import { Button, Modal, TextInput } from '@mantine/core';
import { useSyncExternalStore, type FormEvent } from 'react';
import { ApiError } from '@shared/api/client';
import { useProof } from '../api/queries';
import { freshAnswer, freshSubscribe, freshWanted } from '../lib/fresh';
import { t } from '../messages';
import { failureText } from '../ui/States';
import css from './fresh.module.css';

export function FreshProof() {
  const open = useSyncExternalStore(freshSubscribe, freshWanted);
  const proof = useProof();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    proof.mutate(String(new FormData(event.currentTarget).get('code')).trim(), { onSuccess: () => freshAnswer(true) });
  };
  const wrong = proof.error instanceof ApiError && proof.error.code === 'factor.wrong_code';
  return (
    <Modal opened={open} onClose={() => freshAnswer(false)} title={t('fresh.title')} size="sm" closeButtonProps={{ 'aria-label': t('action.close') }}>
      <form className={css.form} onSubmit={submit}>
        <p className={css.text}>{t('fresh.text')}</p>
        <TextInput label={t('factor.code')} name="code" autoComplete="one-time-code" inputMode="numeric" required maxLength={40} data-autofocus error={proof.isError ? (wrong ? t('factor.wrong') : failureText(proof.error)) : undefined} />
        <Button type="submit" variant="filled" loading={proof.isPending}>{t('action.go_on')}</Button>
      </form>
    </Modal>
  );
}
