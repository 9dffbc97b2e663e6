/* CrashScreen.tsx - when a screen breaks, or its file is gone because a newer release is out: say so, offer to load again. */
import { Button } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { useRouteError } from 'react-router';
import { t } from '../messages';
import { State } from '../ui/States';

export function CrashScreen() {
  const error = useRouteError();
  const outdated = error instanceof Error && /dynamically imported module|Importing a module|preload CSS/i.test(error.message);
  return (
    <State icon={TriangleAlert} title={outdated ? t('crash.outdated') : t('crash.title')} text={outdated ? t('crash.outdated_text') : t('crash.text')}>
      <Button onClick={() => location.reload()}>{t('action.reload')}</Button>
    </State>
  );
}
