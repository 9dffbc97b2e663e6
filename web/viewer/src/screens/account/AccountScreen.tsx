import { lazy, Suspense, useState } from 'react';
import { useExport, useSession, useSignOut } from '../../api/queries';
import { usePageTitle } from '../../lib/hooks';
import { useInstall } from '../../lib/install';
import { t } from '../../messages';
import { isTv, tvSet } from '../../lib/tv';
import { Button, ButtonLink } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { LanguageChoice } from '../../ui/LanguageChoice';
import { failureText } from '../sign-in/AuthPage';
import { Devices } from './Devices';
import { MembershipSection } from './MembershipSection';
import { Places, Security } from './Security';
import { DeleteDialog } from './DeleteDialog';
import css from './account.module.css';

const Ways = lazy(() => import('./Ways').then((module) => ({ default: module.Ways })));

function saveFile(name: string, content: unknown): void {
  const url = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

function Problem({ error }: { error: unknown }) {
  return error ? (
    <p role="alert" className={css.problem}>
      {failureText(error)}
    </p>
  ) : null;
}

function Install() {
  const install = useInstall();
  if (!install) return null;
  return (
    <div className={css.action}>
      <p>{t('app.install_detail')}</p>
      <Button onClick={install} data-testid="install">
        {t('app.install', { app: t('app.name') })}
      </Button>
    </div>
  );
}

function ScreenChoice() {
  const options = [
    { value: 'auto', label: t('account.screen_auto') },
    { value: 'tv', label: t('account.screen_tv') },
  ];
  return (
    <Choice
      label={t('account.screen')}
      value={isTv() ? 'tv' : 'auto'}
      options={options}
      testid="screen"
      onChoose={(value) => {
        tvSet(value === 'tv');
        location.reload();
      }}
    />
  );
}

export function AccountScreen() {
  usePageTitle(t('account.title'));
  const session = useSession().data;
  const signOut = useSignOut();
  const data = useExport();
  const [deleting, setDeleting] = useState(false);
  if (!session) return null; /* RequireSession is about to leave */
  return (
    <div className={css.page} data-testid="account">
      <h1>{t('account.title')}</h1>
      <section>
        <h2>{t('account.profile')}</h2>
        <dl>
          <div>
            <dt>{t('account.name')}</dt>
            <dd>{session.profile.name}</dd>
          </div>
        </dl>
        <div className={css.choices}>
          <ButtonLink to="/profiles" data-testid="profiles-link" data-first>
            {t('account.switch')}
          </ButtonLink>
        </div>
      </section>
      <MembershipSection />
      {!session.profile.kids && <Security session={session} />}
      {!session.profile.kids && (
        <Suspense fallback={null}>
          <Ways />
        </Suspense>
      )}
      {!session.profile.kids && <Places />}
      {!session.profile.kids && <Devices />}
      <section>
        <h2>{t('account.device')}</h2>
        <LanguageChoice />
        <ScreenChoice />
        <Install />
        <div className={css.action}>
          <p>{t('account.device_detail')}</p>
          <Button busy={signOut.isPending} onClick={() => signOut.mutate()} data-testid="sign-out">
            {t('action.sign_out')}
          </Button>
        </div>
        <Problem error={signOut.error} />
      </section>
      {!session.profile.kids && (
        <>
          <section>
            <h2>{t('account.data')}</h2>
            <div className={css.action}>
              <p>{t('account.data_detail')}</p>
              <Button busy={data.isPending} onClick={() => data.mutate(undefined, { onSuccess: (content) => saveFile('matinee-my-data.json', content) })} data-testid="export">
                {data.isPending ? t('account.exporting') : t('account.export')}
              </Button>
            </div>
            {data.isSuccess && <p role="status">{t('account.exported')}</p>}
            <Problem error={data.error} />
          </section>
          <section>
            <h2>{t('account.delete_title')}</h2>
            <div className={css.action}>
              <p>{t('account.delete_detail')}</p>
              <Button look="bad" onClick={() => setDeleting(true)} data-testid="delete">
                {t('account.delete')}
              </Button>
            </div>
          </section>
        </>
      )}
      {deleting && <DeleteDialog email={session.account.email} onClose={() => setDeleting(false)} />}
    </div>
  );
}
