/*
 * Method.tsx - how to pay. The test gateway's form is its list of cards; another gateway's is a page of its own, to
 * which the button goes and from which /billing/return brings back. No card number is ever typed here.
 */
import { CreditCard } from 'lucide-react';
import type { Gateway, PaymentMethod } from '@shared/api/client';
import { useSetupBegin } from '../../api/shop';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { methodText, refusalText } from './words';
import css from './shop.module.css';

/** The method in use (empty token), or a card of the form. */
export type Chosen = { token: string };
type Props = { gateway: Gateway; method: PaymentMethod | null; chosen: string; onChoose: (token: string) => void; next: string };

function Option({ value, label, chosen, onChoose, testid }: { value: string; label: string; chosen: string; onChoose: (token: string) => void; testid: string }) {
  return (
    <label className={css.option} data-on={value === chosen || undefined}>
      <input type="radio" name="method" value={value} checked={value === chosen} onChange={() => onChoose(value)} data-testid={testid} />
      <CreditCard aria-hidden />
      <span>{label}</span>
    </label>
  );
}

export function Redirect({ next, label }: { next: string; label: string }) {
  const begin = useSetupBegin();
  return (
    <>
      <Button busy={begin.isPending || begin.isSuccess} onClick={() => begin.mutate(next, { onSuccess: ({ url }) => url && location.assign(url) })} data-testid="method-redirect">
        {label}
      </Button>
      {begin.isError && (
        <p role="alert" className={css.problem}>
          {refusalText(begin.error)}
        </p>
      )}
    </>
  );
}

const hints: Record<string, 'shop.card_ok' | 'shop.card_declined' | 'shop.card_3ds' | 'shop.card_renewal'> = {
  test_ok: 'shop.card_ok',
  test_declined: 'shop.card_declined',
  test_3ds: 'shop.card_3ds',
  test_fails_on_renewal: 'shop.card_renewal',
};

export function MethodChoice({ gateway, method, chosen, onChoose, next }: Props) {
  return (
    <fieldset className={css.methods}>
      <legend>{t('shop.method')}</legend>
      {method && <Option value="" label={t(method.declined ? 'shop.method_was_declined' : 'shop.method_in_use', { label: methodText(method.label) })} chosen={chosen} onChoose={onChoose} testid="method-in-use" />}
      {gateway.kind === 'form' ? (
        <>
          <p className={css.small}>{t('shop.test_cards')}</p>
          {gateway.test_cards.map(({ token, label }) => {
            const hint = hints[token]; /* the others are for tests: lost answers, a bank that asks at every renewal */
            return hint && <Option key={token} value={token} label={`${methodText(label)} · ${t(hint)}`} chosen={chosen} onChoose={onChoose} testid={`card-${token}`} />;
          })}
        </>
      ) : (
        <Redirect next={next} label={method ? t('shop.method_other') : t('shop.method_set')} />
      )}
    </fieldset>
  );
}
