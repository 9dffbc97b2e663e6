/* Redeem.tsx - a gift code becomes credit, which pays before any card does. */
import { useRef, type FormEvent } from 'react';
import { useRedeem } from '../../api/shop';
import { moneyText } from '../../lib/money';
import { t } from '../../messages';
import { Button } from '../../ui/Button';
import { Field } from '../../ui/Field';
import { refusalText } from './words';
import css from './shop.module.css';

export function Redeem() {
  const redeem = useRedeem();
  const form = useRef<HTMLFormElement>(null);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const code = String(new FormData(event.currentTarget).get('gift')).trim();
    if (code.length >= 4) redeem.mutate(code, { onSuccess: () => form.current?.reset() });
  };
  const said = redeem.isSuccess ? t('shop.gift_taken', { amount: redeem.data.credits.map((credit) => moneyText(credit)).join(', ') }) : undefined;
  return (
    <form className={css.code} ref={form} onSubmit={submit}>
      <Field label={t('shop.gift')} note={t('shop.optional')} name="gift" autoComplete="off" autoCapitalize="characters" maxLength={60} error={redeem.isError ? refusalText(redeem.error) : undefined} hint={said} />
      <Button type="submit" busy={redeem.isPending} data-testid="gift-redeem">
        {t('shop.redeem')}
      </Button>
    </form>
  );
}
