/*
 * CheckoutScreen.tsx - one page from an order to its payment: a plan (?plan=&months=), a change to one (and &change=1), a
 * rental or a purchase (?offer=&title=), or what is due (?due=1). ?to= is where the person was, and goes on to.
 */
import { ShieldCheck } from 'lucide-react';
import { useState, type FormEvent, type ReactNode } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import type { Billing, Checkout, Gateway, Plan, Quote, QuoteAsk } from '@shared/api/client';
import { useBilling, useGateway, useOffers, useOrder, usePlans, useQuote, type Order } from '../../api/shop';
import { countries, countryOfLocale } from '../../lib/countries';
import { usePageTitle } from '../../lib/hooks';
import { dayText, moneyText } from '../../lib/money';
import { safePath } from '../../lib/redirect';
import { localeNow, t } from '../../messages';
import { Button, ButtonLink } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { Field } from '../../ui/Field';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState, StateScreen } from '../../ui/StateScreen';
import { checkoutRemember } from './journey';
import { MethodChoice } from './Method';
import { ShopPlace } from './Places';
import { Redeem } from './Redeem';
import { Summary } from './Summary';
import { When, type ChangeWhen } from './When';
import { declineText, featuresOf, isCode, methodText, priceFor, refusalText } from './words';
import css from './shop.module.css';

type What = { kind: 'plan' | 'change' | 'offer' | 'due'; months?: number; plan?: Plan; ask: QuoteAsk | null };

/** What the address asks for, in the country that is chosen now. */
function useWhat(params: URLSearchParams, country: string | undefined, coupon: string, when: ChangeWhen | undefined): { what: What; loading: boolean; missing: boolean } {
  const slug = params.get('plan');
  const months = Number(params.get('months') ?? 1);
  const plans = usePlans(country, slug !== null);
  const plan = plans.data?.items.find((one) => one.slug === slug);
  const price = plan && priceFor(plan, months);
  if (params.get('due')) return { what: { kind: 'due', ask: {} }, loading: false, missing: false };
  const offer_id = params.get('offer');
  if (offer_id) return { what: { kind: 'offer', ask: { offer_id, country } }, loading: false, missing: false };
  const change = params.get('change') === '1';
  const ask: QuoteAsk | null = price ? { price_id: price.id, ...(change ? { change, when } : { country, ...(coupon ? { coupon } : {}) }) } : null;
  return { what: { kind: change ? 'change' : 'plan', months, plan, ask }, loading: plans.isPending, missing: plans.isSuccess && !price };
}

function orderOf(what: What, quote: Quote, token: string, gateway: string): Order | null {
  const expect_minor = quote.due?.minor;
  const pay = token ? { gateway, token } : {};
  const ask = what.ask ?? {};
  const { country, coupon } = ask;
  if (what.kind === 'due') return { kind: 'due', body: { ...pay, expect_minor } };
  if (what.kind === 'offer') return ask.offer_id ? { kind: 'offer', body: { offer_id: ask.offer_id, country, ...pay, expect_minor } } : null;
  if (!ask.price_id) return null;
  if (what.kind === 'change')
    return { kind: 'change', body: { price_id: ask.price_id, when: quote.when ?? undefined, expect_minor, expect_credit_minor: quote.credited?.minor ?? 0 } };
  return { kind: 'plan', body: { price_id: ask.price_id, country, coupon, ...pay, expect_minor } };
}

function RentalRules({ title, offer }: { title: string; offer: string }) {
  const found = useOffers(title, title !== '').data?.items.find((one) => one.id === offer);
  if (!found) return null;
  if (found.kind !== 'rental') return <p className={css.rules}>{t('shop.purchase_rules')}</p>;
  return (
    <p className={css.rules} data-testid="rental-rules">
      {found.start_days > 0 ? t('shop.start_days', { count: found.start_days }) : t('shop.start_any')} {found.finish_hours > 0 && t('shop.finish_hours', { count: found.finish_hours })}
    </p>
  );
}

function Coupon({ code, error, onCode }: { code: string; error: string | undefined; onCode: (code: string) => void }) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onCode(String(new FormData(event.currentTarget).get('coupon')).trim());
  };
  return (
    <form className={css.code} onSubmit={submit}>
      <Field label={t('shop.coupon')} note={t('shop.optional')} name="coupon" autoComplete="off" autoCapitalize="characters" maxLength={60} defaultValue={code} error={error} hint={code && !error ? t('shop.coupon_taken') : undefined} />
      <Button type="submit" data-testid="coupon-apply">
        {t('shop.apply')}
      </Button>
    </form>
  );
}

function Declined({ result }: { result: Checkout }) {
  return (
    <div role="alert" className={css.declined} data-testid="declined">
      <strong>{t('shop.declined')}</strong>
      <p>{declineText(result.decline_code)}</p>
      <p>{t('shop.declined_again')}</p>
    </div>
  );
}

function Done({ what, quoteDay, to }: { what: What; quoteDay: string | null; to: string }) {
  const changed = what.kind === 'change' && quoteDay;
  return (
    <StateScreen icon={ShieldCheck} title={t('shop.done')} detail={changed ? t('shop.change_later', { day: dayText(quoteDay) }) : t('shop.done_detail')}>
      <ButtonLink look="accent" to={to === '/' ? '/account/membership' : to} data-testid="done" data-first>
        {to === '/' ? t('shop.membership') : t('shop.go_on')}
      </ButtonLink>
    </StateScreen>
  );
}

function names(what: What): { title: string; button: (due: string, now: boolean) => string } {
  if (what.kind === 'change') return { title: t('shop.change_title'), button: (due, now) => (now ? t('shop.pay', { amount: due }) : t('shop.confirm_change')) };
  if (what.kind === 'plan') return { title: t('shop.checkout'), button: (due, now) => (now ? t('shop.pay', { amount: due }) : t('shop.start_trial')) };
  return { title: what.kind === 'due' ? t('shop.due_title') : t('shop.checkout'), button: (due) => t('shop.pay', { amount: due }) };
}

type PageProps = { billing: Billing; gateway: Gateway; country: string | undefined; side: ReactNode; onCountry: (country: string) => void };

function Page({ billing, gateway, country, side, onCountry }: PageProps) {
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const to = safePath(params.get('to'));
  const [coupon, setCoupon] = useState('');
  const [when, setWhen] = useState<ChangeWhen>();
  const { what, loading, missing } = useWhat(params, country, coupon, when);
  const quote = useQuote(what.ask);
  const order = useOrder();
  const [token, setToken] = useState(billing.method && !billing.method.declined ? '' : (gateway.test_cards[0]?.token ?? ''));
  const [last, setLast] = useState<Checkout | null>(null);
  const couponBad = isCode(quote.error, 'billing.coupon_invalid', 'billing.coupon_used');
  const say = names(what);
  const here = `/checkout?${params}`;

  const pay = (event: FormEvent) => {
    event.preventDefault();
    if (!quote.data?.due || order.isPending) return;
    const asked = orderOf(what, quote.data, what.kind === 'change' ? '' : token, gateway.name ?? '');
    if (!asked) return;
    setLast(null);
    order.mutate(asked, {
      onSuccess: (result) => {
        setLast(result);
        if (result.payment_id) checkoutRemember(result.payment_id, { to, back: here });
        if (result.status === 'action_required' && result.action_url) location.assign(result.action_url);
        else if (result.status === 'processing') void navigate(`/billing/return?payment=${result.payment_id}`, { replace: true });
        else if (result.status === 'succeeded' && to !== '/') void navigate(to, { replace: true });
      },
      onError: () => void quote.refetch(),
    });
  };

  if (missing) {
    return (
      <StateScreen title={t('shop.gone')} detail={t('shop.gone_detail')}>
        <ButtonLink look="accent" to="/plans">
          {t('shop.plans')}
        </ButtonLink>
      </StateScreen>
    );
  }
  if (last?.status === 'succeeded') return <Done what={what} quoteDay={quote.data?.charge_at ?? null} to={to} />;
  const leaving = last?.status === 'action_required';
  const due = quote.data?.due;
  const pays = what.kind !== 'change' && (what.kind === 'plan' || !due || due.minor > 0);
  const ready = due && !quote.isFetching && !couponBad && (!pays || token !== '' || billing.method !== null);
  return (
    <div className={css.page} data-testid="checkout">
      <header className={css.head}>
        <h1>{say.title}</h1>
      </header>
      <div className={css.columns} data-alone={what.kind === 'change' || undefined}>
        <div className={css.form} hidden={what.kind === 'change'}>
          {what.kind !== 'change' && what.kind !== 'due' && (
            <Choice label={t('shop.country')} value={country ?? ''} options={country ? countries() : [{ value: '', label: '' }, ...countries()]} onChoose={onCountry} testid="country" />
          )}
          {pays && <MethodChoice gateway={gateway} method={billing.method} chosen={token} onChoose={setToken} next={here} />}
          {what.kind === 'plan' && <Coupon code={coupon} error={couponBad ? refusalText(quote.error) : undefined} onCode={setCoupon} />}
          {what.kind !== 'change' && <Redeem />}
        </div>
        <section className={css.order} aria-labelledby="order">
          <h2 id="order">{t('shop.order')}</h2>
          {side}
          {what.kind === 'change' && <When sub={billing.subscription} chosen={when ?? quote.data?.when ?? undefined} onChoose={setWhen} />}
          {what.plan && <p className={css.small}>{featuresOf(what.plan).slice(0, 2).map((one) => one.text).join(' · ')}</p>}
          {quote.data ? <Summary quote={quote.data} months={what.months} stale={quote.isFetching} /> : !quote.isError && (loading || quote.isPending) && <Skeleton height="9rem" />}
          {quote.isError && !couponBad && (
            <p role="alert" className={css.problem}>
              {refusalText(quote.error)}
            </p>
          )}
          {what.kind === 'change' && !quote.data?.charge_at && due && due.minor > 0 && billing.method && <p className={css.small}>{t('shop.paid_with', { label: methodText(billing.method.label) })}</p>}
          {last?.status === 'declined' && <Declined result={last} />}
          {order.isError && (
            <p role="alert" className={css.problem}>
              {refusalText(order.error)}
            </p>
          )}
          <form onSubmit={pay}>
            <Button type="submit" look="accent" size="l" className={css.wide} disabled={!ready} busy={order.isPending || leaving} data-testid="pay">
              {leaving ? t('shop.to_bank') : order.isPending ? t('shop.paying') : due ? say.button(moneyText(due), !quote.data?.charge_at && (what.kind !== 'change' || due.minor > 0)) : t('shop.pay_plain')}
            </Button>
          </form>
          {what.kind !== 'change' && <p className={css.small}>{what.kind === 'offer' ? t('shop.terms_once') : t('shop.terms')}</p>}
        </section>
      </div>
    </div>
  );
}

function CheckoutReady() {
  const [params] = useSearchParams();
  const billing = useBilling();
  const gateway = useGateway();
  const plans = usePlans();
  const [chosen, setChosen] = useState<string>();
  usePageTitle(t('shop.checkout'));
  const failed = billing.error ?? plans.error;
  if (failed) return <FailedState error={failed} retry={() => void (billing.isError ? billing.refetch() : plans.refetch())} />;
  if (!billing.data || !plans.data || !gateway.data) return <Loading label={t('state.loading')} />;
  const country = chosen ?? billing.data.country ?? plans.data.country ?? countryOfLocale(localeNow());
  const title = params.get('title') ?? '';
  const offer = params.get('offer');
  return <Page key={params.toString()} billing={billing.data} gateway={gateway.data} country={country} onCountry={setChosen} side={offer && <RentalRules title={title} offer={offer} />} />;
}

export function CheckoutScreen() {
  return (
    <ShopPlace typing>
      <CheckoutReady />
    </ShopPlace>
  );
}
