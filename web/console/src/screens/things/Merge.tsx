/* Merge.tsx - one person of several: who is there twice is found by a part of the name. */
import { Button, MultiSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useMerge, useThings } from '../../api/things';
import { t } from '../../messages';
import { Confirm } from '../../ui/Confirm';
import { Panel } from '../../ui/Page';
import { failureText } from '../../ui/States';
import { say } from '../../ui/Toasts';
import css from './things.module.css';
import { thingName } from './words';

const MOST = 50;

export function Merge({ id, name, blocked }: { id: string; name: string; blocked: boolean }) {
  const [typed, setTyped] = useState('');
  const [late] = useDebouncedValue(typed.trim(), 200);
  const [chosen, setChosen] = useState<ReadonlyMap<string, string>>(new Map());
  const [open, setOpen] = useState(false);
  const [asking, setAsking] = useState(false);
  const found = useThings('people', late);
  const merge = useMerge(id);
  /* Two of one name are told apart by their address. */
  const known = new Map([...(found.data ?? []).filter((one) => one.id !== id).map((one) => [one.id, `${thingName(one)} · ${one.doc.slug}`] as const), ...chosen]);
  const choose = (ids: string[]) => {
    setChosen(new Map(ids.map((one) => [one, known.get(one) ?? one])));
    setOpen(false); /* the button is below it */
  };
  const go = () =>
    merge.mutate([...chosen.keys()], {
      onSuccess: () => { setChosen(new Map()); say(t('merge.done', { name })); },
      onError: (error) => say(failureText(error), { bad: true }),
      onSettled: () => setAsking(false),
    });
  return (
    <Panel id="merge" title={t('merge.title')} lead={t('merge.lead')}>
      <div className={css.form}>
        <MultiSelect
          label={t('merge.others')} data={[...known].map(([value, label]) => ({ value, label }))} value={[...chosen.keys()]} onChange={choose} searchable searchValue={typed} onSearchChange={setTyped} maxValues={MOST} dropdownOpened={open} onDropdownOpen={() => setOpen(true)} onDropdownClose={() => setOpen(false)}
          filter={({ options }) => options} hidePickedOptions nothingFoundMessage={t('things.not_found')} placeholder={chosen.size ? undefined : t('things.search')} data-testid="merge-others"
        />
        <div className={css.acts}>
          <Button disabled={!chosen.size || blocked} onClick={() => setAsking(true)} data-testid="merge">{t('merge.go')}</Button>
          {blocked && chosen.size > 0 && <span className={css.about}>{t('merge.save_first')}</span>}
        </div>
      </div>
      <Confirm open={asking} title={t('merge.sure', { name })} text={t('merge.sure_text', { name, others: [...chosen.values()].join(', ') })} action={t('merge.go')} busy={merge.isPending} onYes={go} onNo={() => setAsking(false)} />
    </Panel>
  );
}
