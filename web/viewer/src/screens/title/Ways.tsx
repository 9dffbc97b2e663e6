/*
 * Ways.tsx - how this title can be watched: Play, or Subscribe, Rent and Buy with the price on the button, or what a child
 * is told. Where nothing is sold it is Play at once, and the player says what is in the way, if anything is.
 */
import { Play, RotateCcw } from 'lucide-react';
import type { ReactNode } from 'react';
import type { Access, Money, Offer, TitleCard } from '@shared/api/client';
import { useAccess, useBilling, useGateway, useOffers, usePlans, usePurchases } from '../../api/shop';
import { useSession } from '../../api/queries';
import { moneyText, momentText } from '../../lib/money';
import { clockTime, resumeAt } from '../../lib/time';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { Skeleton } from '../../ui/Skeleton';
import css from './title.module.css';

export function PlayLinks({ title, episode }: { title: TitleCard; episode?: string | undefined }) {
  const at = resumeAt(title.progress);
  return (
    <>
      <ButtonLink look="accent" size="l" icon={<Play fill="currentColor" aria-hidden />} to={`/watch/${title.slug}`} data-testid="title-play" data-first>
        {episode ? t(at > 0 ? 'series.resume' : 'series.play', { episode }) : at > 0 ? t('action.resume', { time: clockTime(at) }) : t('action.play')}
      </ButtonLink>
      {at > 0 && (
        <ButtonLink size="l" icon={<RotateCcw aria-hidden />} to={`/watch/${title.slug}?from=0`}>
          {t('action.start_over')}
        </ButtonLink>
      )}
    </>
  );
}

/** The price of a country, or the one for everywhere else. */
function offerPrice(offer: Offer, country: string | null): Money | null {
  const here = offer.prices.find((one) => one.country === country) ?? offer.prices.find((one) => one.country === null);
  return here?.price ?? null;
}

const cheaper = (a: { price: Money }, b: { price: Money }) => a.price.minor - b.price.minor;

function usePrices(title: TitleCard, wanted: boolean) {
  const billing = useBilling(wanted);
  const offers = useOffers(title.id, wanted);
  const plans = usePlans(billing.data?.country ?? undefined, wanted && billing.isSuccess);
  const country = billing.data?.country ?? plans.data?.country ?? null;
  const open = offers.data?.items ?? [];
  const priced = (kind: Offer['kind']) =>
    open
      .filter((offer) => offer.kind === kind)
      .flatMap((offer) => {
        const price = offerPrice(offer, country);
        return price ? [{ offer, price }] : [];
      })
      .sort(cheaper)[0];
  const slugs = new Set(open.map((offer) => offer.plan));
  const plan = (plans.data?.items ?? [])
    .filter((one) => slugs.has(one.slug))
    .flatMap((one) => one.prices.flatMap(({ price, months }) => (price ? [{ price, months }] : [])))
    .sort((a, b) => a.months - b.months || cheaper(a, b))[0];
  return { loading: wanted && (billing.isPending || offers.isPending || plans.isPending), plan, rental: priced('rental'), purchase: priced('purchase') };
}

function RentalNote({ offer }: { offer: Offer }) {
  return (
    <p className={css.ends} data-testid="rental-rules">
      {offer.start_days > 0 ? t('shop.start_days', { count: offer.start_days }) : t('shop.start_any')} {offer.finish_hours > 0 && t('shop.finish_hours', { count: offer.finish_hours })}
    </p>
  );
}

/** What leads out of a refusal; the first is the main action. */
function Refused({ title, access, opinion }: { title: TitleCard; access: Access; opinion: ReactNode }) {
  const { loading, plan, rental, purchase } = usePrices(title, true);
  const to = `/title/${title.slug}`;
  const stuck = access.refusal === 'playback.payment_overdue' || access.refusal === 'playback.subscription_paused';
  const checkout = (offer: Offer) => `/checkout?${new URLSearchParams({ offer: offer.id, title: title.id, to })}`;
  if (loading) return <Skeleton width="14rem" height="3.25rem" />;
  const ways = [
    stuck && { key: 'mend', to: `/checkout?due=1&to=${encodeURIComponent(to)}`, text: access.refusal === 'playback.subscription_paused' ? t('shop.resume') : t('shop.pay_due') },
    !stuck && plan && {
      key: 'subscribe',
      to: `/plans?to=${encodeURIComponent(to)}`,
      text: access.refusal === 'playback.upgrade_required' ? t('shop.upgrade_from', { price: moneyText(plan.price) }) : t('shop.subscribe_from', { price: moneyText(plan.price) }),
    },
    rental && { key: 'rent', to: checkout(rental.offer), text: t('shop.rent', { price: moneyText(rental.price) }) },
    purchase && { key: 'buy', to: checkout(purchase.offer), text: t('shop.buy', { price: moneyText(purchase.price) }) },
  ].filter((way) => way !== false && way !== undefined);
  return (
    <>
      <div className={css.actions}>
        {ways.map((way, i) => (
          <ButtonLink key={way.key} look={i === 0 ? 'accent' : 'plain'} size="l" to={way.to} data-testid={`title-${way.key}`} data-first={i === 0 || undefined}>
            {way.text}
          </ButtonLink>
        ))}
        {opinion}
      </div>
      {access.refusal === 'playback.rental_over' && <p className={css.ends}>{t('shop.rental_over')}</p>}
      {ways.length === 0 && <p className={css.ends}>{t('shop.not_offered')}</p>}
      {rental && <RentalNote offer={rental.offer} />}
    </>
  );
}

/** What is left of a rental: days to start it, or hours to finish it. */
function RentalLeft({ id }: { id: string }) {
  const items = usePurchases(true).data?.items ?? [];
  const mine = items.filter((one) => one.kind === 'rental' && one.state === 'active' && one.title_ids.includes(id));
  const begun = mine.find((one) => one.ends_at && new Date(one.ends_at) > new Date());
  const waiting = mine.find((one) => !one.ends_at);
  if (begun?.ends_at) return <p className={css.ends} data-testid="rental-left">{t('shop.rental_ends', { time: momentText(begun.ends_at) })}</p>;
  if (waiting) return <p className={css.ends} data-testid="rental-left">{waiting.start_by_at ? t('shop.rental_start_by', { time: momentText(waiting.start_by_at) }) : t('shop.rental_yours')}</p>;
  return null;
}

/** episode: how the one that Play opens is called, on the page of its series. */
type Props = { title: TitleCard; opinion: ReactNode; children: ReactNode; episode?: string | undefined };

/** children: what stands under Play when it can be pressed. */
export function Ways({ title, opinion, children, episode }: Props) {
  const kids = useSession().data?.profile.kids ?? false;
  const gateway = useGateway();
  const sells = gateway.data ? gateway.data.kind !== 'none' : gateway.isError ? false : undefined;
  const access = useAccess(sells === false ? undefined : title.id);
  const waits = sells === undefined || (sells && access.isPending);
  const refused = sells && access.data && !access.data.granted ? access.data : undefined;
  if (waits) {
    return (
      <div className={css.actions}>
        <Skeleton width="10rem" height="3.25rem" />
        {opinion}
      </div>
    );
  }
  if (refused && kids) {
    return (
      <>
        <div className={css.actions}>{opinion}</div>
        <p className={css.ends} data-testid="ask-grown-up">{t('shop.kids_title_detail')}</p>
      </>
    );
  }
  if (refused && refused.refusal !== 'playback.held_back' && !refused.refusal.startsWith('playback.rights_')) return <Refused title={title} access={refused} opinion={opinion} />;
  if (refused) {
    return (
      <>
        <div className={css.actions}>{opinion}</div>
        <p className={css.ends}>{t('shop.held_back')}</p>
      </>
    );
  }
  return (
    <>
      <div className={css.actions}>
        <PlayLinks title={title} episode={episode} />
        {opinion}
      </div>
      {sells && !kids && access.data?.via === 'rental' && <RentalLeft id={title.id} />}
      {children}
    </>
  );
}
