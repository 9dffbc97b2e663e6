/* Leaving.tsx - to pause or to cancel: what stays until when, what would keep somebody, and no hiding of the button that does it. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { Subscription } from '@shared/api/client';
import { useBilling, useCancel, usePause, usePlans } from '../../api/shop';
import { dayText, intervalText, moneyText } from '../../lib/money';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Choice } from '../../ui/Choice';
import { priceFor, refusalText } from './words';
import css from './shop.module.css';

function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => ref.current?.showModal(), []);
  return (
    <dialog ref={ref} className={css.dialog} onClose={onClose} aria-labelledby="leaving">
      <h2 id="leaving">{title}</h2>
      {children}
    </dialog>
  );
}

const endOf = (sub: Subscription) => (sub.period_end_at ? dayText(sub.period_end_at) : '');

/** A plan that costs less at the same interval. */
function Cheaper({ sub }: { sub: Subscription }) {
  const country = useBilling().data?.country ?? undefined;
  const plans = usePlans(country).data?.items ?? [];
  const now = sub.current;
  const less = plans.find((plan) => {
    const price = now && priceFor(plan, now.months)?.price;
    return price && now.price && price.currency === now.price.currency && price.minor < now.price.minor;
  });
  const price = less && now && priceFor(less, now.months)?.price;
  if (!less || !now || !price) return null;
  return (
    <p>
      <Link to={`/checkout?plan=${less.slug}&months=${now.months}&change=1`} data-testid="cheaper">
        {t('shop.cheaper', { name: less.name, price: moneyText(price), interval: intervalText(now.months) })}
      </Link>
    </p>
  );
}

export function CancelDialog({ sub, onPause, onClose }: { sub: Subscription; onPause: () => void; onClose: () => void }) {
  const cancel = useCancel();
  /* Nothing is left of an overdue or paused one: it ends at once. */
  const atOnce = sub.state === 'past_due' || sub.state === 'paused';
  return (
    <Dialog title={t('shop.cancel_title', { name: sub.current?.name ?? '' })} onClose={onClose}>
      <p>{atOnce ? t('shop.cancel_now_detail') : sub.state === 'trialing' ? t('shop.cancel_trial_detail', { day: endOf(sub) }) : t('shop.cancel_detail', { day: endOf(sub) })}</p>
      <p>{t('shop.cancel_keeps')}</p>
      {sub.state === 'active' && (
        <>
          <p>
            <button type="button" className={css.link} onClick={onPause} data-testid="pause-instead">
              {t('shop.pause_instead')}
            </button>
          </p>
          <Cheaper sub={sub} />
        </>
      )}
      {cancel.isError && (
        <p role="alert" className={css.problem}>
          {refusalText(cancel.error)}
        </p>
      )}
      <div className={css.actions}>
        <Button look="accent" onClick={onClose} autoFocus>
          {t('shop.stay')}
        </Button>
        <Button look="bad" busy={cancel.isPending} onClick={() => cancel.mutate(undefined, { onSuccess: onClose })} data-testid="cancel-confirm">
          {t('shop.cancel_confirm')}
        </Button>
      </div>
    </Dialog>
  );
}

export function PauseDialog({ sub, onClose }: { sub: Subscription; onClose: () => void }) {
  const pause = usePause();
  const [months, setMonths] = useState('1');
  return (
    <Dialog title={t('shop.pause_title')} onClose={onClose}>
      <p>{t('shop.pause_detail', { day: endOf(sub) })}</p>
      <Choice label={t('shop.pause_for')} value={months} options={[1, 2, 3, 6].map((n) => ({ value: String(n), label: t('shop.months', { count: n }) }))} onChoose={setMonths} testid="pause-months" />
      {pause.isError && (
        <p role="alert" className={css.problem}>
          {refusalText(pause.error)}
        </p>
      )}
      <div className={css.actions}>
        <Button onClick={onClose}>{t('action.cancel')}</Button>
        <Button look="accent" busy={pause.isPending} onClick={() => pause.mutate(Number(months), { onSuccess: onClose })} data-testid="pause-confirm">
          {t('shop.pause_confirm')}
        </Button>
      </div>
    </Dialog>
  );
}
