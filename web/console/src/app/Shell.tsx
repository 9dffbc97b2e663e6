/* Shell.tsx - rail, top bar on small screens, the palette, files dropped anywhere, and the screen in the middle. */
import { ActionIcon, Drawer, Menu, Tooltip, useMantineColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { Keyboard, Languages, LogOut, Menu as MenuIcon, Moon, Search, Sun, SunMoon, Tv, User } from 'lucide-react';
import { Suspense, useEffect, useState } from 'react';
import { NavLink, Outlet, useLocation } from 'react-router';
import { useRoles, useSession, useSignOut } from '../api/queries';
import { languageNow, languages, languageSet, t } from '../messages';
import { RowsSkeleton } from '../ui/States';
import { DropZone } from './DropZone';
import { Help } from './Help';
import { placesFor } from './nav';
import { Palette } from './Palette';
import css from './shell.module.css';
import { useGoKeys } from './useGoKeys';
import { UploadBadge } from './UploadBadge';

function Brand() {
  return (
    <NavLink to="/" className={css.brand} title={t('app.home')}>
      <svg viewBox="0 0 32 32" aria-hidden className={css.mark}>
        <rect width="32" height="32" rx="7" fill="#0b0c10" />
        <path d="M7 24V8l9 9 9-9v16h-4.2V17.6L16 22.4l-4.8-4.8V24z" fill="#f5b342" />
      </svg>
      <span>Matinee</span>
    </NavLink>
  );
}

function Places({ onGo }: { onGo?: () => void }) {
  const places = placesFor(useRoles());
  return (
    <nav aria-label={t('nav.label')} className={css.places}>
      {places.map(({ path, label, icon: Icon, group }, i) => (
        <NavLink key={path} to={path} end={path === '/'} onClick={onGo} className={css.place} data-first={i > 0 && places[i - 1]?.group !== group ? true : undefined}>
          <Icon className={css.placeIcon} aria-hidden strokeWidth={1.75} />
          <span>{t(label)}</span>
          {path === '/ingest' && <UploadBadge />}
        </NavLink>
      ))}
    </nav>
  );
}

const schemes = [['auto', 'scheme.auto', SunMoon], ['light', 'scheme.light', Sun], ['dark', 'scheme.dark', Moon]] as const;

function Person({ onHelp }: { onHelp: () => void }) {
  const { data: session } = useSession();
  const signOut = useSignOut();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="top-start" width={240}>
      <Menu.Target>
        <button type="button" className={css.person} data-testid="person">
          <User className={css.placeIcon} aria-hidden strokeWidth={1.75} />
          <span className={css.email}>{session?.account.email}</span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{t('scheme.label')}</Menu.Label>
        {schemes.map(([value, label, Icon]) => (
          <Menu.Item key={value} leftSection={<Icon size={16} aria-hidden />} aria-checked={colorScheme === value} role="menuitemradio" data-on={colorScheme === value || undefined} className={css.choice} onClick={() => setColorScheme(value)}>
            {t(label)}
          </Menu.Item>
        ))}
        <Menu.Label>{t('language.label')}</Menu.Label>
        {languages.map(({ tag, name }) => (
          <Menu.Item key={tag} lang={tag} leftSection={<Languages size={16} aria-hidden />} aria-checked={languageNow() === tag} role="menuitemradio" data-on={languageNow() === tag || undefined} className={css.choice} onClick={() => { languageSet(tag); location.reload(); }}>
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Keyboard size={16} aria-hidden />} onClick={onHelp}>{t('help.title')}</Menu.Item>
        <Menu.Item leftSection={<Tv size={16} aria-hidden />} component="a" href="/">{t('nav.viewer')}</Menu.Item>
        <Menu.Item leftSection={<LogOut size={16} aria-hidden />} onClick={() => signOut.mutate()} data-testid="sign-out">{t('action.sign_out')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

export function Shell() {
  const [palette, setPalette] = useState(false);
  const [drawer, setDrawer] = useState(false);
  const [help, setHelp] = useState(false);
  const { pathname } = useLocation();
  useHotkeys([['mod+K', () => setPalette(true)], ['?', () => setHelp(true)], ['shift+?', () => setHelp(true)]]);
  useGoKeys();
  useEffect(() => {
    setDrawer(false);
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <div className={css.shell}>
      <a href="#main" className={css.skip}>{t('nav.skip')}</a>
      <aside className={css.rail} aria-label={t('app.name')}>
        <Brand />
        <button type="button" className={css.find} onClick={() => setPalette(true)} data-testid="palette">
          <Search size={15} aria-hidden />
          <span>{t('palette.open')}</span>
          <kbd className={css.kbd}>{t('palette.keys')}</kbd>
        </button>
        <Places />
        <Person onHelp={() => setHelp(true)} />
      </aside>
      {/* No header: a dialog has one, and a page has one banner. */}
      <section className={css.bar} aria-label={t('app.name')}>
        <ActionIcon variant="subtle" color="gray" size={44} aria-label={t('nav.open')} onClick={() => setDrawer(true)}>
          <MenuIcon size={22} aria-hidden className={css.ink} />
        </ActionIcon>
        <Brand />
        <Tooltip label={t('palette.open')}>
          <ActionIcon variant="subtle" color="gray" size={44} aria-label={t('palette.open')} onClick={() => setPalette(true)}>
            <Search size={20} aria-hidden className={css.ink} />
          </ActionIcon>
        </Tooltip>
      </section>
      <Drawer opened={drawer} onClose={() => setDrawer(false)} size="17rem" title={t('nav.label')} closeButtonProps={{ 'aria-label': t('action.close') }}>
        <Places onGo={() => setDrawer(false)} />
        <Person onHelp={() => { setDrawer(false); setHelp(true); }} />
      </Drawer>
      <main id="main" className={css.main} tabIndex={-1}>
        <Suspense fallback={<RowsSkeleton />}>
          <Outlet />
        </Suspense>
      </main>
      <Palette open={palette} onClose={() => setPalette(false)} />
      <Help open={help} onClose={() => setHelp(false)} />
      <DropZone />
    </div>
  );
}
