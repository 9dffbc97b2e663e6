/* MembershipScreen.tsx - the plan, what is charged next and when, how it is paid, what was paid; and the way out, which is as short as the way in. */
import { useState } from 'react';
import { Link } from 'react-router';
import type { Billing, Gateway, Subscription } from '@shared/api/client';
import { useBilling, useGateway, useInvoices, useKeep, useMethodPut, usePlans, useQuote } from '../../api/shop';
import { usePageTitle } from '../../lib/hooks';
import { dayText, intervalText, moneyText } from '../../lib/money';
import { stateText } from '../../lib/planState';
import { isTv, tvReads } from '../../lib/tv';
import { t } from '../../messages';
import { Button, ButtonLink } from '../../ui/Button';
import { Loading, Skeleton } from '../../ui/Skeleton';
import { FailedState } from '../../ui/StateScreen';
import { CancelDialog, PauseDialog } from './Leaving';
import { MethodChoice, Redirect } from './Method';
import { Owned } from './Owned';
import { ShopPlace } from './Places';
import { isLive } from './PlansScreen';
import { Redeem } from './Redeem';
import { methodText, refusalText } from './words';
import css from './shop.module.css';

/** A television cannot go there: it says the address. */
function StoreOwned({ url }: { url: string | null }) {
  return (
    <p>
      {t('shop.store_owned')}{' '}
      {url && isTv() && <strong>{url}</strong>}
      {url && !isTv() && (
        <a href={url} target="_blank" rel="noreferrer" data-testid="store-manage">
          {t('shop.store_manage')}
        </a>
      )}
    </p>
  );
}

/** The next invoice, worked out by the server: coupon, credit and tax are in it. */
function NextCharge({ sub }: { sub: Subscription }) {
  const price = sub.next?.price_id ?? sub.current?.price_id;
  const quote = useQuote(price && (sub.state === 'active' || sub.state === 'trialing') ? { price_id: price, change: true, when: 'period_end' } : null);
  if (sub.owner === 'store') return <StoreOwned url={sub.manage_url} />;
  if (!quote.data?.due || !quote.data.charge_at) return quote.isFetching ? <Skeleton height="1.5rem" width="16rem" /> : null;
  return (
    <p data-testid="next-charge">
      {t('shop.next_charge', { amount: moneyText(quote.data.due), day: dayText(quote.data.charge_at) })}
      {sub.next && ` ${t('shop.next_plan', { name: sub.next.name })}`}
    </p>
  );
}

function Actions({ sub }: { sub: Subscription }) {
  const keep = useKeep();
  const [asks, setAsks] = useState<'cancel' | 'pause'>();
  const may = sub.owner === 'us';
  const runs = sub.state === 'active' || sub.state === 'trialing';
  const leaving = sub.state === 'cancelling' || sub.state === 'pausing';
  return (
    <>
      <div className={css.actions}>
        {!isLive(sub) && (
          <ButtonLink look="accent" to="/plans" data-testid="come-back" data-first>
            {t('shop.come_back')}
          </ButtonLink>
        )}
        {may && (sub.state === 'past_due' || sub.state === 'paused') && (
          <ButtonLink look="accent" to="/checkout?due=1" data-testid="pay-due" data-first>
            {sub.state === 'paused' ? t('shop.resume') : t('shop.pay_due')}
          </ButtonLink>
        )}
        {may && leaving && (
          <Button look="accent" busy={keep.isPending} onClick={() => keep.mutate(undefined)} data-testid="keep" data-first>
            {t('shop.keep')}
          </Button>
        )}
        {may && runs && (
          <ButtonLink to="/plans" data-testid="change-plan" data-first>
            {t('shop.change_plan')}
          </ButtonLink>
        )}
        {may && sub.state === 'active' && (
          <Button onClick={() => setAsks('pause')} data-testid="pause">
            {t('shop.pause')}
          </Button>
        )}
        {may && isLive(sub) && sub.state !== 'cancelling' && (
          <Button look="ghost" onClick={() => setAsks('cancel')} data-testid="cancel">
            {t('shop.cancel')}
          </Button>
        )}
      </div>
      {keep.isError && (
        <p role="alert" className={css.problem}>
          {refusalText(keep.error)}
        </p>
      )}
      {asks === 'cancel' && <CancelDialog sub={sub} onPause={() => setAsks('pause')} onClose={() => setAsks(undefined)} />}
      {asks === 'pause' && <PauseDialog sub={sub} onClose={() => setAsks(undefined)} />}
    </>
  );
}

function Plan({ billing }: { billing: Billing }) {
  const sub = billing.subscription;
  const plans = usePlans(billing.country ?? undefined);
  if (!sub) {
    if (plans.data && plans.data.items.length === 0) return null;
    return (
      <section>
        <h2>{t('shop.plan')}</h2>
        <p>{t('shop.no_plan')}</p>
        <div className={css.actions}>
          <ButtonLink look="accent" to="/plans" data-testid="see-plans" data-first>
            {t('shop.see_plans')}
          </ButtonLink>
        </div>
      </section>
    );
  }
  const { current } = sub;
  return (
    <section data-testid="subscription" data-state={sub.state}>
      <h2>{t('shop.plan')}</h2>
      <p className={css.planName}>
        <strong>{current?.name ?? sub.plan_name}</strong>
        {current?.price && (
          <span>
            {moneyText(current.price)} {intervalText(current.months)}
          </span>
        )}
      </p>
      <p data-testid="plan-state">{stateText(sub)}</p>
      {isLive(sub) && <NextCharge key={`${sub.state} ${sub.next?.price_id ?? sub.current?.price_id}`} sub={sub} />}
      <Actions sub={sub} />
    </section>
  );
}

function Method({ billing, gateway }: { billing: Billing; gateway: Gateway }) {
  const put = useMethodPut();
  const [open, setOpen] = useState(false);
  const [token, setToken] = useState('');
  const { method } = billing;
  const here = '/account/membership';
  const save = () => put.mutate({ gateway: gateway.name ?? '', token }, { onSuccess: () => setOpen(false) });
  return (
    <section>
      <h2>{t('shop.method')}</h2>
      <p data-testid="method">{method ? methodText(method.label) : t('shop.method_none')}</p>
      {method?.declined && (
        <p className={css.problem} data-testid="method-declined">
          {t('shop.method_declined')}
        </p>
      )}
      {gateway.kind === 'redirect' ? (
        <div className={css.actions}>
          <Redirect next={here} label={method ? t('shop.method_other') : t('shop.method_set')} />
        </div>
      ) : open ? (
        <>
          <MethodChoice gateway={gateway} method={null} chosen={token} onChoose={setToken} next={here} />
          <div className={css.actions}>
            <Button look="accent" disabled={!token} busy={put.isPending} onClick={save} data-testid="method-save">
              {t('shop.method_save')}
            </Button>
            <Button onClick={() => setOpen(false)}>{t('action.cancel')}</Button>
          </div>
        </>
      ) : (
        <div className={css.actions}>
          <Button onClick={() => setOpen(true)} data-testid="method-change">
            {method ? t('shop.method_other') : t('shop.method_set')}
          </Button>
        </div>
      )}
      {put.isError && (
        <p role="alert" className={css.problem}>
          {refusalText(put.error)}
        </p>
      )}
    </section>
  );
}

const kinds = { period: 'shop.invoice_period', upgrade: 'shop.invoice_upgrade', change: 'shop.invoice_upgrade', interval: 'shop.invoice_upgrade', rental: 'shop.invoice_rental', purchase: 'shop.invoice_purchase' } as const;

const FEW_INVOICES = 12;

function Invoices() {
  const invoices = useInvoices();
  const [all, setAll] = useState(false);
  const items = invoices.data?.items ?? [];
  return (
    <section>
      <h2>{t('shop.invoices')}</h2>
      {invoices.isPending && <Skeleton height="4rem" />}
      {invoices.isError && (
        <p role="alert" className={css.problem}>
          {refusalText(invoices.error)}
        </p>
      )}
      {invoices.data?.items.length === 0 && <p {...tvReads()}>{t('shop.invoices_none')}</p>}
      {invoices.data && invoices.data.items.length > 0 && (
        <ul className={css.invoices} data-testid="invoices">
          {(all ? items : items.slice(0, FEW_INVOICES)).map((invoice) => {
            const page = `/api/v1/invoices/${invoice.id}`;
            const number = String(invoice.number);
            return (
              <li key={invoice.id} {...tvReads()}>
                <span className={css.words}>
                  <strong>{invoice.total && moneyText(invoice.total)}</strong>
                  <span>
                    {invoice.paid_at && dayText(invoice.paid_at)} · {t(kinds[invoice.kind])} · {t('shop.invoice_number', { number })}
                  </span>
                </span>
                {!isTv() && (
                  <span className={css.links}>
                    <a href={`${page}/page`} target="_blank" rel="noreferrer" aria-label={t('shop.invoice_open', { number })}>
                      {t('shop.invoice_show')}
                    </a>
                    <a href={`${page}/pdf`} download aria-label={t('shop.invoice_save', { number })}>
                      {t('shop.pdf')}
                    </a>
                  </span>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {!all && items.length > FEW_INVOICES && (
        <div className={css.actions}>
          <Button onClick={() => setAll(true)}>{t('shop.show_all', { count: items.length })}</Button>
        </div>
      )}
    </section>
  );
}

function Membership() {
  const billing = useBilling();
  const gateway = useGateway();
  usePageTitle(t('shop.membership'));
  if (billing.isError && !billing.data) return <FailedState error={billing.error} retry={() => void billing.refetch()} />;
  return (
    <div className={css.narrow} data-testid="membership">
      <header className={css.head}>
        <p className={css.crumb}>
          <Link to="/account">{t('account.title')}</Link>
        </p>
        <h1>{t('shop.membership')}</h1>
      </header>
      {!billing.data || !gateway.data ? (
        <>
          <Loading label={t('state.loading')} />
          <Skeleton height="12rem" />
          <Skeleton height="8rem" />
        </>
      ) : (
        <>
          <Plan billing={billing.data} />
          {!isTv() && <Method billing={billing.data} gateway={gateway.data} />}
          <section {...tvReads()}>
            <h2>{t('shop.credit')}</h2>
            <p data-testid="credit">{billing.data.credits.length ? billing.data.credits.map((credit) => moneyText(credit)).join(', ') : t('shop.credit_none')}</p>
            {!isTv() && <Redeem />}
          </section>
          <Owned />
          <Invoices />
        </>
      )}
    </div>
  );
}

export function MembershipScreen() {
  return (
    <ShopPlace>
      <Membership />
    </ShopPlace>
  );
}
