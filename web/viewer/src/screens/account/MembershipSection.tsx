/* MembershipSection.tsx - one line of the account: the plan, and the way to all that is paid. Nothing where nothing is sold. */
import { useBilling, useSelling } from '../../api/shop';
import { dayText } from '../../lib/money';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import css from './account.module.css';

export function MembershipSection() {
  const selling = useSelling();
  const billing = useBilling(selling === true);
  if (!selling) return null;
  const sub = billing.data?.subscription;
  const until = sub?.period_end_at ? dayText(sub.period_end_at) : '';
  const said = !sub || sub.state === 'ended' ? t('shop.no_plan') : `${sub.current?.name ?? ''} · ${until}`;
  return (
    <section data-testid="membership-section">
      <h2>{t('shop.membership')}</h2>
      <div className={css.action}>
        <p>{billing.isSuccess ? said : t('shop.membership_detail')}</p>
        <ButtonLink to="/account/membership" data-testid="membership-link">
          {t('shop.membership_manage')}
        </ButtonLink>
      </div>
    </section>
  );
}
