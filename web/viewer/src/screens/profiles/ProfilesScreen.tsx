/* ProfilesScreen.tsx - who is watching? One press, a PIN where there is one; out of a kids profile, a PIN or the password. */
import { Baby, Lock, Pencil, Plus } from 'lucide-react';
import { useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { ApiError, type Profile, type ProfileChoice } from '@shared/api/client';
import { useChooseProfile, useProfiles } from '../../api/account';
import { useSession } from '../../api/queries';
import { usePageTitle } from '../../lib/hooks';
import { safePath } from '../../lib/redirect';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Loading } from '../../ui/Skeleton';
import { FailedState } from '../../ui/StateScreen';
import { failureText } from '../sign-in/AuthPage';
import { avatarStyle } from './avatars';
import { AskDialog, type Asks } from './AskDialog';
import { ProfileEditor } from './ProfileEditor';
import css from './profiles.module.css';

const PROFILES_MAX = 6;
/** What the server wants to see first. */
const asked: Record<string, Asks> = { 'profile.pin_wanted': 'pin', 'profile.password_wanted': 'password', 'profile.passkey_wanted': 'passkey', 'profile.sign_in_wanted': 'sign_in' };

export function ProfilesScreen() {
  usePageTitle(t('profiles.title'));
  const session = useSession().data;
  const list = useProfiles();
  const choose = useChooseProfile();
  const navigate = useNavigate();
  const after = safePath(useSearchParams()[0].get('to'));
  const [managing, setManaging] = useState(false);
  const [editing, setEditing] = useState<Profile | 'new'>();
  const [asking, setAsking] = useState<{ profile: Profile; what: Asks }>();
  if (list.isPending) return <Loading label={t('state.loading')} />;
  if (list.isError) return <FailedState error={list.error} retry={() => void list.refetch()} />;
  if (!session) return null;
  const { kids, id: current } = session.profile;
  const go = (profile: Profile, proof: Omit<ProfileChoice, 'profile'> = {}) =>
    choose.mutate(
      { profile: profile.id, ...proof },
      {
        onSuccess: () => void navigate(after, { replace: true }),
        onError: (error) => {
          if (!(error instanceof ApiError)) return;
          const what = asked[error.code];
          if (what) setAsking({ profile, what });
        },
      },
    );
  const press = (profile: Profile) => {
    if (managing) setEditing(profile);
    else if (profile.id === current) void navigate(after);
    else if (profile.has_pin) setAsking({ profile, what: 'pin' });
    else go(profile);
  };
  const { profiles } = list.data;
  return (
    <div className={css.page} data-testid="profiles">
      <h1>{managing ? t('profiles.manage') : t('profiles.title')}</h1>
      <ul className={css.grid}>
        {profiles.map((profile) => (
          <li key={profile.id}>
            <button type="button" className={css.profile} onClick={() => press(profile)} aria-current={profile.id === current || undefined} data-first={profile.id === current || undefined} disabled={choose.isPending}>
              <span className={css.avatar} style={avatarStyle(profile.avatar)} aria-hidden>
                {managing ? <Pencil /> : profile.kids ? <Baby /> : profile.name.trim().charAt(0).toLocaleUpperCase()}
              </span>
              <span className={css.name}>
                {profile.has_pin && <Lock aria-label={t('profiles.locked')} />}
                {profile.name}
              </span>
            </button>
          </li>
        ))}
        {!kids && profiles.length < PROFILES_MAX && (
          <li>
            <button type="button" className={css.profile} onClick={() => setEditing('new')} data-testid="add-profile">
              <span className={`${css.avatar} ${css.add}`} aria-hidden>
                <Plus />
              </span>
              <span className={css.name}>{t('profiles.add')}</span>
            </button>
          </li>
        )}
      </ul>
      {choose.isError && !asking && (
        <p role="alert" className={css.problem}>
          {failureText(choose.error)}
        </p>
      )}
      {!kids && (
        <Button onClick={() => setManaging(!managing)} data-testid="manage-profiles">
          {managing ? t('profiles.done') : t('profiles.manage')}
        </Button>
      )}
      {asking && (
        <AskDialog
          key={asking.profile.id}
          what={asking.what}
          name={asking.profile.name}
          busy={choose.isPending}
          error={choose.error}
          onAnswer={(proof) => go(asking.profile, proof)}
          onClose={() => {
            setAsking(undefined);
            choose.reset();
          }}
        />
      )}
      {editing && <ProfileEditor profile={editing === 'new' ? undefined : editing} current={current} last={profiles.length === 1} taken={profiles.map((one) => one.avatar)} onClose={() => setEditing(undefined)} />}
    </div>
  );
}
