/* planState.ts - where a subscription stands. */
import type { Subscription } from '@shared/api/client';
import { t } from '../messages';
import { dayText } from './money';

/** Where the subscription stands, in one sentence. */
export function stateText(sub: Subscription): string {
  const end = sub.period_end_at ? dayText(sub.period_end_at) : '';
  switch (sub.state) {
    case 'trialing':
      return t('shop.state_trial', { day: end });
    case 'active':
      return t('shop.state_active', { day: end });
    case 'past_due':
      return sub.entitled && sub.grace_until_at ? t('shop.state_due_grace', { day: dayText(sub.grace_until_at) }) : t('shop.state_due');
    case 'pausing':
      return t('shop.state_pausing', { day: end, back: sub.resume_at ? dayText(sub.resume_at) : '' });
    case 'paused':
      return t('shop.state_paused', { back: sub.resume_at ? dayText(sub.resume_at) : '' });
    case 'cancelling':
      return t('shop.state_cancelling', { day: end });
    case 'ended':
      return t('shop.state_ended', { day: sub.ended_at ? dayText(sub.ended_at) : '' });
    case 'pending':
      return t('shop.state_pending');
  }
}
