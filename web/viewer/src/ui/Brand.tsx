import { t } from '../messages';
import css from './brand.module.css';

export function Brand() {
  return <span className={css.brand}>{t('app.name')}</span>;
}
