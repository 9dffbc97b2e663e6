/* DeliveryDetail.tsx - one delivery: what was sent, what each attempt was answered, and sending it again. */
import { Button } from '@mantine/core';
import { RotateCcw } from 'lucide-react';
import type { Webhook } from '@shared/api/client';
import { useDelivery, useDeliveryReplay } from '../../api/developers';
import { momentText, numberText } from '../../lib/format';
import { t } from '../../messages';
import { Failure, failureText, RowsSkeleton } from '../../ui/States';
import { say } from '../../ui/Toasts';
import { DeliveryTag, outcomeText } from './DeliveryTag';
import css from './developers.module.css';
import { Facts } from './Facts';

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

export function DeliveryDetail({ hook, id }: { hook: Webhook; id: string }) {
  const whole = useDelivery(hook.id, id);
  const again = useDeliveryReplay(hook.id);
  if (whole.isError) return <Failure error={whole.error} onRetry={() => void whole.refetch()} />;
  if (whole.isPending) return <RowsSkeleton rows={5} />;
  const { delivery, attempts, body } = whole.data;
  return (
    <>
      <Facts
        rows={[
          [t('dev.event'), <code>{delivery.type}</code>],
          [t('titles.state'), <DeliveryTag state={delivery.state} />],
          [t('dev.next'), delivery.next_at && momentText(delivery.next_at)],
          ['webhook-id', <code>{delivery.event_id}</code>],
        ]}
      />
      {again.error != null && <p role="alert" className={css.problem}>{failureText(again.error)}</p>}
      {delivery.state !== 'pending' && <Button leftSection={<RotateCcw size={16} aria-hidden />} loading={again.isPending} onClick={() => again.mutate(id, { onSuccess: () => say(t('dev.sent_again')) })} data-testid="again">{t('dev.again')}</Button>}
      <h3 className={css.small}>{t('dev.request')}</h3>
      <pre className={css.sent} tabIndex={0}>{pretty(body)}</pre>
      <h3 className={css.small}>{t('dev.answers')}</h3>
      {attempts.length === 0 && <p className={css.note}>{t('dev.not_tried')}</p>}
      <ol className={css.attempts}>
        {attempts.map((one) => (
          <li key={one.n} data-testid="attempt">
            <p className={css.attempt}><strong>{outcomeText(one)}</strong> <span>{t('dev.took', { ms: numberText(one.took_ms) })}</span> <time dateTime={one.at}>{momentText(one.at)}</time></p>
            {one.excerpt && <pre className={css.sent} tabIndex={0}>{one.excerpt}</pre>}
          </li>
        ))}
      </ol>
    </>
  );
}
