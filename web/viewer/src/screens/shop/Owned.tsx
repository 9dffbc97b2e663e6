/* Owned.tsx - what was rented and bought, with its end; over or taken back, it says so. Nothing where there is none. */
import { useState } from 'react';
import { Link } from 'react-router';
import type { Owned as Right } from '@shared/api/client';
import { usePurchases } from '../../api/shop';
import { dayText, momentText } from '../../lib/money';
import { isUsable } from '../../lib/owned';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { refusalText } from './words';
import css from './shop.module.css';

const FEW = 6;

function endText(right: Right): string {
  if (right.state === 'revoked') return t('shop.owned_revoked');
  if (!isUsable(right)) return t('shop.owned_over', { day: dayText(right.ends_at ?? right.start_by_at ?? '') });
  if (right.kind === 'purchase') return t('shop.owned_forever');
  if (right.ends_at) return t('shop.rental_ends', { time: momentText(right.ends_at) });
  return right.start_by_at ? t('shop.rental_start_by', { time: momentText(right.start_by_at) }) : t('shop.rental_yours');
}

function Item({ right }: { right: Right }) {
  return (
    <li data-usable={isUsable(right) || undefined}>
      <span className={css.words}>
        <strong dir="auto">
          {right.titles.length === 0 && right.name}
          {right.titles.map((title, i) => (
            <span key={title.id}>
              {i > 0 && ', '}
              <Link to={`/title/${title.slug}`}>{title.name}</Link>
            </span>
          ))}
        </strong>
        <span>{endText(right)}</span>
        {right.bought_at && (
          <span>
            {right.kind === 'rental' ? t('shop.invoice_rental') : t('shop.invoice_purchase')} · {dayText(right.bought_at)}
          </span>
        )}
      </span>
    </li>
  );
}

export function Owned() {
  const found = usePurchases(true);
  const [all, setAll] = useState(false);
  const items = [...(found.data?.items ?? [])].sort((a, b) => Number(isUsable(b)) - Number(isUsable(a)));
  if (!found.isError && items.length === 0) return null;
  return (
    <section>
      <h2>{t('shop.owned')}</h2>
      {found.isError && (
        <p role="alert" className={css.problem}>
          {refusalText(found.error)}
        </p>
      )}
      <ul className={css.invoices} data-testid="owned">
        {(all ? items : items.slice(0, FEW)).map((right) => (
          <Item key={right.id} right={right} />
        ))}
      </ul>
      {!all && items.length > FEW && (
        <div className={css.actions}>
          <Button onClick={() => setAll(true)}>{t('shop.show_all', { count: items.length })}</Button>
        </div>
      )}
    </section>
  );
}
