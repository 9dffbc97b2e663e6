/* CrashScreen.tsx - the error boundary: a screen that broke while drawing. A chunk that a newer release removed, or that a
 * poor connection did not bring, is cured by reloading; without a connection, by its return. */
import { CloudOff, TriangleAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useRouteError } from 'react-router';
import { eventNote } from '../events/queue';
import { useOnline } from '../lib/hooks';
import { t } from '../messages';
import { Button, ButtonLink } from '../ui/Button';
import { FailedState, StateScreen } from '../ui/StateScreen';

/* As Chromium, Firefox, Safari and Vite say it. */
const missingFile = /dynamically imported module|importing a module script|preload CSS/i;
const AGAIN_MS = 4000;

export function CrashScreen() {
  const error = useRouteError();
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const online = useOnline();
  const wasOffline = useRef(!online);
  useEffect(() => eventNote({ name: 'app.crashed', data: { message: message.slice(0, 300) } }), [message]);
  useEffect(() => {
    if (online && wasOffline.current) location.reload();
    wasOffline.current = !online;
  }, [online]);
  const missing = missingFile.test(message);
  useEffect(() => {
    if (!missing || !online) return;
    const again = setTimeout(() => location.reload(), AGAIN_MS);
    return () => clearTimeout(again);
  }, [missing, online]);
  if (!online) return <FailedState error={error} />;
  if (missing) return <StateScreen icon={CloudOff} title={t('state.network', { app: t('app.name') })} detail={t('state.network_detail')} />;
  return (
    <StateScreen icon={TriangleAlert} title={t('state.crash')} detail={t('state.crash_detail')} code={message.slice(0, 120)}>
      <Button look="accent" onClick={() => location.reload()}>
        {t('state.reload')}
      </Button>
      <ButtonLink to="/" reloadDocument>
        {t('action.home')}
      </ButtonLink>
    </StateScreen>
  );
}
