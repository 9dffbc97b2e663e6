/* storefront.ts - what stands on the viewers' first page and how the house looks. Both are documents with a revision: who saves over another's is told. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import * as api from '@shared/api/client';
import type { Billboard, StorefrontPreview, StorefrontRow, Theme, TitleCard } from '@shared/api/client';
import { languageNow } from '../messages';

const words = (): Record<string, string> => ({ 'accept-language': languageNow() });
const home = ['storefront'];
const look = ['theme'];

/** With ids always: lists and undo need them. */
export type Row = StorefrontRow & { id: string };
export type Board = Billboard & { id: string };
export interface Layout {
  rows: Row[];
  billboards: Board[];
}

/** As the server takes it, and its analytics. */
export const partId = (): string => crypto.randomUUID();
const withId = <T extends { id?: string }>(one: T): T & { id: string } => ({ ...one, id: one.id ?? partId() });

export const layoutOf = (whole: api.Storefront): Layout => ({ rows: whole.rows.map(withId), billboards: whole.billboards.map(withId) });

export const useStorefront = () => useQuery({ queryKey: home, queryFn: ({ signal }) => api.editorStorefrontGet({ signal, headers: words() }), staleTime: 0 });

export function useStorefrontSave() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ revision, layout }: { revision: number; layout: Layout }) => api.editorStorefrontReplace({ revision, ...layout }, { headers: words() }),
    onSuccess: (saved) => client.setQueryData(home, saved),
  });
}

export function useStorefrontReset() {
  const client = useQueryClient();
  return useMutation({ mutationFn: () => api.editorStorefrontDelete({ headers: words() }), onSuccess: (saved) => client.setQueryData(home, saved) });
}

/** The page that somebody would see, of what is on the screen, saved or not. */
export const usePreview = (ask: StorefrontPreview) =>
  useQuery({ queryKey: [...home, 'preview', ask], queryFn: ({ signal }) => api.editorStorefrontPreviewCreate(ask, { signal }), placeholderData: keepPreviousData, staleTime: 30_000, gcTime: 60_000 });

export const useTheme = () => useQuery({ queryKey: look, queryFn: ({ signal }) => api.editorStorefrontThemeGet({ signal }), staleTime: 0 });

function useLook<A>(act: (args: A) => Promise<Theme>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: act, onSuccess: (saved) => client.setQueryData(look, saved) });
}
export const useThemeSave = () => useLook((body: api.ThemeSave) => api.editorStorefrontThemeReplace(body));
export const useLogo = () =>
  useLook((file: File | null) => (file ? api.editorStorefrontThemeLogoReplace(file, { headers: { 'content-type': file.type || 'application/octet-stream' } }) : api.editorStorefrontThemeLogoDelete()));

export const cardsById = (cards: readonly TitleCard[]): Map<string, TitleCard> => new Map(cards.map((card) => [card.id, card]));
