/* ThingForm.tsx - what is said of one thing; each kind has the fields that it is made of. */
import { Checkbox, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useThingTitles, type FieldType, type ThingDoc, type ThingKind } from '../../api/things';
import { languageName, t } from '../../messages';
import { Names } from '../../ui/Names';
import { Panel } from '../../ui/Page';
import { Contents } from './Contents';
import css from './things.module.css';
import { hasName, nameFault, optionsFault } from './words';

export interface Part {
  kind: ThingKind;
  id: string | null;
  doc: ThingDoc;
  set: (part: Partial<ThingDoc>, step?: string) => void;
  tried: boolean;
}

const NAME_MAX = 300;
const TEXT_MAX = 5000;
const types: FieldType[] = ['text', 'number', 'date', 'boolean', 'choice', 'url'];

function Naming({ kind, doc, set, tried }: Part) {
  const fault = tried ? nameFault(kind, doc) : undefined;
  if (hasName(kind)) return <TextInput label={t('title.name')} value={doc.name} dir="auto" maxLength={NAME_MAX} onChange={(event) => set({ name: event.currentTarget.value }, 'name')} error={fault} data-testid="thing-name" data-autofocus />;
  const synopsis = (lang: string) => (
    <Textarea
      aria-label={t('things.synopsis', { language: languageName(lang) })} placeholder={t('title.synopsis')} value={doc.synopses[lang] ?? ''} lang={lang} dir="auto" maxLength={TEXT_MAX} autosize minRows={2} maxRows={10} disabled={!doc.names[lang]}
      onChange={(event) => set({ synopses: { ...doc.synopses, [lang]: event.currentTarget.value } }, `synopsis.${lang}`)}
    />
  );
  return <Names label={t('things.names')} value={doc.names} maxLength={NAME_MAX} onChange={(names, lang) => set({ names }, `names.${lang}`)} error={fault} testid="thing-name" {...(kind === 'collections' ? { below: synopsis } : {})} />;
}

function Person({ doc, set }: Part) {
  return (
    <>
      <TextInput label={t('things.sort_name')} description={t('things.sort_hint')} value={doc.sortName} dir="auto" maxLength={NAME_MAX} placeholder={doc.name} onChange={(event) => set({ sortName: event.currentTarget.value }, 'sort')} />
      <Textarea label={t('things.bio')} value={doc.bio} dir="auto" maxLength={TEXT_MAX} autosize minRows={4} maxRows={14} onChange={(event) => set({ bio: event.currentTarget.value }, 'bio')} data-testid="thing-bio" />
      <Names label={t('things.other_names')} value={doc.names} maxLength={NAME_MAX} placeholder={doc.name} onChange={(names, lang) => set({ names }, `names.${lang}`)} testid="other-name" />
    </>
  );
}

function Field({ id, doc, set, tried }: Part) {
  const used = (useThingTitles('fields', id).data?.count ?? 0) > 0;
  return (
    <>
      <Select label={t('things.type')} data={types.map((type) => ({ value: type, label: t(`fieldtype.${type}`) }))} value={doc.type} disabled={used} description={used ? t('things.type_stays') : undefined} onChange={(value) => { const type = types.find((one) => one === value); if (type) set({ type }); }} className={css.short} data-testid="field-type" />
      {doc.type === 'choice' && <TagsInput label={t('things.options')} description={t('things.options_hint')} value={doc.options} onChange={(options) => set({ options })} splitChars={[]} acceptValueOnBlur maxTags={200} error={tried ? optionsFault('fields', doc) : undefined} data-testid="field-options" />}
      <Checkbox label={t('things.required')} checked={doc.required} onChange={(event) => set({ required: event.currentTarget.checked })} />
    </>
  );
}

export function ThingForm(part: Part) {
  const { kind, id, doc, set } = part;
  const field = kind === 'fields';
  return (
    <div className={css.main}>
      <Panel>
        <div className={css.form}>
          <Naming {...part} />
          {kind === 'people' && <Person {...part} />}
          {field && <Field {...part} />}
          {kind === 'collections' && <Switch label={t('things.is_published')} checked={doc.published} onChange={(event) => set({ published: event.currentTarget.checked })} data-testid="thing-published" />}
          <TextInput label={field ? t('things.key') : t('things.slug')} description={field ? t('things.key_hint') : t('things.slug_hint')} value={doc.slug} maxLength={200} onChange={(event) => set({ slug: event.currentTarget.value }, 'slug')} className={css.short} data-testid="thing-slug" />
        </div>
      </Panel>
      {kind === 'collections' && <Contents id={id} ids={doc.titles} onChange={(titles) => set({ titles })} />}
    </div>
  );
}
