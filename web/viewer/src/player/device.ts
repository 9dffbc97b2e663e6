/* device.ts - what this browser can decode and decrypt, as the playback decision wants to know it. */
import type { PlaybackDevice } from '@shared/api/client';
import { deviceId } from '../lib/store';
import { isTv } from '../lib/tv';

const candidates = {
  'avc1.640028': 'video/mp4', 'avc1.640033': 'video/mp4', 'hvc1.1.6.L150.90': 'video/mp4', 'hvc1.2.4.L150.90': 'video/mp4',
  'av01.0.08M.08': 'video/mp4', 'av01.0.12M.10': 'video/mp4', 'mp4a.40.2': 'audio/mp4', opus: 'audio/mp4', 'ec-3': 'audio/mp4',
};
const CLEARKEY = 'org.w3.clearkey';

/** True where segments can be fed to the browser; false on an old iPhone, which plays HLS by itself. */
export const hasMediaSource = (): boolean => 'MediaSource' in window || 'ManagedMediaSource' in window;

function canPlay(codec: string, type: string): boolean {
  const mime = `${type}; codecs="${codec}"`;
  if ('MediaSource' in window) return MediaSource.isTypeSupported(mime);
  return document.createElement('video').canPlayType(mime) !== '';
}

async function hasClearKey(): Promise<boolean> {
  if (!navigator.requestMediaKeySystemAccess) return false; /* an http:// address that isn't localhost */
  try {
    await navigator.requestMediaKeySystemAccess(CLEARKEY, [
      { initDataTypes: ['cenc'], videoCapabilities: [{ contentType: 'video/mp4; codecs="avc1.640028"' }] },
    ]);
    return true;
  } catch {
    return false;
  }
}

export const deviceKind = (): PlaybackDevice['kind'] => (isTv() ? 'tv' : /Android.*Mobile|iPhone/.test(navigator.userAgent) ? 'phone' : 'web');

export function deviceName(): string {
  const agent = navigator.userAgent;
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => agent.includes(`${name}/`)) ?? 'Browser';
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'CrOS', 'Linux'].find((name) => agent.includes(name)) ?? '';
  const said: Record<string, string> = { Edg: 'Edge', OPR: 'Opera', 'Mac OS': 'Mac', CrOS: 'Chromebook' };
  return [said[browser] ?? browser, said[system] ?? system].filter(Boolean).join(' · ');
}

export async function deviceDescribe(): Promise<PlaybackDevice> {
  return {
    id: deviceId(),
    kind: deviceKind(),
    name: deviceName(),
    codecs: Object.entries(candidates).filter(([codec, type]) => canPlay(codec, type)).map(([codec]) => codec),
    drm: (await hasClearKey()) ? [CLEARKEY] : [],
  };
}
