/* IngestScreen.tsx - what is on its way in: films, and files that describe titles. The address says which list. */
import { Button, Tabs } from '@mantine/core';
import { Upload as UploadIcon } from 'lucide-react';
import type { ComponentType } from 'react';
import { useNavigate, useParams } from 'react-router';
import { filesAsk } from '../../app/take';
import { t, type PlainKey } from '../../messages';
import { Page } from '../../ui/Page';
import { Bulk } from './Bulk';
import { Imports } from './Imports';
import { Jobs } from './Jobs';

const tabs: [string, PlainKey, ComponentType][] = [
  ['films', 'ingest.films', Imports],
  ['bulk', 'bulkload.tab', Bulk],
  ['jobs', 'jobs.tab', Jobs],
];

export function IngestScreen() {
  const { tab = 'films' } = useParams();
  const navigate = useNavigate();
  const here = tabs.some(([name]) => name === tab) ? tab : 'films';
  return (
    <Page title={t('nav.ingest')} lead={t('ingest.lead')} actions={<Button variant="filled" leftSection={<UploadIcon size={16} aria-hidden />} onClick={() => void filesAsk().then((to) => to && navigate(to))}>{t('ingest.upload')}</Button>}>
      <Tabs value={here} onChange={(to) => void navigate(to === 'films' ? '/ingest' : `/ingest/${to ?? ''}`)} keepMounted={false}>
        <Tabs.List>
          {tabs.map(([name, label]) => <Tabs.Tab key={name} value={name}>{t(label)}</Tabs.Tab>)}
        </Tabs.List>
        {tabs.map(([name, , List]) => <Tabs.Panel key={name} value={name} pt="md"><List /></Tabs.Panel>)}
      </Tabs>
    </Page>
  );
}
