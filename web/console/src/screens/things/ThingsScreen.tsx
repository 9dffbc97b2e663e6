/* ThingsScreen.tsx - people, genres, studios, collections and own fields: found, put into their order, opened. The address holds what is looked for. */
import { Button, CloseButton, Tabs, TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { Plus, Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { thingKinds } from '../../api/things';
import { t } from '../../messages';
import { Page } from '../../ui/Page';
import { ThingList } from './ThingList';
import css from './things.module.css';
import { pathOf } from './words';

export function ThingsScreen() {
  const { kind: word } = useParams();
  const kind = thingKinds.find((one) => one === word) ?? 'people';
  const [query, setQuery] = useSearchParams();
  const q = query.get('q') ?? '';
  const navigate = useNavigate();
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(q);
  const look = (text: string) => setQuery(text ? { q: text } : {}, { replace: true });
  const later = useDebouncedCallback(look, 250);
  useEffect(() => setTyped((now) => (now.trim() === q ? now : q)), [q]);
  useHotkeys([['/', () => field.current?.focus()], ['n', () => void navigate(pathOf(kind, 'new'))]]);
  const clear = () => { setTyped(''); look(''); field.current?.focus(); };
  return (
    <Page title={t('nav.things')} actions={<Button component={Link} to={pathOf(kind, 'new')} variant="filled" leftSection={<Plus size={16} aria-hidden />} data-testid="thing-new">{t(`things.new_${kind}`)}</Button>}>
      <Tabs value={kind} onChange={(to) => void navigate(`/catalogue/${to ?? ''}`)} keepMounted={false}>
        <Tabs.List>
          {thingKinds.map((one) => <Tabs.Tab key={one} value={one} data-testid={`tab-${one}`}>{t(`things.${one}`)}</Tabs.Tab>)}
        </Tabs.List>
        <Tabs.Panel value={kind} pt="md">
          <p className={css.lead}>{t(`things.lead_${kind}`)}</p>
          <TextInput
            ref={field} className={css.search} value={typed} aria-label={t('things.search')} placeholder={t('things.search')} leftSection={<Search size={15} aria-hidden />} data-testid="search"
            onChange={(event) => { setTyped(event.currentTarget.value); later(event.currentTarget.value.trim()); }}
            rightSection={typed ? <CloseButton size="sm" aria-label={t('filter.clear')} onClick={clear} /> : null}
          />
          <ThingList key={kind} kind={kind} q={q} onClear={clear} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
