/* rightsDoc.ts - a title's rights as a flat document that is saved as it is edited (autosave.ts). */
import type { RightsWindow, RightsWindowWrite, TitleRights, TitleRightsChange } from '@shared/api/client';

export type RightsFields = { revision: number; windows: RightsWindowWrite[]; publish_at: string | null; unpublish_at: string | null } & Record<string, unknown>;

/* Of what is all there is: no limit, said as an editor says it. */
const limits = <T,>(list: readonly T[] | undefined, all: number): T[] => (list && list.length < all ? [...list] : []);
const PLATFORMS = 4;
const MODELS = 4;

/** A window as it is written down: without what the server works out of it, and nothing named that limits nothing. */
export const windowPlain = ({ state: _, ...window }: RightsWindow): RightsWindowWrite => ({ ...window, platforms: limits(window.platforms, PLATFORMS), models: limits(window.models, MODELS) });

export const fieldsOfRights = (rights: TitleRights): RightsFields => ({
  revision: rights.revision,
  windows: rights.windows.map(windowPlain),
  publish_at: rights.publish_at,
  unpublish_at: rights.unpublish_at,
});

export const changeOfRights = (fields: RightsFields): TitleRightsChange => ({ revision: fields.revision, windows: fields.windows, publish_at: fields.publish_at, unpublish_at: fields.unpublish_at });

export const windowNew = (holdback = false): RightsWindowWrite => ({ territories: [], except: [], platforms: [], models: [], starts_at: null, ends_at: null, holdback, exclusive: false, licensor: '', note: '' });

/** What is wrong with a window before it is sent. */
export function windowFault(window: RightsWindowWrite): 'ends_first' | null {
  return window.starts_at && window.ends_at && Date.parse(window.ends_at) <= Date.parse(window.starts_at) ? 'ends_first' : null;
}
