/* Ways.tsx - ways to sign in besides the password: passkeys, and services that the account is connected to. Whoever signed in a while ago
 * is asked for the password before there is a new one. */
import { useState, type ReactNode } from 'react';
import { useAddPasskey, useLeaveFor, useLinks, usePasskeys, useProviders, useRemovePasskey, useRenamePasskey, useUnlink } from '../../api/ways';
import { passkeysWork } from '../../lib/passkey';
import { codeOf, wayText } from '../../lib/wayText';
import { localeNow, t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { failureText } from '../sign-in/AuthPage';
import { FormDialog } from './FormDialog';
import css from './account.module.css';

const day = (time: string) => new Intl.DateTimeFormat(localeNow(), { dateStyle: 'medium' }).format(new Date(time));
const used = (at: string | null, made: string) => (at ? t('ways.used', { time: day(at) }) : t('ways.added', { time: day(made) }));
const said = (error: unknown) => (error ? wayText(error) || failureText(error) : undefined);

function Problem({ error }: { error: unknown }) {
  return error ? (
    <p role="alert" className={css.problem}>
      {said(error)}
    </p>
  ) : null;
}

function Item({ title, detail, children }: { title: string; detail: string; children: ReactNode }) {
  return (
    <div className={css.action} data-testid="way">
      <p>
        <bdi>{title}</bdi>
        <br />
        {detail}
      </p>
      <div className={css.choices}>{children}</div>
    </div>
  );
}

type Asked = { what: 'add' } | { what: 'rename'; id: string; name: string } | { what: 'remove'; id: string; name: string } | { what: 'link'; provider: number; label: string } | { what: 'unlink'; id: string; label: string };

/** Asked without a password first; only a refusal for want of one brings the field. */
function PasswordField({ error }: { error: unknown }) {
  const wanted = ['session.not_fresh', 'session.wrong_credentials'].includes(codeOf(error));
  return wanted ? <Field label={t('account.delete_password')} name="password" type="password" autoComplete="current-password" required error={said(error)} autoFocus /> : <Problem error={error} />;
}

function Dialog({ asked, onClose }: { asked: Asked; onClose: () => void }) {
  const add = useAddPasskey();
  const rename = useRenamePasskey();
  const remove = useRemovePasskey();
  const leave = useLeaveFor();
  const unlink = useUnlink();
  const done = { onSuccess: onClose };
  const common = { onClose };
  const password = (data: FormData) => String(data.get('password') ?? '') || undefined;
  if (asked.what === 'add')
    return (
      <FormDialog {...common} title={t('ways.add')} detail={t('ways.add_detail')} busy={add.isPending} save={t('ways.go_on')} onSubmit={(data) => add.mutate({ name: String(data.get('name')).trim() || t('ways.name_usual'), password: password(data) }, { onSuccess: (made) => made && onClose() })}>
        <Field label={t('ways.name')} name="name" defaultValue={t('ways.name_usual')} maxLength={60} hint={t('ways.name_hint')} required />
        <PasswordField error={add.error} />
      </FormDialog>
    );
  if (asked.what === 'rename')
    return (
      <FormDialog {...common} title={t('ways.rename')} detail={t('ways.name_hint')} busy={rename.isPending} save={t('profiles.save')} onSubmit={(data) => rename.mutate({ id: asked.id, name: String(data.get('name')).trim() }, done)}>
        <Field label={t('ways.name')} name="name" defaultValue={asked.name} maxLength={60} required autoFocus error={said(rename.error)} />
      </FormDialog>
    );
  if (asked.what === 'remove')
    return (
      <FormDialog {...common} title={t('ways.remove_ask', { name: asked.name })} detail={t('ways.remove_detail')} busy={remove.isPending} save={t('ways.remove')} onSubmit={() => remove.mutate(asked.id, done)}>
        <Problem error={remove.error} />
      </FormDialog>
    );
  if (asked.what === 'unlink')
    return (
      <FormDialog {...common} title={t('ways.unlink_ask', { label: asked.label })} detail={t('ways.unlink_detail')} busy={unlink.isPending} save={t('ways.unlink')} onSubmit={() => unlink.mutate(asked.id, done)}>
        <Problem error={unlink.error} />
      </FormDialog>
    );
  return (
    <FormDialog {...common} title={t('ways.link', { label: asked.label })} detail={t('ways.link_detail')} busy={leave.isPending} save={t('ways.go_on')} onSubmit={(data) => leave.mutate({ provider: asked.provider, link: true, password: password(data) })}>
      <PasswordField error={leave.error} />
    </FormDialog>
  );
}

export function Ways() {
  const passkeys = usePasskeys();
  const links = useLinks();
  const providers = useProviders();
  const [asked, setAsked] = useState<Asked>();
  const connected = links.data?.links ?? [];
  const free = (providers.data?.providers ?? []).filter(({ label }) => !connected.some((link) => link.label === label));
  return (
    <section data-testid="ways">
      <h2>{t('ways.title')}</h2>
      <Problem error={passkeys.error ?? links.error} />
      {(passkeys.data?.passkeys ?? []).map((p) => (
        <Item key={p.id} title={p.name} detail={p.suspect ? t('ways.suspect') : used(p.last_used_at, p.created_at)}>
          <Button onClick={() => setAsked({ what: 'rename', id: p.id, name: p.name })}>{t('ways.rename')}</Button>
          <Button onClick={() => setAsked({ what: 'remove', id: p.id, name: p.name })}>{t('ways.remove')}</Button>
        </Item>
      ))}
      <div className={css.action}>
        <p>{passkeysWork() ? t('ways.passkey_detail') : t('ways.passkey_none')}</p>
        {passkeysWork() && (
          <Button onClick={() => setAsked({ what: 'add' })} data-testid="passkey-add">
            {t('ways.add')}
          </Button>
        )}
      </div>
      {connected.map((link) => (
        <Item key={link.id} title={link.email ? `${link.label} · ${link.email}` : link.label} detail={used(link.last_used_at, link.created_at)}>
          <Button onClick={() => setAsked({ what: 'unlink', id: link.id, label: link.label })}>{t('ways.unlink')}</Button>
        </Item>
      ))}
      {free.map(({ number, label }) => (
        <div key={number} className={css.action}>
          <p>{t('ways.link_detail')}</p>
          <Button onClick={() => setAsked({ what: 'link', provider: number, label })} data-testid={`link-${number}`}>
            {t('ways.link', { label })}
          </Button>
        </div>
      ))}
      {asked && <Dialog asked={asked} onClose={() => setAsked(undefined)} />}
    </section>
  );
}
