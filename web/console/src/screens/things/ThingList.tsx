/* ThingList.tsx - what was found as rows; all of what stands in an order as a list that is put into another. */
import { Button } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { Plus, SearchX, Tags } from 'lucide-react';
import { Link, useNavigate } from 'react-router';
import { ORDER_MAX, ordered, useThingOrder, useThingOrderSave, useThings, type Thing, type ThingKind } from '../../api/things';
import { languageName, t } from '../../messages';
import { moved, Sortable } from '../../ui/Sortable';
import { Failure, failureText, RowsSkeleton, State } from '../../ui/States';
import { Table, type Column } from '../../ui/Table';
import { Tag } from '../../ui/Tag';
import { say } from '../../ui/Toasts';
import css from './things.module.css';
import { pathOf, thingName } from './words';

interface Props {
  kind: ThingKind;
  q: string;
  onClear: () => void;
}

const link = (kind: ThingKind, thing: Thing, tabIndex?: number) => <Link to={pathOf(kind, thing.id)} className={css.link} dir="auto" tabIndex={tabIndex}>{thingName(thing)}</Link>;
const languages = (thing: Thing): string => Object.keys(thing.doc.names).map(languageName).join(', ');

function tags(kind: ThingKind, { doc }: Thing) {
  if (kind === 'collections') return <Tag tone={doc.published ? 'good' : 'plain'}>{doc.published ? t('titles.published') : t('titles.draft')}</Tag>;
  if (kind === 'fields' && doc.required) return <Tag tone="info">{t('things.is_required')}</Tag>;
  return null;
}
const kindText = (kind: ThingKind, thing: Thing): string => (kind === 'fields' ? t(`fieldtype.${thing.doc.type}`) : languages(thing));

function columnsOf(kind: ThingKind): Column<Thing>[] {
  const columns: Column<Thing>[] = [{ key: 'name', head: t('titles.name'), lead: true, cell: (thing) => link(kind, thing, -1) }];
  if (kind === 'people') columns.push({ key: 'sort', head: t('things.sort_name'), cell: ({ doc }) => <span dir="auto">{doc.sortName}</span> });
  if (kind === 'people' || kind === 'genres' || kind === 'collections') columns.push({ key: 'languages', head: t('things.languages'), from: 900, cell: languages });
  if (kind === 'fields') columns.push({ key: 'type', head: t('things.type'), cell: ({ doc }) => t(`fieldtype.${doc.type}`) });
  if (kind === 'collections' || kind === 'fields') columns.push({ key: 'state', head: t('titles.state'), width: '9rem', cell: (thing) => tags(kind, thing) });
  columns.push({ key: 'slug', head: kind === 'fields' ? t('things.key') : t('title.address'), from: 900, cell: ({ doc }) => <span className={css.slug}>{doc.slug}</span> });
  return columns;
}

/** A sheet of titles makes these where it names new ones. */
const sheets: ReadonlySet<ThingKind> = new Set(['people', 'genres', 'studios']);

function Nothing({ kind, q, onClear }: Props) {
  const to = pathOf(kind, 'new');
  if (!q) return <State icon={Tags} title={t(`things.none_${kind}`)} text={sheets.has(kind) ? t('things.none_text') : undefined}><Button component={Link} to={to} variant="filled" leftSection={<Plus size={16} aria-hidden />}>{t(`things.new_${kind}`)}</Button></State>;
  return (
    <State icon={SearchX} title={t('things.not_found')}>
      <Button component={Link} to={`${to}?name=${encodeURIComponent(q)}`} variant="filled" leftSection={<Plus size={16} aria-hidden />} data-testid="make">{t('things.make', { name: q })}</Button>
      <Button onClick={onClear}>{t('filter.clear')}</Button>
    </State>
  );
}

function Found({ kind, q, onClear }: Props) {
  const found = useThings(kind, q);
  const navigate = useNavigate();
  if (found.isError) return <Failure error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <RowsSkeleton />;
  if (!found.data.length) return <Nothing kind={kind} q={q} onClear={onClear} />;
  return (
    <Table
      label={t(`things.${kind}`)} columns={columnsOf(kind)} rows={found.data} id={(thing) => thing.id} name={thingName} onOpen={(thing) => void navigate(pathOf(kind, thing.id))}
      more={found.hasNextPage ? { busy: found.isFetchingNextPage, load: () => void found.fetchNextPage() } : undefined}
    />
  );
}

/** So many keys after one another are one order that is sent. */
const REST_MS = 600;

function InOrder({ kind, q, onClear }: Props) {
  const all = useThingOrder(kind, true);
  const { save, show } = useThingOrderSave(kind);
  const send = useDebouncedCallback((items: Thing[], before: Thing[]) => {
    const back = () => { show(before); save.mutate(before.map((one) => one.id)); };
    save.mutate(items.map((one) => one.id), { onSuccess: () => say(t('things.order_saved'), { undo: back }), onError: (error) => say(failureText(error), { bad: true }) });
  }, { delay: REST_MS, flushOnUnmount: true });
  if (all.isError) return <Failure error={all.error} onRetry={() => void all.refetch()} />;
  if (all.isPending) return <RowsSkeleton />;
  const { items, more } = all.data;
  if (!items.length) return <Nothing kind={kind} q={q} onClear={onClear} />;
  if (more) return <><p className={css.lead}>{t('things.too_many', { count: ORDER_MAX })}</p><Found kind={kind} q="" onClear={onClear} /></>;
  const move = (from: number, to: number) => {
    const next = moved(items, from, to);
    show(next);
    send(next, items);
  };
  return (
    <div className={css.frame}>
      <Sortable label={t(`things.${kind}`)} items={items} id={(thing) => thing.id} name={thingName} onMove={move}>
        {(thing) => (
          <div className={css.row} data-testid="row">
            {link(kind, thing)}
            <span className={css.about} dir="auto">{kindText(kind, thing)}</span>
            {tags(kind, thing)}
          </div>
        )}
      </Sortable>
    </div>
  );
}

export function ThingList(props: Props) {
  return ordered.has(props.kind) && !props.q ? <InOrder {...props} /> : <Found {...props} />;
}
