/* device.ts - what this browser can decode and decrypt, as the playback decision wants to know it. */
import type { PlaybackDevice } from '@shared/api/client';
import { deviceId } from '../lib/store';
import { isTv } from '../lib/tv';

const candidates = {
  'avc1.640028': 'video/mp4', 'avc1.640033': 'video/mp4', 'hvc1.1.6.L150.90': 'video/mp4', 'hvc1.2.4.L150.90': 'video/mp4',
  'av01.0.08M.08': 'video/mp4', 'av01.0.12M.10': 'video/mp4', 'mp4a.40.2': 'audio/mp4', opus: 'audio/mp4', 'ec-3': 'audio/mp4',
};
const CLEARKEY = 'org.w3.clearkey';
/* Other systems, and their levels from the best to the least: the first that opens is what the device has. Chromium complains where Widevine is asked
 * without one. */
const modules: Record<string, string[]> = {
  'com.widevine.alpha': ['HW_SECURE_ALL', 'HW_SECURE_DECODE', 'HW_SECURE_CRYPTO', 'SW_SECURE_DECODE', 'SW_SECURE_CRYPTO'],
  'com.microsoft.playready.recommendation': ['3000', '2000', ''],
  'com.apple.fps': [''],
};

/** True where segments can be fed to the browser; false on an old iPhone, which plays HLS by itself. */
export const hasMediaSource = (): boolean => 'MediaSource' in window || 'ManagedMediaSource' in window;

function canPlay(codec: string, type: string): boolean {
  const mime = `${type}; codecs="${codec}"`;
  if ('MediaSource' in window) return MediaSource.isTypeSupported(mime);
  return document.createElement('video').canPlayType(mime) !== '';
}

async function opens(system: string, robustness = ''): Promise<boolean> {
  if (!navigator.requestMediaKeySystemAccess) return false; /* an http:// address that isn't localhost */
  try {
    await navigator.requestMediaKeySystemAccess(system, [
      { initDataTypes: ['cenc', 'sinf', 'skd'], videoCapabilities: [{ contentType: 'video/mp4; codecs="avc1.640028"', robustness }] },
    ]);
    return true;
  } catch {
    return false;
  }
}

async function levelOf(system: string, levels: string[]): Promise<string | null> {
  if (!(await opens(system, levels.at(-1)))) return null;
  for (const level of levels) if (await opens(system, level)) return level;
  return null;
}

type Protection = Required<Pick<PlaybackDevice, 'drm' | 'robustness'>>;
let known: Promise<Protection> | null = null; /* asking a system takes its time, and the answer stays */

async function protectionAsk(): Promise<Protection> {
  const found = await Promise.all(Object.entries(modules).map(async ([system, levels]) => ({ system, level: await levelOf(system, levels) })));
  const robustness = found.flatMap(({ system, level }) => (level === null ? [] : [{ system, level }]));
  return { drm: [...((await opens(CLEARKEY)) ? [CLEARKEY] : []), ...robustness.map((r) => r.system)], robustness };
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
    hdr: matchMedia('(dynamic-range: high)').matches,
    ...(await (known ??= protectionAsk())),
  };
}
