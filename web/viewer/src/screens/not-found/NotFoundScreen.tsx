import { Link } from 'react-router';
import { usePageTitle } from '../../lib/hooks';
import { t } from '../../messages';
import { Brand } from '../../ui/Brand';
import { ButtonLink } from '../../ui/Button';
import { StateScreen } from '../../ui/StateScreen';
import css from './not-found.module.css';

export function NotFoundScreen() {
  usePageTitle(t('state.not_found'));
  return (
    <main className={css.page}>
      <Link to="/" className={css.brand}>
        <Brand />
      </Link>
      <StateScreen title={t('state.not_found')} detail={t('state.not_found_detail')} code="404">
        <ButtonLink look="accent" to="/">
          {t('action.home')}
        </ButtonLink>
      </StateScreen>
    </main>
  );
}
