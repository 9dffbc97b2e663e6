/* WindowList.tsx - windows of rights as sentences: where, when, how; each can be changed, copied, taken away. */
import { Button } from '@mantine/core';
import type { RightsWindowWrite } from '@shared/api/client';
import { momentZoned } from '../../lib/zone';
import { localeNow, t } from '../../messages';
import { Tag } from '../../ui/Tag';
import { placesText } from './CountryPicker';
import css from './rights.module.css';

export const platformName = (name: 'web' | 'tv' | 'phone' | 'other'): string => (name === 'other' ? t('rights.other_devices') : t(`device.${name}`));

export function placeOf(one: RightsWindowWrite): string {
  const where = placesText(one.territories ?? []) || t('plans.everywhere');
  return one.except?.length ? t('rights.but_not', { where, except: placesText(one.except) }) : where;
}

export function timeOf(one: RightsWindowWrite, zone: string): string {
  const text = (moment: string) => momentZoned(moment, zone, localeNow());
  if (!one.starts_at && !one.ends_at) return t('rights.always');
  if (!one.ends_at) return t('rights.since', { from: text(one.starts_at ?? '') });
  return one.starts_at ? t('rights.between', { from: text(one.starts_at), until: text(one.ends_at) }) : t('rights.till', { until: text(one.ends_at) });
}

export function wayOf(one: RightsWindowWrite): string {
  return [
    one.platforms?.length ? one.platforms.map(platformName).join(', ') : '',
    one.models?.length ? one.models.map((name) => t(`model.${name}`)).join(', ') : '',
    one.licensor ?? '',
  ].filter(Boolean).join(' · ');
}

interface Props {
  windows: readonly RightsWindowWrite[];
  zone: string;
  onEdit?: (at: number) => void;
  onCopy?: (at: number) => void;
  onDrop?: (at: number) => void;
}

export function WindowList({ windows, zone, onEdit, onCopy, onDrop }: Props) {
  return (
    <ul className={css.windows}>
      {windows.map((one, i) => {
        const place = placeOf(one);
        return (
          <li key={one.id ?? `new${i}`} className={css.window} data-testid="window">
            <div className={css.windowText}>
              <p className={css.place}>
                {one.holdback && <Tag tone="bad">{t('rights.holdback')}</Tag>}
                {one.exclusive && <Tag tone="info">{t('rights.exclusive')}</Tag>}
                <span>{place}</span>
              </p>
              <p className={css.note}>{timeOf(one, zone)}</p>
              {wayOf(one) && <p className={css.note} dir="auto">{wayOf(one)}</p>}
              {one.note && <p className={css.note} dir="auto">{one.note}</p>}
            </div>
            {onEdit && (
              <div className={css.windowActs}>
                <Button size="xs" onClick={() => onEdit(i)} aria-label={`${t('action.edit')}: ${place}`}>{t('action.edit')}</Button>
                {onCopy && <Button size="xs" onClick={() => onCopy(i)} aria-label={`${t('rights.copy')}: ${place}`}>{t('rights.copy')}</Button>}
                {onDrop && <Button size="xs" onClick={() => onDrop(i)} aria-label={`${t('rights.drop')}: ${place}`}>{t('rights.drop')}</Button>}
              </div>
            )}
          </li>
        );
      })}
    </ul>
  );
}
