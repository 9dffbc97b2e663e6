import { Button } from '@mantine/core';
import { SearchX } from 'lucide-react';
import { Link } from 'react-router';
import { t } from '../../messages';
import { State } from '../../ui/States';

export function NotFoundScreen() {
  return (
    <State alone icon={SearchX} title={t('state.no_page')} text={t('state.no_page_text')}>
      <Button component={Link} to="/">{t('app.home')}</Button>
    </State>
  );
}
