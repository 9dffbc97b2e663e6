/* Gifts.tsx - gift codes: made here, read once, and then known to nobody but who holds them. */
import { Button, NumberInput, TextInput } from '@mantine/core';
import { Copy, Gift, Plus } from 'lucide-react';
import { useState } from 'react';
import type { GiftRow } from '@shared/api/client';
import { dayStart } from '../../api/house';
import { useGifts, useGiftsMake } from '../../api/sell';
import { dayText, moneyText } from '../../lib/format';
import { t } from '../../messages';
import { Form, Side, text, whole } from '../../ui/Form';
import { MoneyField, type Amount } from '../../ui/MoneyField';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag, type Tone } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import css from './plans.module.css';

function stateOf(one: GiftRow): [Tone, string] {
  if (one.redeemed_at) return ['plain', t('gifts.redeemed', { day: dayText(one.redeemed_at) })];
  if (one.expires_at && new Date(one.expires_at) <= new Date()) return ['plain', t('gifts.over')];
  return ['good', t('gifts.open')];
}
const columns: Column<GiftRow>[] = [
  { key: 'amount', head: t('coupons.amount'), lead: true, width: '10rem', cell: (one) => <strong className="numbers">{one.amount ? moneyText(one.amount) : ''}</strong> },
  { key: 'state', head: t('titles.state'), cell: (one) => { const [tone, word] = stateOf(one); return <Tag tone={tone}>{word}</Tag>; } },
  { key: 'until', head: t('audit.until'), number: true, cell: (one) => (one.expires_at ? dayText(one.expires_at) : '') },
  { key: 'made', head: t('gifts.made'), number: true, cell: (one) => dayText(one.created_at) },
];

function Inside({ onClose }: { onClose: () => void }) {
  const make = useGiftsMake();
  const [amount, setAmount] = useState<Amount>({ minor: 2500, currency: 'EUR' });
  const save = (data: FormData) => {
    const until = dayStart(text(data, 'until'), 1);
    if (amount.minor !== null) make.mutate({ amount_minor: amount.minor, currency: amount.currency, count: whole(data, 'count'), ...(until ? { expires_at: until } : {}) });
  };
  if (make.data) {
    const codes = make.data.codes.join('\n');
    return (
      <div className={css.chosen}>
        <p className={css.note}>{t('gifts.once')}</p>
        <ol className={css.codes} data-testid="codes" tabIndex={0}>{make.data.codes.map((code) => <li key={code}>{code}</li>)}</ol>
        <Button leftSection={<Copy size={15} aria-hidden />} onClick={() => void navigator.clipboard.writeText(codes).then(() => say(t('gifts.copied')))}>{t('gifts.copy')}</Button>
        <Button variant="filled" onClick={onClose}>{t('factor.kept')}</Button>
      </div>
    );
  }
  return (
    <Form error={make.error} busy={make.isPending} action={t('gifts.make')} onSubmit={save} onCancel={onClose}>
      <MoneyField label={t('gifts.worth')} value={amount} onChange={setAmount} />
      <NumberInput name="count" label={t('gifts.count')} defaultValue={1} min={1} max={1000} allowDecimal={false} />
      <TextInput type="date" name="until" label={t('audit.until')} />
    </Form>
  );
}

export function Gifts() {
  const gifts = useGifts();
  const [open, setOpen] = useState(false);
  const add = <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpen(true)}>{t('gifts.make')}</Button>;
  if (gifts.isError) return <Failure error={gifts.error} onRetry={() => void gifts.refetch()} />;
  if (gifts.isPending) return <RowsSkeleton />;
  return (
    <>
      {gifts.data.length > 0 && <div className={css.tools}>{add}</div>}
      {gifts.data.length > 0 && <Table label={t('plans.gifts')} columns={columns} rows={gifts.data} id={(one) => one.id} name={(one) => one.id} more={gifts.hasNextPage ? { busy: gifts.isFetchingNextPage, load: () => void gifts.fetchNextPage() } : undefined} />}
      {gifts.data.length === 0 && <State icon={Gift} title={t('gifts.none')} text={t('gifts.none_text')}>{add}</State>}
      <Side title={t('gifts.make')} open={open} onClose={() => setOpen(false)}><Inside onClose={() => setOpen(false)} /></Side>
    </>
  );
}
