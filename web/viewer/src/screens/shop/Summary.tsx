/* Summary.tsx - an order as it will stand on the invoice: every line, the tax, what credit pays, what is charged now, and what comes after. */
import type { Quote } from '@shared/api/client';
import { dayText, intervalText, moneyText, percentText } from '../../lib/money';
import { t } from '../../messages';
import { lineText, taxName } from './lines';
import css from './shop.module.css';

type Props = { quote: Quote; months?: number; stale?: boolean };

export function Summary({ quote, months, stale }: Props) {
  const { total, due, credit, credited, tax, charge_at, renewal, renews_at } = quote;
  if (!total || !due) return null;
  const zero = { ...due, minor: 0 };
  const taxed = tax && quote.tax_bp > 0 ? tax : null;
  const said = { name: taxName(quote.tax_name), rate: percentText(quote.tax_bp) };
  /* Where prices hold their tax the lines do, too; elsewhere it comes as a line of its own. */
  const amount = (line: Quote['lines'][number]) => ({ ...zero, minor: (line.net?.minor ?? 0) + (quote.tax_inclusive ? (line.tax?.minor ?? 0) : 0) });
  const now = charge_at ? zero : due;
  return (
    <div className={css.summary} data-stale={stale || undefined} aria-busy={stale} data-testid="summary">
      <dl>
        {quote.lines.map((line, i) => (
          <div key={i}>
            <dt>
              {lineText(line.kind, line.description)}
              {line.kind === 'plan' && line.period_start_at && line.period_end_at && (
                <span>{t('shop.period', { from: dayText(line.period_start_at), to: dayText(line.period_end_at) })}</span>
              )}
            </dt>
            <dd>{moneyText(amount(line))}</dd>
          </div>
        ))}
        {taxed && !quote.tax_inclusive && (
          <div>
            <dt>{t('shop.tax_line', said)}</dt>
            <dd>{moneyText(taxed)}</dd>
          </div>
        )}
        {credit && credit.minor > 0 && (
          <div>
            <dt>{t('shop.credit_used')}</dt>
            <dd>{moneyText({ ...credit, minor: -credit.minor })}</dd>
          </div>
        )}
        <div className={css.total}>
          <dt>{charge_at ? t('shop.due_on', { day: dayText(charge_at) }) : t('shop.due_now')}</dt>
          <dd data-testid="due">{moneyText(due)}</dd>
        </div>
        {credited && (
          <div className={css.total}>
            <dt>{t('shop.credited')}</dt>
            <dd data-testid="credited">{moneyText(credited)}</dd>
          </div>
        )}
        {charge_at && (
          <div className={css.total}>
            <dt>{t('shop.due_now')}</dt>
            <dd data-testid="due-now">{moneyText(now)}</dd>
          </div>
        )}
      </dl>
      {taxed && quote.tax_inclusive && <p>{t('shop.tax_within', { ...said, amount: moneyText(taxed) })}</p>}
      {credited && <p>{t('shop.credited_note')}</p>}
      {quote.trial_days > 0 && charge_at && <p>{t('shop.trial_note', { count: quote.trial_days, day: dayText(charge_at) })}</p>}
      {renewal && renews_at && months !== undefined && (
        <p data-testid="renewal">{t('shop.renewal_note', { price: moneyText(renewal), interval: intervalText(months), day: dayText(renews_at) })}</p>
      )}
    </div>
  );
}
