/* When.tsx - whether a change of plan begins now or with the next period; what each costs or gives stands in the summary below it. */
import type { Subscription, SubscriptionChange } from '@shared/api/client';
import { dayText } from '../../lib/money';
import { t } from '../../messages';
import css from './shop.module.css';

export type ChangeWhen = NonNullable<SubscriptionChange['when']>;

type Props = { sub: Subscription | null; chosen: ChangeWhen | undefined; onChoose: (when: ChangeWhen) => void };

export function When({ sub, chosen, onChoose }: Props) {
  if (sub?.state !== 'active' || !sub.period_end_at) return null;
  const ways: [ChangeWhen, string][] = [
    ['now', t('shop.when_now')],
    ['period_end', t('shop.when_end', { day: dayText(sub.period_end_at) })],
  ];
  return (
    <fieldset className={css.interval}>
      <legend className="hidden-text">{t('shop.when')}</legend>
      {ways.map(([when, text]) => (
        <label key={when} data-on={when === chosen || undefined}>
          <input type="radio" name="when" value={when} checked={when === chosen} onChange={() => onChoose(when)} data-testid={`when-${when}`} />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
