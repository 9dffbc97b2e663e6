/* MembershipSection.tsx - one line of the account: the plan, and the way to all that is paid. Nothing where nothing is sold. */
import { useBilling, useSelling } from '../../api/shop';
import { stateText } from '../../lib/planState';
import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import css from './account.module.css';

export function MembershipSection() {
  const selling = useSelling();
  const billing = useBilling(selling === true);
  if (!selling) return null;
  const sub = billing.data?.subscription;
  const said = !sub || sub.state === 'ended' ? t('shop.no_plan') : `${sub.current?.name ?? ''} · ${stateText(sub)}`;
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
