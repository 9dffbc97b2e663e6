/* bulkEdit.ts - many titles changed at once, and back: genres, tags, rights, the schedule. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import * as api from '@shared/api/client';
import type { RightsWindowWrite, TitleRightsChange } from '@shared/api/client';
import { doMany, listChanged, type Back, type ListChange, type Many } from '../lib/many';
import { changeOfRights, fieldsOfRights } from '../lib/rightsDoc';

export interface BulkWords {
  genres: ListChange | null;
  tags: ListChange | null;
}
export interface BulkRights {
  window: { how: 'add' | 'replace'; window: RightsWindowWrite } | null;
  /** undefined: as it is; null: not by the clock. */
  publishAt: string | null | undefined;
  unpublishAt: string | null | undefined;
}
export type BulkChange = { words: BulkWords } | { rights: BulkRights };

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

async function wordsChange(id: string, { genres, tags }: BulkWords): Promise<Back | null> {
  const was = await api.editorTitleGet(id);
  const next = { genres: genres ? listChanged(was.genres, genres) : was.genres, tags: tags ? listChanged(was.tags, tags) : was.tags };
  if (same(next, { genres: was.genres, tags: was.tags })) return null;
  await api.editorTitleUpdate(id, { revision: was.revision, ...next });
  return () => api.editorTitleUpdate(id, { genres: was.genres, tags: was.tags });
}

async function rightsChange(id: string, { window, publishAt, unpublishAt }: BulkRights): Promise<Back | null> {
  const was = changeOfRights(fieldsOfRights(await api.editorTitleRightList(id)));
  const next: TitleRightsChange = {
    ...was,
    windows: window ? (window.how === 'add' ? [...was.windows, window.window] : [window.window]) : was.windows,
    publish_at: publishAt === undefined ? was.publish_at : publishAt,
    unpublish_at: unpublishAt === undefined ? was.unpublish_at : unpublishAt,
  };
  if (same(next, was)) return null;
  await api.editorTitleRightReplace(id, next);
  return () => api.editorTitleRightReplace(id, { ...was, revision: undefined });
}

/** The chosen, and all that is part of them: seasons, episodes; each once. */
async function withParts(ids: readonly string[]): Promise<string[]> {
  const all = new Set(ids);
  const look = async (parent: string): Promise<void> => {
    let cursor: string | undefined;
    do {
      const page = await api.editorTitleList({ parent, cursor, limit: 50 });
      for (const one of page.items) {
        if (one.kind !== 'season' && one.kind !== 'episode') continue;
        all.add(one.id);
        if (one.kind === 'season') await look(one.id);
      }
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
  };
  for (const id of ids) await look(id);
  return [...all];
}

export function useBulkEdit() {
  const client = useQueryClient();
  const [progress, setProgress] = useState<{ done: number; all: number } | null>(null);
  const settled = async () => {
    setProgress(null);
    await Promise.all([['titles'], ['title'], ['rights']].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  const edit = useMutation({
    mutationFn: async ({ ids, parts, change }: { ids: readonly string[]; parts: boolean; change: BulkChange }): Promise<Many> => {
      const list = parts ? await withParts(ids) : ids;
      setProgress({ done: 0, all: list.length });
      return await doMany(list, (id) => ('words' in change ? wordsChange(id, change.words) : rightsChange(id, change.rights)), (done) => setProgress({ done, all: list.length }));
    },
    onSettled: settled,
  });
  const back = useMutation({ mutationFn: (backs: readonly Back[]): Promise<Many> => doMany(backs, async (one) => (await one(), null)), onSettled: settled });
  return { edit, back, progress };
}
