/* PlansScreen.tsx - the plans side by side, by the month or by the year, with what differs. */
import { Check, Minus } from 'lucide-react';
import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { Billing, Plan, PlanList, Subscription, TaxHere } from '@shared/api/client';
import { useBilling, usePlans } from '../../api/shop';
import { countryOfLocale } from '../../lib/countries';
import { usePageTitle } from '../../lib/hooks';
import { intervalText, moneyText, percentText, savedPercent } from '../../lib/money';
import { safePath } from '../../lib/redirect';
import { localeNow, t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import { taxName } from './lines';
import { ShopPlace } from './Places';
import { featuresOf, priceFor } from './words';
import css from './shop.module.css';

export const isLive = (sub: Subscription | null | undefined): sub is Subscription => Boolean(sub && sub.state !== 'ended' && sub.state !== 'pending');

/** How this country says a price: with its tax in it, or with the tax to come. */
export function taxHabit(tax: TaxHere | null): string | undefined {
  if (!tax || !tax.rate_bp) return undefined;
  const said = { rate: percentText(tax.rate_bp), name: taxName(tax.name) };
  return tax.inclusive ? t('shop.tax_included', said) : t('shop.tax_added', said);
}

function Interval({ months, chosen, saved, onChoose }: { months: number[]; chosen: number; saved: number; onChoose: (months: number) => void }) {
  return (
    <fieldset className={css.interval}>
      <legend className="hidden-text">{t('shop.interval')}</legend>
      {months.map((n) => (
        <label key={n} data-on={n === chosen || undefined}>
          <input type="radio" name="interval" value={n} checked={n === chosen} onChange={() => onChoose(n)} data-testid={`interval-${n}`} />
          {n === 1 ? t('shop.monthly') : n === 12 ? t('shop.yearly') : intervalText(n)}
          {n === 12 && saved > 0 && <span>{t('shop.saves', { percent: percentText(saved * 100) })}</span>}
        </label>
      ))}
    </fieldset>
  );
}

type ColumnProps = { plan: Plan; beside: readonly Plan[]; months: number; billing: Billing; tax: TaxHere | null; to: string; main: boolean };

function Column({ plan, beside, months, billing, tax, to, main }: ColumnProps) {
  const price = priceFor(plan, months);
  const sub = billing.subscription;
  const live = isLive(sub);
  const current = live && sub.current?.plan === plan.slug;
  const same = current && sub.current?.months === months;
  const trial = !live && !billing.trial_used && price ? price.trial_days : 0;
  const habit = taxHabit(tax);
  const address = `/checkout?${new URLSearchParams({ plan: plan.slug, months: String(months), ...(live ? { change: '1' } : {}), to })}`;
  return (
    <li className={css.plan} data-current={current || undefined} data-testid={`plan-${plan.slug}`}>
      <h2>
        {plan.name}
        {current && <span className={css.badge}>{t('shop.current')}</span>}
      </h2>
      {price?.price ? (
        <p className={css.price}>
          <strong>{moneyText(price.price)}</strong> {intervalText(months)}
          {habit && <span>{habit}</span>}
        </p>
      ) : (
        <p className={css.price}>{t('shop.not_by_interval')}</p>
      )}
      {price && months === 12 && price.price && (
        <p className={css.each}>{t('shop.each_month', { price: moneyText({ ...price.price, minor: Math.round(price.price.minor / 12) }) })}</p>
      )}
      <ul className={css.features}>
        {featuresOf(plan, beside).map(({ key, text, has }) => (
          <li key={key} data-has={has || undefined}>
            {has ? <Check aria-hidden /> : <Minus aria-hidden />}
            {text}
          </li>
        ))}
      </ul>
      {same ? (
        <ButtonLink to="/account/membership">{t('shop.manage')}</ButtonLink>
      ) : (
        price && (
          <ButtonLink look={main ? 'accent' : 'plain'} to={address} data-first={main || undefined} data-testid={`choose-${plan.slug}`}>
            {trial ? t('shop.try', { count: trial }) : live ? t('shop.change_to', { name: plan.name }) : t('shop.choose', { name: plan.name })}
          </ButtonLink>
        )
      )}
    </li>
  );
}

function PlansReady({ plans, billing, to, fresh }: { plans: PlanList; billing: Billing; to: string; fresh: boolean }) {
  const all = [...new Set(plans.items.flatMap((plan) => plan.prices.map((price) => price.months)))].sort((a, b) => a - b);
  const [months, setMonths] = useState(billing.subscription && isLive(billing.subscription) ? (billing.subscription.current?.months ?? 1) : (all[0] ?? 1));
  const saved = Math.max(0, ...plans.items.map((plan) => savedPercent(priceFor(plan, 1)?.price ?? null, priceFor(plan, 12)?.price ?? null)));
  const sold = plans.items.filter((plan) => priceFor(plan, months));
  /* The middle one is what most people want; whoever has a plan is offered nothing louder than the rest. */
  const main = isLive(billing.subscription) ? undefined : sold[Math.floor((sold.length - 1) / 2)];
  return (
    <>
      {all.length > 1 && <Interval months={all} chosen={months} saved={saved} onChoose={setMonths} />}
      <ul className={css.plans} data-count={plans.items.length}>
        {plans.items.map((plan) => (
          <Column key={plan.id} plan={plan} beside={plans.items} months={months} billing={billing} tax={plans.tax} to={to} main={plan === main} />
        ))}
      </ul>
      <p className={css.small}>{t('shop.fair')}</p>
      {(fresh || to !== '/') && !isLive(billing.subscription) && (
        <p className={css.later}>
          <Link to={to} data-testid="not-now">
            {t('shop.not_now_link')}
          </Link>
        </p>
      )}
    </>
  );
}

function Plans() {
  usePageTitle(t('shop.plans'));
  const [params] = useSearchParams();
  const to = safePath(params.get('to'));
  const billing = useBilling();
  const country = billing.data ? (billing.data.country ?? undefined) : undefined;
  const here = usePlans(country, billing.isSuccess);
  /* Neither the account nor the operator has said a country: the browser's. */
  const guess = here.data && !here.data.country ? countryOfLocale(localeNow()) : undefined;
  const guessed = usePlans(guess, guess !== undefined);
  const plans = guess ? guessed : here;
  const failed = billing.error ?? plans.error;
  return (
    <div className={css.page} data-testid="plans">
      <header className={css.head}>
        <h1>{t('shop.plans_title')}</h1>
        <p>{t('shop.plans_lead')}</p>
      </header>
      {failed ? (
        <FailedState error={failed} retry={() => void (billing.isError ? billing.refetch() : plans.refetch())} />
      ) : !plans.data || !billing.data ? (
        <>
          <Loading label={t('state.loading')} />
          <ul className={css.plans} data-count="3" aria-hidden>
            {[0, 1, 2].map((i) => (
              <li key={i}>
                <Skeleton height="26rem" />
              </li>
            ))}
          </ul>
        </>
      ) : plans.data.items.length === 0 ? (
        <StateScreen small title={t('shop.no_plans')} detail={t('shop.no_plans_detail')}>
          <ButtonLink to={to}>{t('action.back')}</ButtonLink>
        </StateScreen>
      ) : (
        <PlansReady plans={plans.data} billing={billing.data} to={to} fresh={params.get('new') === '1'} />
      )}
    </div>
  );
}

export function PlansScreen() {
  return (
    <ShopPlace>
      <Plans />
    </ShopPlace>
  );
}
