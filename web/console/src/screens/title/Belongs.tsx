/* Belongs.tsx - the studios that made a title, and the collections that it is in. */
import { MultiSelect } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import type { EditorTitle, Title } from '@shared/api/client';
import { useCollectionMember, useCollections, useStudioCreate, useStudiosFound } from '../../api/describe';
import type { Autosave, Fields } from '../../lib/autosave';
import { languageNow, t } from '../../messages';
import { failureText } from '../../ui/States';
import { say } from '../../ui/Toasts';

const MAKE = '+';

export function Studios({ doc, film }: { doc: Autosave<Fields>; film: Title | undefined }) {
  const [typed, setTyped] = useState('');
  const [made, setMade] = useState<Record<string, string>>({});
  const name = typed.trim();
  const [late] = useDebouncedValue(name, 200);
  const found = useStudiosFound(late).data ?? [];
  const create = useStudioCreate();
  const chosen = (doc.draft.studios as string[] | undefined) ?? [];
  const names = new Map([...(film?.studios ?? []), ...found].map((one) => [one.slug, one.name]));
  const nameOf = (slug: string): string => names.get(slug) ?? made[slug] ?? slug;
  const data = [...new Set([...found.map((one) => one.slug), ...chosen])].map((slug) => ({ value: slug, label: nameOf(slug) }));
  const known = data.some((one) => one.label.toLowerCase() === name.toLowerCase());
  const take = (list: string[]) => {
    for (const slug of list) if (!made[slug] && names.has(slug)) setMade((now) => ({ ...now, [slug]: names.get(slug)! }));
    if (!list.includes(MAKE)) return doc.edit('studios', list);
    create.mutate(name, { onSuccess: (studio) => { setMade((now) => ({ ...now, [studio.slug]: studio.name })); doc.edit('studios', [...list.filter((one) => one !== MAKE), studio.slug]); }, onError: (error) => say(failureText(error), { bad: true }) });
  };
  return (
    <MultiSelect
      label={t('title.studios')} data={name && !known ? [...data, { value: MAKE, label: t('cast.make', { name }) }] : data} value={chosen} onChange={take} searchable searchValue={typed} onSearchChange={setTyped} hidePickedOptions maxValues={20} data-testid="studios"
      filter={({ options, search }) => options.filter((one) => !('value' in one) || one.value === MAKE || one.label.toLowerCase().includes(search.trim().toLowerCase()))}
    />
  );
}

/** Not of the title's own: a collection is changed at once, each by itself. */
export function Collections({ whole }: { whole: EditorTitle }) {
  const all = useCollections();
  const member = useCollectionMember(whole.id);
  const nameOf = (one: NonNullable<typeof all.data>[number]): string => (one.texts.find((text) => text.lang === languageNow()) ?? one.texts[0])?.name ?? one.slug;
  const list = all.data ?? [];
  const change = (slugs: string[]) => {
    const one = list.find(({ slug }) => slugs.includes(slug) !== whole.collections.includes(slug));
    if (!one) return;
    const joins = slugs.includes(one.slug);
    const act = (is: boolean) => member.mutate({ collection: one.id, member: is }, { onError: (error) => say(failureText(error), { bad: true }) });
    act(joins);
    say(t(joins ? 'title.joined' : 'title.left', { name: nameOf(one) }), { undo: () => act(!joins) });
  };
  return <MultiSelect label={t('title.collections')} description={list.length ? undefined : t('title.no_collections')} data={list.map((one) => ({ value: one.slug, label: nameOf(one) }))} value={whole.collections} onChange={change} searchable hidePickedOptions disabled={member.isPending} data-testid="collections" />;
}
