/* subtitles.ts - a title's subtitles, and one of them with its cues. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { Cue, CueList, Subtitle, SubtitleChange } from '@shared/api/client';

export type { Cue, CueLimits, Subtitle, SubtitleChange, SubtitleRevision } from '@shared/api/client';

const listKey = (title: string) => ['subtitles', title];
const cuesKey = (id: string) => ['subtitle', id, 'cues'];

export const useSubtitles = (title: string) =>
  useQuery({
    queryKey: listKey(title),
    queryFn: async ({ signal }): Promise<Subtitle[]> => {
      const items: Subtitle[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = await api.titleSubtitles(title, { limit: 100, cursor }, { signal });
        items.push(...page.items);
        if (!page.next_cursor) return items;
        cursor = page.next_cursor;
      }
    },
  });

function useChanged(title: string) {
  const client = useQueryClient();
  return () => Promise.all([client.invalidateQueries({ queryKey: listKey(title) }), client.invalidateQueries({ queryKey: ['subtitle'] }), client.invalidateQueries({ queryKey: ['title', 'film'] })]);
}

/** What the server takes; more is no subtitles. */
export const SUBTITLE_FILE_MAX = 16 << 20;
/** Files of this visit, so that one can be read in another encoding without being looked for again. */
const sent = new Map<string, File>();
export const subtitleFileSent = (id: string): File | undefined => sent.get(id);

const binary = { headers: { 'content-type': 'application/octet-stream' } };
export function useSubtitleAdd(title: string) {
  const changed = useChanged(title);
  return useMutation({ mutationFn: (file: File) => api.addSubtitles(title, file, { file_name: file.name.slice(-200) }, binary), onSuccess: (one, file) => sent.set(one.id, file), onSettled: changed });
}
export function useSubtitleReplace(title: string) {
  const changed = useChanged(title);
  return useMutation({
    mutationFn: ({ one, file, encoding }: { one: Subtitle; file: File; encoding?: string | undefined }) =>
      api.replaceSubtitles(one.id, file, { revision: one.revision, file_name: file.name.slice(-200), encoding }, binary),
    onSuccess: (one, { file }) => sent.set(one.id, file),
    onSettled: changed,
  });
}
export function useSubtitleChange(title: string) {
  const changed = useChanged(title);
  return useMutation({ mutationFn: ({ id, ...change }: SubtitleChange & { id: string }) => api.changeSubtitle(id, change), onSettled: changed });
}
export function useSubtitleRemove(title: string) {
  const changed = useChanged(title);
  return useMutation({ mutationFn: (one: Subtitle) => api.removeSubtitle(one.id, { revision: one.revision }), onSettled: changed });
}
export function useSubtitleRevert(title: string) {
  const changed = useChanged(title);
  return useMutation({ mutationFn: ({ id, revision, to }: { id: string; revision: number; to: number }) => api.revertSubtitle(id, { revision, to }), onSettled: changed });
}
export const useSubtitleRevisions = (id: string, enabled: boolean) =>
  useQuery({ queryKey: ['subtitle', id, 'revisions'], queryFn: ({ signal }) => api.subtitleRevisions(id, { limit: 50 }, { signal }), enabled, select: (page) => page.items, staleTime: 0 });

export interface SubtitleDoc {
  one: Subtitle;
  list: Omit<CueList, 'cues' | 'warnings' | 'next_cursor'>;
  cues: Cue[];
}
/** All of it at one revision: where it changes between two pages, from the start. */
async function docRead(id: string, signal: AbortSignal, tries = 3): Promise<SubtitleDoc> {
  const one = await api.subtitle(id, { signal });
  const cues: Cue[] = [];
  for (let cursor: string | undefined; ; ) {
    const page: CueList = await api.subtitleCues(id, { limit: 5000, cursor }, { signal });
    if (page.revision !== one.revision && tries > 0) return await docRead(id, signal, tries - 1);
    cues.push(...page.cues);
    if (!page.next_cursor) return { one, list: page, cues };
    cursor = page.next_cursor;
  }
}
export const useSubtitleDoc = (id: string) => useQuery({ queryKey: cuesKey(id), queryFn: ({ signal }) => docRead(id, signal), staleTime: Infinity, gcTime: 0 });

export function useCuesSave(title: string, id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { revision: number; cues: Cue[] }) => api.saveCues(id, body),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: listKey(title) }), client.invalidateQueries({ queryKey: ['subtitle', id, 'revisions'] })]),
  });
}

export const subtitleFileUrl = (id: string, format: 'vtt' | 'srt'): string => `/api/v1/editor/subtitles/${id}/file?format=${format}`;
