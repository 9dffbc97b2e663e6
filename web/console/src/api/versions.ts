/* versions.ts - the cuts and languages of one title. Each change answers with the whole title. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { EditorTitle } from '@shared/api/client';

export type Change =
  | { act: 'add'; from: string; label: string; lang: string | null }
  | { act: 'label'; version: string; label: string; lang: string | null }
  | { act: 'drop'; version: string };

export function useVersions(whole: EditorTitle) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: Change): Promise<EditorTitle> => {
      const { id, revision } = whole;
      if (change.act === 'add') return api.editorVersionCreate(id, { from: change.from, label: change.label, lang: change.lang, revision });
      if (change.act === 'label') return api.editorVersionUpdate(id, change.version, { label: change.label, lang: change.lang, revision });
      return api.editorVersionDelete(id, change.version, { revision });
    },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ['title', whole.id] }), client.invalidateQueries({ queryKey: ['title', 'film', whole.slug] }), client.invalidateQueries({ queryKey: ['titles'] })]),
  });
}
