/* Plans.tsx - the plans side by side with their limits and every price that is in force. */
import { Button } from '@mantine/core';
import { CreditCard, Pencil, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Plan, PlanPrice } from '@shared/api/client';
import { usePlans } from '../../api/sell';
import { moneyText } from '../../lib/format';
import { countryName, t } from '../../messages';
import { Panel } from '../../ui/Page';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Tag } from '../../ui/Tag';
import { PlanForm } from './PlanForm';
import css from './plans.module.css';
import { PriceForm } from './PriceForm';

const limit = (n: number): string => (n ? String(n) : t('plans.no_limit'));
const every = (months: number): string => (months === 1 ? t('plans.a_month') : months === 12 ? t('plans.a_year') : t('plans.months', { count: months }));

function Price({ price, onEdit }: { price: PlanPrice; onEdit: () => void }) {
  return (
    <li className={css.price}>
      <span className={css.amount}>{price.price ? moneyText(price.price) : ''}</span>
      <span className={css.where}>{every(price.months)} · {price.country ? countryName(price.country) : t('plans.everywhere')}{price.trial_days ? ` · ${t('plans.trial', { count: price.trial_days })}` : ''}</span>
      <Button size="xs" onClick={onEdit} data-testid="price-edit">{t('plans.change_price')}</Button>
    </li>
  );
}

export function Plans() {
  const plans = usePlans();
  const [plan, setPlan] = useState<Plan | 'new' | null>(null);
  const [price, setPrice] = useState<{ plan: Plan; price: PlanPrice | null } | null>(null);
  const add = <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={() => setPlan('new')}>{t('plans.new_plan')}</Button>;
  if (plans.isError) return <Failure error={plans.error} onRetry={() => void plans.refetch()} />;
  if (plans.isPending) return <RowsSkeleton rows={4} />;
  const list = plans.data.items;
  return (
    <>
      {list.length === 0 && <State icon={CreditCard} title={t('plans.none')} text={t('plans.none_text')}>{add}</State>}
      {list.length > 0 && <div className={css.tools}>{add}</div>}
      <div className={css.grid}>
        {list.map((one) => (
          <Panel key={one.id} id={`plan-${one.slug}`} title={<span className={css.planName}><span dir="auto">{one.name}</span> {!one.active && <Tag>{t('plans.not_sold')}</Tag>}</span>} actions={<Button size="xs" leftSection={<Pencil size={13} aria-hidden />} onClick={() => setPlan(one)} aria-label={t('plans.edit', { name: one.name })}>{t('action.edit')}</Button>}>
            <dl className={css.limits}>
              <div><dt>{t('plans.streams')}</dt><dd>{limit(one.streams)}</dd></div>
              <div><dt>{t('plans.devices')}</dt><dd>{limit(one.devices)}</dd></div>
              <div><dt>{t('titles.quality')}</dt><dd>{one.max_height ? `${one.max_height}p` : t('plans.no_limit')}</dd></div>
              <div><dt>{t('plans.ads')}</dt><dd>{one.ads ? t('answer.yes') : t('answer.no')}</dd></div>
            </dl>
            <ul className={css.prices} aria-label={t('plans.prices')}>
              {one.prices.map((each) => <Price key={each.id} price={each} onEdit={() => setPrice({ plan: one, price: each })} />)}
            </ul>
            <Button size="xs" leftSection={<Plus size={13} aria-hidden />} onClick={() => setPrice({ plan: one, price: null })}>{t('plans.add_price')}</Button>
          </Panel>
        ))}
      </div>
      <PlanForm plan={plan} onClose={() => setPlan(null)} />
      <PriceForm of={price} onClose={() => setPrice(null)} />
    </>
  );
}
