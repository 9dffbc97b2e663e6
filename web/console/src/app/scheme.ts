/* scheme.ts - dark or light: as the computer has it, or as somebody chose here. */
import type { MantineColorScheme, MantineColorSchemeManager } from '@mantine/core';
import { remember, remembered } from '../lib/prefs';

const isScheme = (text: string): text is MantineColorScheme => text === 'light' || text === 'dark' || text === 'auto';

export const schemeManager: MantineColorSchemeManager = {
  get: (or) => {
    const kept = remembered('scheme');
    return isScheme(kept) ? kept : or;
  },
  set: (value) => remember('scheme', value),
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => remember('scheme', ''),
};
