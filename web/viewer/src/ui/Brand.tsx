import { brandLogo } from '../lib/theme';
import { t } from '../messages';
import css from './brand.module.css';

export function Brand() {
  const logo = brandLogo();
  if (logo) return <img className={css.logo} src={logo} alt={t('app.name')} data-testid="brand-logo" />;
  return <span className={css.brand}>{t('app.name')}</span>;
}
