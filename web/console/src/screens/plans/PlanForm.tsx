/* PlanForm.tsx - a plan's name and limits; made, or changed. */
import { Checkbox, NumberInput, Select, TextInput } from '@mantine/core';
import type { Plan } from '@shared/api/client';
import { usePlanPut } from '../../api/sell';
import { slugOf } from '../../lib/slug';
import { t } from '../../messages';
import { Form, Side, text, whole } from '../../ui/Form';
import { say } from '../../ui/Toasts';

const heights = [0, 480, 720, 1080, 1440, 2160];

export function PlanForm({ plan, onClose }: { plan: Plan | 'new' | null; onClose: () => void }) {
  const put = usePlanPut();
  const old = plan === 'new' ? null : plan;
  const save = (data: FormData) => {
    const name = text(data, 'name');
    const body = { name, level: whole(data, 'level'), streams: whole(data, 'streams'), devices: whole(data, 'devices'), downloads: whole(data, 'downloads'), max_height: whole(data, 'max_height'), ads: data.has('ads'), active: data.has('active') };
    put.mutate({ slug: old?.slug ?? slugOf(name), body }, { onSuccess: () => { say(t('plans.saved', { name })); onClose(); } });
  };
  const close = () => { put.reset(); onClose(); };
  const number = (name: 'level' | 'streams' | 'devices' | 'downloads', label: string, hint?: string) => <NumberInput name={name} label={label} description={hint} defaultValue={old?.[name] ?? (name === 'level' ? 1 : 0)} min={0} max={10_000} allowDecimal={false} />;
  return (
    <Side title={old ? t('plans.edit', { name: old.name }) : t('plans.new_plan')} open={plan !== null} onClose={close}>
      <Form error={put.error} busy={put.isPending} onSubmit={save} onCancel={close}>
        <TextInput name="name" label={t('title.name')} defaultValue={old?.name} required maxLength={100} data-autofocus />
        {number('level', t('plans.level'), t('plans.level_hint'))}
        {number('streams', t('plans.streams'), t('plans.zero_hint'))}
        {number('devices', t('plans.devices'), t('plans.zero_hint'))}
        {number('downloads', t('plans.downloads'))}
        <Select name="max_height" label={t('titles.quality')} defaultValue={String(old?.max_height ?? 0)} data={[...new Set([...heights, old?.max_height ?? 0])].map((h) => ({ value: String(h), label: h ? `${h}p` : t('plans.no_limit') }))} />
        <Checkbox name="ads" label={t('plans.with_ads')} defaultChecked={old?.ads ?? false} />
        <Checkbox name="active" label={t('plans.is_sold')} defaultChecked={old?.active ?? true} />
      </Form>
    </Side>
  );
}
