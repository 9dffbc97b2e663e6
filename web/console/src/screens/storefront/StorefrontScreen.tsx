/* StorefrontScreen.tsx - what viewers meet first: what stands on their page, and how the house looks. */
import { Tabs } from '@mantine/core';
import { useNavigate, useParams } from 'react-router';
import { t } from '../../messages';
import { Page } from '../../ui/Page';
import { Arrange } from './Arrange';
import { Look } from './Look';

export function StorefrontScreen() {
  const { tab = 'page' } = useParams();
  const navigate = useNavigate();
  return (
    <Page title={t('nav.storefront')} wide>
      <Tabs value={tab === 'look' ? 'look' : 'page'} onChange={(to) => void navigate(to === 'look' ? '/storefront/look' : '/storefront')} keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="page">{t('front.page')}</Tabs.Tab>
          <Tabs.Tab value="look">{t('front.look')}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="page" pt="md"><Arrange /></Tabs.Panel>
        <Tabs.Panel value="look" pt="md"><Look /></Tabs.Panel>
      </Tabs>
    </Page>
  );
}
