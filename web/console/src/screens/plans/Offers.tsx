/* Offers.tsx - how titles can be had besides by a plan's whole catalogue: rented, bought, with advertising, held back. */
import { Button } from '@mantine/core';
import { Plus, Tag as TagIcon } from 'lucide-react';
import { useState } from 'react';
import type { Offer } from '@shared/api/client';
import { useOffers } from '../../api/sell';
import { dayText, moneyText } from '../../lib/format';
import { countryName, t } from '../../messages';
import { Failure, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag } from '../../ui/Tag';
import { kindText } from './kinds';
import { OfferForm } from './OfferForm';
import css from './plans.module.css';

const from = (offer: Offer): string => (offer.from_at ? dayText(offer.from_at) : '');
const columns: Column<Offer>[] = [
  { key: 'name', head: t('title.name'), lead: true, cell: (offer) => <strong dir="auto">{offer.name}</strong> },
  { key: 'kind', head: t('offers.kind'), cell: (offer) => kindText(offer.kind) + (offer.plan ? ` · ${offer.plan}` : '') },
  { key: 'titles', head: t('nav.titles'), number: true, cell: (offer) => (offer.all_titles ? t('offers.all') : offer.title_ids.length) },
  { key: 'prices', head: t('plans.price'), number: true, cell: (offer) => offer.prices.map((one) => (one.price ? moneyText(one.price) : '')).join(', ') },
  { key: 'where', head: t('plans.country'), from: 1200, cell: (offer) => offer.countries.map(countryName).join(', ') },
  { key: 'when', head: t('offers.when'), from: 900, cell: (offer) => (offer.from_at || offer.until_at ? `${from(offer)} – ${offer.until_at ? dayText(offer.until_at) : ''}` : '') },
  { key: 'state', head: t('titles.state'), width: '8rem', cell: (offer) => <Tag tone={offer.active ? 'good' : 'plain'}>{offer.active ? t('offers.on') : t('offers.off')}</Tag> },
];

export function Offers() {
  const offers = useOffers();
  const [open, setOpen] = useState<Offer | 'new' | null>(null);
  const add = <Button variant="filled" leftSection={<Plus size={16} aria-hidden />} onClick={() => setOpen('new')}>{t('offers.new')}</Button>;
  if (offers.isError) return <Failure error={offers.error} onRetry={() => void offers.refetch()} />;
  if (offers.isPending) return <RowsSkeleton />;
  const list = offers.data.items;
  return (
    <>
      {list.length > 0 && <div className={css.tools}>{add}</div>}
      {list.length > 0 && <Table label={t('plans.offers')} columns={columns} rows={list} id={(one) => one.id} name={(one) => one.name} onOpen={setOpen} />}
      {list.length === 0 && <State icon={TagIcon} title={t('offers.none')} text={t('offers.none_text')}>{add}</State>}
      <OfferForm offer={open} onClose={() => setOpen(null)} />
    </>
  );
}
