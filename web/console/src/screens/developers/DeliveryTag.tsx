/* DeliveryTag.tsx - how far a delivery is, and what was answered. */
import type { WebhookAttempt, WebhookDelivery } from '@shared/api/client';
import { t, type PlainKey } from '../../messages';
import { Tag, type Tone } from '../../ui/Tag';
import { errorText } from './words';

const states: Record<WebhookDelivery['state'], [Tone, PlainKey]> = { pending: ['busy', 'dev.pending'], delivered: ['good', 'dev.delivered'], failed: ['bad', 'dev.given_up'] };
export const DeliveryTag = ({ state }: { state: WebhookDelivery['state'] }) => <Tag tone={states[state][0]}>{t(states[state][1])}</Tag>;

/** "HTTP 503", "HTTP 302 · Redirects are not followed", "No such host". */
export function outcomeText({ status, error }: Pick<WebhookAttempt, 'status' | 'error'>): string {
  const http = status === null ? '' : `HTTP ${status}`;
  const why = error === null || error === 'status' ? '' : errorText(error);
  return [http, why].filter(Boolean).join(' · ');
}
