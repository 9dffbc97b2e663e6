import { useRef, useState, type FormEvent } from 'react';
import { KeyRound } from 'lucide-react';
import { Link, useLocation } from 'react-router';
import { ApiError } from '@shared/api/client';
import { useSignUp } from '../../api/queries';
import { usePasskeySignUp } from '../../api/ways';
import { passkeysWork } from '../../lib/passkey';
import { wayText } from '../../lib/wayText';
import { useSoldHere } from '../../api/shop';
import { safePath } from '../../lib/redirect';
import { languageNow, t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { AuthPage, FormProblem, failureText } from './AuthPage';
import { Or, Services } from './OtherWays';
import css from './auth.module.css';

type Errors = { email?: string; password?: string; name?: string };

/** The server's refusals, put beside the field they are about. */
function errorsOf(error: unknown): Errors {
  if (!(error instanceof ApiError)) return {};
  const errors: Errors = {};
  const words = languageNow() === 'en' ? undefined : t('sign_up.field_wrong'); /* the server's sentences are English */
  for (const { field, detail } of error.errors) if (field === 'email' || field === 'password' || field === 'name') errors[field] = words ?? detail;
  if (error.code === 'account.email_taken') errors.email = t('sign_up.taken');
  if (error.code === 'account.email_invalid') errors.email = t('sign_up.email_needed');
  if (error.code === 'account.password_weak' && (words || !errors.password)) errors.password = t('sign_up.weak');
  return errors;
}

export function SignUpScreen() {
  const signUp = useSignUp();
  const withPasskey = usePasskeySignUp();
  const form = useRef<HTMLFormElement>(null);
  const sold = useSoldHere();
  const { search } = useLocation();
  /* Where plans are sold whoever is new sees them first, with a way past them. */
  const toPlans = sold ? `/plans?${new URLSearchParams({ new: '1', to: safePath(new URLSearchParams(search).get('to')) })}` : undefined;
  const [after, setAfter] = useState<string>(); /* as it stood when the form was sent: signing in forgets what was loaded */
  const [missing, setMissing] = useState<Errors>({});
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? '');
    const email = form.elements.namedItem('email') as HTMLInputElement;
    const found: Errors = {
      email: email.validity.valid && text('email') ? undefined : t('sign_up.email_needed'),
      password: text('password') ? undefined : t('sign_up.password_needed'),
    };
    setMissing(found);
    if (found.email || found.password) return;
    setAfter(toPlans);
    signUp.mutate({ email: text('email').trim(), password: text('password'), name: text('name').trim() || undefined, lang: languageNow() });
  };
  const passkey = () => {
    const data = new FormData(form.current ?? undefined);
    const email = form.current?.elements.namedItem('email') as HTMLInputElement | null;
    const found: Errors = { email: email?.value && email.validity.valid ? undefined : t('sign_up.email_needed') };
    setMissing(found);
    signUp.reset();
    setAfter(toPlans);
    if (found.email) email?.focus();
    else withPasskey.mutate({ email: String(data.get('email')).trim(), name: String(data.get('name') ?? '').trim() || undefined, lang: languageNow() });
  };
  const errors = { ...errorsOf(signUp.error), ...(missing.email || missing.password ? missing : {}) };
  const elsewhere = signUp.isError && !errors.email && !errors.password && !errors.name;
  if (signUp.isSuccess && !signUp.data)
    return (
      <AuthPage title={t('sign_up.letter')} lead={t('sign_up.letter_lead')}>
        <p className={css.other}>
          <Link to={`/sign-in${search}`}>{t('action.sign_in')}</Link>
        </p>
      </AuthPage>
    );
  return (
    <AuthPage title={t('sign_up.title')} lead={t('sign_up.lead')} after={after}>
      <form ref={form} className={css.form} onSubmit={submit} noValidate>
        {elsewhere && <FormProblem>{failureText(signUp.error)}</FormProblem>}
        <Field label={t('sign_up.name')} note={t('sign_up.name_optional')} name="name" autoComplete="given-name" maxLength={60} error={errors.name} autoFocus />
        <Field label={t('sign_in.email')} name="email" type="email" autoComplete="username" inputMode="email" required maxLength={254} error={errors.email} />
        <Field label={t('sign_in.password')} name="password" type="password" autoComplete="new-password" required maxLength={1000} hint={t('sign_up.password_hint')} error={errors.password} />
        <Button type="submit" look="accent" size="l" busy={signUp.isPending} className={css.wide} data-testid="submit">
          {signUp.isPending ? t('sign_up.busy') : t('action.sign_up')}
        </Button>
      </form>
      <div className={css.ways}>
        <Or />
        {withPasskey.isError && <FormProblem>{wayText(withPasskey.error) || failureText(withPasskey.error)}</FormProblem>}
        {passkeysWork() && (
          <Button size="l" icon={<KeyRound />} className={css.wide} busy={withPasskey.isPending} onClick={passkey} data-testid="passkey">
            {t('ways.passkey_instead')}
          </Button>
        )}
        <Services />
      </div>
      <p className={css.other}>
        {t('sign_up.have_account')} <Link to={`/sign-in${search}`}>{t('action.sign_in')}</Link>
      </p>
    </AuthPage>
  );
}
