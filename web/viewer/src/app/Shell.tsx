/* Shell.tsx - the frame of every screen but the player: a bar above, tabs below on a phone, the offline strip. */
import { Bookmark, CircleUserRound, Clapperboard, House, Search } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Link, NavLink, Outlet } from 'react-router';
import { useSession } from '../api/queries';
import { useGateway } from '../api/shop';
import { useOnline } from '../lib/hooks';
import { t, type PlainKey } from '../messages';
import { avatarStyle } from '../screens/profiles/avatars';
import { Brand } from '../ui/Brand';
import css from './shell.module.css';

const tabs = [
  { to: '/', key: 'nav.home', icon: House },
  { to: '/browse', key: 'nav.browse', icon: Clapperboard },
  { to: '/my-list', key: 'my_list.title', icon: Bookmark },
  { to: '/search', key: 'nav.search', icon: Search },
  { to: '/account', key: 'nav.me', icon: CircleUserRound },
] as const satisfies readonly { to: string; key: PlainKey; icon: unknown }[];

function useScrolled(): boolean {
  const [scrolled, setScrolled] = useState(false);
  useEffect(() => {
    const look = () => setScrolled(scrollY > 24);
    look();
    addEventListener('scroll', look, { passive: true });
    return () => removeEventListener('scroll', look);
  }, []);
  return scrolled;
}

function Initial() {
  const session = useSession().data;
  return (
    <span className={css.initial} style={session ? avatarStyle(session.profile.avatar) : undefined} aria-hidden>
      {(session?.profile.name || session?.account.email || '?').trim().charAt(0).toLocaleUpperCase()}
    </span>
  );
}

export function Shell() {
  const online = useOnline();
  useGateway(); /* whether anything is sold here: known before a title asks, so that its Play stands there at once */
  return (
    <div className={css.shell}>
      <a className={css.skip} href="#content" data-skip>
        {t('app.skip')}
      </a>
      <header className={css.bar} data-solid={useScrolled() || undefined}>
        <Link to="/" className={css.brand} viewTransition>
          <Brand />
        </Link>
        <nav aria-label={t('nav.label')} className={css.links}>
          {tabs.slice(0, 4).map(({ to, key, icon: Icon }) => (
            <NavLink key={to} to={to} end viewTransition>
              {to === '/search' && <Icon aria-hidden />}
              {t(key)}
            </NavLink>
          ))}
        </nav>
        <NavLink to="/account" className={css.me} aria-label={t('nav.account')} viewTransition data-testid="account-link">
          <Initial />
        </NavLink>
      </header>
      {!online && (
        <p className={css.offline} role="status">
          {t('state.offline_banner')}
        </p>
      )}
      <main id="content" tabIndex={-1} className={css.content}>
        <Outlet />
      </main>
      <nav aria-label={t('nav.label')} className={css.tabs}>
        {tabs.map(({ to, key, icon: Icon }) => (
          <NavLink key={to} to={to} end viewTransition>
            <Icon aria-hidden />
            {t(key)}
          </NavLink>
        ))}
      </nav>
    </div>
  );
}
