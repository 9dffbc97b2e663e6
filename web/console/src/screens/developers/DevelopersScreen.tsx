/* DevelopersScreen.tsx - what programs of others get: keys to ask by, and webhooks to be told by. */
import { Tabs } from '@mantine/core';
import { BookOpen } from 'lucide-react';
import type { ComponentType } from 'react';
import { useNavigate, useParams } from 'react-router';
import { t, type PlainKey } from '../../messages';
import { Page } from '../../ui/Page';
import css from './developers.module.css';
import { Keys } from './Keys';
import { Webhooks } from './Webhooks';

const tabs: [string, PlainKey, ComponentType][] = [
  ['keys', 'dev.keys', Keys],
  ['webhooks', 'dev.webhooks', Webhooks],
];

export function DevelopersScreen() {
  const { tab = 'keys' } = useParams();
  const navigate = useNavigate();
  const here = tabs.some(([name]) => name === tab) ? tab : 'keys';
  const docs = <a className={css.docs} href="/docs" target="_blank" rel="noreferrer"><BookOpen size={16} aria-hidden /> {t('dev.docs')}</a>;
  return (
    <Page title={t('nav.developers')} lead={t('dev.lead')} actions={docs} wide>
      <Tabs value={here} onChange={(to) => void navigate(`/developers/${to ?? 'keys'}`)} keepMounted={false}>
        <Tabs.List>
          {tabs.map(([name, label]) => <Tabs.Tab key={name} value={name}>{t(label)}</Tabs.Tab>)}
        </Tabs.List>
        {tabs.map(([name, , Screen]) => <Tabs.Panel key={name} value={name} pt="md"><Screen /></Tabs.Panel>)}
      </Tabs>
    </Page>
  );
}
