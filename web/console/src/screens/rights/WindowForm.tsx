/* WindowForm.tsx - one window of rights: where, when, on what and how sold, from whom; or a holdback over others. */
import { Autocomplete, Checkbox, Group, Switch, Textarea } from '@mantine/core';
import { useState } from 'react';
import type { RightsWindowWrite } from '@shared/api/client';
import { windowFault } from '../../lib/rightsDoc';
import { t } from '../../messages';
import { Form } from '../../ui/Form';
import { CountryPicker } from './CountryPicker';
import css from './rights.module.css';
import { When, ZoneSelect } from './When';
import { platformName } from './WindowList';

const platforms = ['web', 'tv', 'phone', 'other'] as const;
const models = ['svod', 'tvod', 'est', 'avod'] as const;

interface Props {
  window: RightsWindowWrite;
  zone: string;
  onZone: (zone: string) => void;
  licensors: readonly string[];
  action: string;
  onTake: (window: RightsWindowWrite) => void;
  onCancel: () => void;
}

export function WindowForm({ window: given, zone, onZone, licensors, action, onTake, onCancel }: Props) {
  const [one, setOne] = useState(given);
  const set = (change: Partial<RightsWindowWrite>) => setOne({ ...one, ...change });
  const fault = windowFault(one);
  return (
    <Form error={null} busy={false} action={action} onCancel={onCancel} onSubmit={() => !fault && onTake({ ...one, licensor: one.licensor?.trim() ?? '' })}>
      <CountryPicker label={t('rights.territories')} placeholder={t('plans.everywhere')} value={one.territories ?? []} onChange={(territories) => set({ territories })} testid="territories" />
      <CountryPicker label={t('rights.except')} placeholder={t('rights.no_exception')} value={one.except ?? []} onChange={(except) => set({ except })} />
      <div className={css.pair}>
        <When label={t('audit.from')} zone={zone} value={one.starts_at ?? null} onChange={(starts_at) => set({ starts_at })} testid="starts" />
        <When label={t('audit.until')} zone={zone} value={one.ends_at ?? null} onChange={(ends_at) => set({ ends_at })} error={fault ? t('rights.ends_first') : undefined} testid="ends" />
      </div>
      <ZoneSelect zone={zone} onZone={onZone} />
      <Checkbox.Group label={t('rights.platforms')} description={t('rights.none_is_all')} value={one.platforms ?? []} onChange={(list) => set({ platforms: platforms.filter((name) => list.includes(name)) })}>
        <Group gap="md" mt="xs">{platforms.map((name) => <Checkbox key={name} value={name} label={platformName(name)} />)}</Group>
      </Checkbox.Group>
      <Checkbox.Group label={t('rights.models')} description={t('rights.none_is_all')} value={one.models ?? []} onChange={(list) => set({ models: models.filter((name) => list.includes(name)) })}>
        <Group gap="md" mt="xs">{models.map((name) => <Checkbox key={name} value={name} label={t(`model.${name}`)} />)}</Group>
      </Checkbox.Group>
      <Switch label={t('rights.is_holdback')} checked={one.holdback ?? false} onChange={(event) => set({ holdback: event.currentTarget.checked })} />
      <Switch label={t('rights.exclusive')} checked={one.exclusive ?? false} onChange={(event) => set({ exclusive: event.currentTarget.checked })} />
      <Autocomplete label={t('rights.licensor')} data={[...licensors]} value={one.licensor ?? ''} onChange={(licensor) => set({ licensor })} maxLength={100} dir="auto" />
      <Textarea label={t('rights.note')} value={one.note ?? ''} onChange={(event) => set({ note: event.currentTarget.value })} maxLength={500} autosize minRows={2} dir="auto" />
    </Form>
  );
}
