/* FactorScreen.tsx - staff without its second factor: asked for a code, or helped to set one up with an authenticator app. */
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMemo, type FormEvent } from 'react';
import { renderSVG } from 'uqr';
import { useFactor, useFactorBegin, useFactorConfirm, useSecondStep, useSignOut } from '../../api/queries';
import { t } from '../../messages';
import { Failure, failureText } from '../../ui/States';
import { Gate, Problem } from './Gate';
import css from './sign-in.module.css';

const field = (event: FormEvent<HTMLFormElement>, name: string): string => {
  event.preventDefault();
  return String(new FormData(event.currentTarget).get(name)).trim();
};

function Code({ label, busy, error, onCode }: { label: string; busy: boolean; error: unknown; onCode: (code: string) => void }) {
  return (
    <form className={css.form} onSubmit={(event) => onCode(field(event, 'code'))}>
      {error !== null && <Problem>{failureText(error)}</Problem>}
      <TextInput size="md" label={t('factor.code')} name="code" autoComplete="one-time-code" required maxLength={40} autoFocus />
      <Button size="md" type="submit" variant="filled" loading={busy} data-testid="submit">{label}</Button>
    </form>
  );
}

function Enrol({ onDone }: { onDone: () => void }) {
  const begin = useFactorBegin();
  const confirm = useFactorConfirm();
  const qr = useMemo(() => (begin.data ? `data:image/svg+xml,${encodeURIComponent(renderSVG(begin.data.uri, { border: 2 }))}` : ''), [begin.data]);
  if (confirm.data)
    return (
      <>
        <p className={css.lead}>{t('factor.recovery_text')}</p>
        <ul className={css.codes} data-testid="recovery">{confirm.data.recovery_codes.map((code) => <li key={code}>{code}</li>)}</ul>
        <Button size="md" variant="filled" fullWidth onClick={onDone} data-testid="kept">{t('factor.kept')}</Button>
      </>
    );
  if (begin.data)
    return (
      <>
        <img className={css.qr} src={qr} alt={t('factor.qr')} width={200} height={200} />
        <p className={css.secret} data-testid="secret">{begin.data.secret}</p>
        <Code label={t('action.go_on')} busy={confirm.isPending} error={confirm.error} onCode={(code) => confirm.mutate(code)} />
      </>
    );
  return (
    <form className={css.form} onSubmit={(event) => begin.mutate(field(event, 'password'))}>
      {begin.isError && <Problem>{failureText(begin.error)}</Problem>}
      <PasswordInput size="md" label={t('sign_in.password')} name="password" autoComplete="current-password" required visibilityToggleButtonProps={{ 'aria-label': t('sign_in.show') }} />
      <Button size="md" type="submit" variant="filled" loading={begin.isPending} data-testid="submit">{t('factor.begin')}</Button>
    </form>
  );
}

export function FactorScreen({ onDone }: { onDone: () => void }) {
  const factor = useFactor();
  const step = useSecondStep();
  const signOut = useSignOut();
  if (factor.isError) return <Failure error={factor.error} onRetry={() => void factor.refetch()} />;
  if (factor.isPending) return null;
  const has = factor.data.enrolled;
  return (
    <Gate title={has ? t('factor.title') : t('factor.enrol')} lead={has ? t('factor.lead') : t('factor.enrol_text')}>
      {has ? <Code label={t('action.go_on')} busy={step.isPending} error={step.error} onCode={(code) => step.mutate(code, { onSuccess: onDone })} /> : <Enrol onDone={onDone} />}
      <Button size="md" fullWidth className={css.other} onClick={() => signOut.mutate()}>{t('action.sign_out')}</Button>
    </Gate>
  );
}
