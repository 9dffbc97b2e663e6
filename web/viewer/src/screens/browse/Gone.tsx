import { t } from '../../messages';
import { ButtonLink } from '../../ui/Button';
import { StateScreen } from '../../ui/StateScreen';

export function Gone() {
  return (
    <StateScreen title={t('state.not_found')} detail={t('state.not_found_detail')} code="404">
      <ButtonLink look="accent" to="/" data-first>
        {t('action.home')}
      </ButtonLink>
    </StateScreen>
  );
}
