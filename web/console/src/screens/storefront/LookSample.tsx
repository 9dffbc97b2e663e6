/* LookSample.tsx - the viewers' page in a look that is being chosen, with the titles that are really there; and the mark on a telephone. */
import type { CSSProperties } from 'react';
import type { Logo } from '@shared/api/client';
import { useTitleNames } from '../../api/titles';
import { t } from '../../messages';
import { Panel } from '../../ui/Page';
import type { LookFields } from './Look';
import { lookStyle } from './lookStyle';
import css from './preview.module.css';

export function LookSample({ look, logo }: { look: LookFields; logo: Logo | null }) {
  const titles = useTitleNames();
  const shown = (titles.data ?? []).filter((one) => one.poster).slice(0, 6);
  const first = shown[0];
  const initial = [...look.name.trim()][0]?.toUpperCase() ?? '';
  return (
    <div className={css.side}>
      <Panel id="sample" title={t('front.preview')}>
        <div className={css.frame} data-platform="web" style={lookStyle(look) as CSSProperties} data-testid="look-sample">
          <div className={css.bar}>
            {logo ? <img src={logo.src} alt={look.name} className={css.logo} /> : <span className={css.brand}>{look.name}</span>}
            <span className={css.nav} data-on>{t('look.sample_home')}</span>
            <span className={css.nav}>{t('look.sample_list')}</span>
          </div>
          <div className={css.sample}>
            <span className={css.headline}>{t('look.sample_headline')}</span>
            <span className={css.heroName} dir="auto">{first?.name ?? t('look.sample_title')}</span>
            <span className={css.cardName}>{t('look.sample_text')}</span>
            <span className={css.play}>{t('preview.play')}</span>
          </div>
          <ol className={css.cards} data-shape="poster">
            {shown.map((one) => (
              <li key={one.id} className={css.card}>
                <span className={css.picture} style={{ backgroundColor: one.poster?.color }}><img src={one.poster?.srcset[0]?.src ?? one.poster?.src} alt="" loading="lazy" /></span>
                <span className={css.cardName} dir="auto">{one.name}</span>
              </li>
            ))}
          </ol>
        </div>
        <div className={css.icons} style={lookStyle(look) as CSSProperties}>
          <span className={css.icon} aria-hidden>{logo ? <img src={logo.src} alt="" /> : initial}</span>
          <span className={css.note}>{t('look.icon')}</span>
        </div>
      </Panel>
    </div>
  );
}
