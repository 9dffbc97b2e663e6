/* CrashScreen.tsx - the error boundary: a screen that broke while drawing. A chunk that a newer release removed is cured by reloading; one that is
 * not kept and cannot be had without a connection, by its return. */
import { TriangleAlert } from 'lucide-react';
import { useEffect, useRef } from 'react';
import { useRouteError } from 'react-router';
import { eventNote } from '../events/queue';
import { useOnline } from '../lib/hooks';
import { t } from '../messages';
import { Button, ButtonLink } from '../ui/Button';
import { FailedState, StateScreen } from '../ui/StateScreen';

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
  if (!online) return <FailedState error={error} />;
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
