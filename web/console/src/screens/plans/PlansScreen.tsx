/* PlansScreen.tsx - what is sold, in five lists; the address says which. */
import { Tabs } from '@mantine/core';
import type { ComponentType } from 'react';
import { useNavigate, useParams } from 'react-router';
import { t, type PlainKey } from '../../messages';
import { Page } from '../../ui/Page';
import { Coupons } from './Coupons';
import { Gifts } from './Gifts';
import { Offers } from './Offers';
import { Plans } from './Plans';
import { Taxes } from './Taxes';

const tabs: [string, PlainKey, ComponentType][] = [
  ['plans', 'plans.plans', Plans],
  ['offers', 'plans.offers', Offers],
  ['coupons', 'plans.coupons', Coupons],
  ['gift-codes', 'plans.gifts', Gifts],
  ['taxes', 'plans.taxes', Taxes],
];

export function PlansScreen() {
  const { tab = 'plans' } = useParams();
  const navigate = useNavigate();
  const here = tabs.some(([name]) => name === tab) ? tab : 'plans';
  return (
    <Page title={t('nav.plans')} wide>
      <Tabs value={here} onChange={(to) => void navigate(`/plans/${to ?? 'plans'}`)} keepMounted={false}>
        <Tabs.List>
          {tabs.map(([name, label]) => <Tabs.Tab key={name} value={name}>{t(label)}</Tabs.Tab>)}
        </Tabs.List>
        {tabs.map(([name, , Screen]) => <Tabs.Panel key={name} value={name} pt="md"><Screen /></Tabs.Panel>)}
      </Tabs>
    </Page>
  );
}
