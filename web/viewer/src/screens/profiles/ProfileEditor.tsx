/* ProfileEditor.tsx - one profile: name, colour, for whom, PIN. What lifts a limit asks for the account's password. */
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { ApiError, type Profile } from '@shared/api/client';
import { useDeleteProfile, useSaveProfile } from '../../api/account';
import { useHasPassword } from '../../api/ways';
import { languageNow, t } from '../../messages';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import { ProofInstead, wantsProof } from '../account/ProofInstead';
import dialog from '../account/account.module.css';
import { avatarNames, avatarStyle } from './avatars';
import css from './profiles.module.css';

type Props = { profile?: Profile; current: string; last: boolean; taken: Profile['avatar'][]; onClose: () => void };
const ages = [0, 6, 12, 16, 18];

function problemOf(error: unknown): string | undefined {
  if (!error) return undefined;
  const code = error instanceof ApiError ? error.code : '';
  if (code === 'session.wrong_credentials') return t('account.delete_wrong');
  if (code === 'profile.in_use') return t('profiles.in_use');
  return failureText(error);
}

export function ProfileEditor({ profile, current, last, taken, onClose }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const save = useSaveProfile();
  const remove = useDeleteProfile();
  const [avatar, setAvatar] = useState(profile?.avatar ?? avatarNames.find((name) => !taken.includes(name)) ?? 'sky') /* people are told apart by it */;
  const [kids, setKids] = useState(profile?.kids ?? false);
  const [maturity, setMaturity] = useState(profile?.maturity ?? 18);
  const [locked, setLocked] = useState(profile?.has_pin ?? false);
  const [changing, setChanging] = useState(false); /* a new PIN for one that has one */
  const [sure, setSure] = useState(false);
  const hasPassword = useHasPassword();
  useEffect(() => ref.current?.showModal(), []);
  const close = () => ref.current?.close();
  const wantsPin = locked && (!profile?.has_pin || changing);
  const dropsPin = !locked && (profile?.has_pin ?? false);
  const lifts = profile !== undefined && (maturity > profile.maturity || (profile.kids && !kids));
  const asksPassword = wantsPin || dropsPin || lifts;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string) => String(data.get(name) ?? '');
    save.mutate(
      {
        id: profile?.id,
        body: { name: text('name').trim(), avatar, kids, maturity: kids ? Math.min(maturity, 12) : maturity, autoplay_next: data.has('autoplay'), ...(profile ? {} : { lang: languageNow() }) },
        ...(wantsPin ? { pin: text('pin') } : dropsPin ? { pin: null } : {}),
        ...(asksPassword && hasPassword ? { password: text('password') } : {}),
      },
      { onSuccess: close },
    );
  };
  const problem = wantsProof(save.error) ? undefined : problemOf(save.error ?? remove.error);
  return (
    <dialog ref={ref} className={dialog.dialog} onClose={onClose} aria-labelledby="profile-title" data-testid="profile-editor">
      <form onSubmit={submit}>
        <h2 id="profile-title">{profile ? t('profiles.edit') : t('profiles.add')}</h2>
        <Field label={t('account.name')} name="name" required maxLength={30} defaultValue={profile?.name} autoFocus />
        <fieldset className={css.colours}>
          <legend>{t('profiles.colour')}</legend>
          {avatarNames.map((name, i) => (
            <label key={name} style={avatarStyle(name)}>
              <input type="radio" name="avatar" checked={avatar === name} onChange={() => setAvatar(name)} aria-label={t('profiles.colour_n', { n: i + 1 })} />
            </label>
          ))}
        </fieldset>
        <label className={css.check}>
          <input type="checkbox" checked={kids} onChange={(event) => setKids(event.target.checked)} data-testid="kids" />
          <span>
            {t('profiles.kids')}
            <small>{t('profiles.kids_detail')}</small>
          </span>
        </label>
        <Choice
          label={t('profiles.age')}
          value={String(kids ? Math.min(maturity, 12) : maturity)}
          options={ages.filter((age) => !kids || age <= 12).map((age) => ({ value: String(age), label: age === 18 ? t('profiles.age_all') : t('profiles.age_up_to', { age }) }))}
          onChoose={(value) => setMaturity(Number(value))}
          testid="age"
        />
        <label className={css.check}>
          <input type="checkbox" name="autoplay" defaultChecked={profile?.autoplay_next ?? true} />
          <span>{t('profiles.autoplay')}</span>
        </label>
        <label className={css.check}>
          <input type="checkbox" checked={locked} onChange={(event) => setLocked(event.target.checked)} data-testid="pin-on" />
          <span>
            {t('profiles.pin_on')}
            <small>{t('profiles.pin_detail')}</small>
          </span>
        </label>
        {locked && profile?.has_pin && !changing && <Button onClick={() => setChanging(true)}>{t('profiles.pin_change')}</Button>}
        {wantsPin && <Field label={t('profiles.pin')} name="pin" type="password" inputMode="numeric" pattern="[0-9]{4}" maxLength={4} autoComplete="off" required hint={t('profiles.pin_hint')} />}
        {asksPassword && hasPassword && <Field label={t('account.delete_password')} name="password" type="password" autoComplete="current-password" required />}
        <ProofInstead error={save.error} />
        {problem && (
          <p role="alert" className={dialog.problem}>
            {problem}
          </p>
        )}
        <div className={dialog.choices}>
          {profile && !last && profile.id !== current && (
            <Button look="bad" busy={remove.isPending} onClick={() => (sure ? remove.mutate(profile.id, { onSuccess: close }) : setSure(true))} data-testid="delete-profile">
              {sure ? t('profiles.delete_sure') : t('profiles.delete')}
            </Button>
          )}
          <Button onClick={close}>{t('action.cancel')}</Button>
          <Button type="submit" look="accent" busy={save.isPending} data-testid="save-profile">
            {t('profiles.save')}
          </Button>
        </div>
      </form>
    </dialog>
  );
}
