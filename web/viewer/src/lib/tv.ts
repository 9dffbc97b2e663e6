/*
 * tv.ts - is this a television: looked at from three metres, driven by arrows. The system says so, or the person does
 * (Account, or ?tv=1, which is remembered).
 */
import { remember, remembered } from './store';

const AGENTS = /Tizen|Web0S|SMART-?TV|SmartTV|HbbTV|NetCast|BRAVIA|AFT[A-Z]|Android TV|GoogleTV|CrKey|Roku|AppleTV|Viera|VIDAA/i;

export const isTvAgent = (agent: string): boolean => AGENTS.test(agent);

let tv = false;

/** Once, before anything is drawn. */
export function tvDetect(): void {
  const asked = new URLSearchParams(location.search).get('tv');
  if (asked === '1' || asked === '0') tvSet(asked === '1');
  tv = remembered('screen') === 'tv' || isTvAgent(navigator.userAgent);
  document.documentElement.toggleAttribute('data-tv', tv);
}

export const isTv = (): boolean => tv;
/** Takes effect with the next load. */
export const tvSet = (on: boolean): void => remember('screen', on ? 'tv' : '');

/** For text between things that can be pressed: a remote stops at it, so that the page goes on to it. Elsewhere nothing. */
export const tvReads = (): { tabIndex?: number; 'data-read'?: true } => (tv ? { tabIndex: 0, 'data-read': true } : {});
