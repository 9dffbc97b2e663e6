import { describe, expect, test } from 'vitest';
import { ApiError, type Playback } from '@shared/api/client';
import { configOf } from '../src/player/config';
import { errorOfApi, errorOfShaka, isExpired } from '../src/player/errors';
import { commandOf, keyHelp, speedNext } from '../src/player/keys';
import { pictureBottom } from '../src/player/usePictureBottom';
import { STALL_S, StallWatch } from '../src/player/stall';
import { textWanted, type Prefs } from '../src/player/prefs';
import { rungName, rungsOf } from '../src/player/rungs';
import { en } from '../src/messages/en';

describe('names of picture sizes', () => {
  test.each([
    [1920, 1080, 1080], [1920, 804, 1080], [1280, 536, 720], [854, 480, 480], [426, 240, 240], [1080, 1920, 1080], [608, 1080, 608],
    [3840, 2160, 2160], [800, 332, 432], [1024, 500, 576], [700, 394, 394], [3026, 1386, 1702],
  ])('%ix%i is %ip', (width, height, name) => expect(rungName(width, height)).toBe(name));

  test('a size is listed once, with its best bit rate, best first, active if any of it is', () => {
    const variant = (id: number, height: number, bandwidth: number, active = false) => ({ id, width: (height * 16) / 9, height, bandwidth, active });
    const rungs = rungsOf([variant(1, 360, 5e5), variant(2, 1080, 4e6), variant(3, 1080, 5e6), variant(4, 360, 6e5, true), { id: 9, width: null, height: null, bandwidth: 1, active: false }]);
    expect(rungs.map((r) => [r.id, r.name, r.active])).toEqual([[3, 1080, false], [4, 360, true]]);
  });
});

describe('errors', () => {
  const http = (status: number) => ({ category: 1, code: 1001, severity: 2, data: ['/x', status] });
  test('every kind has its words', () => {
    const all = [
      ...['playback.not_found', 'playback.not_published', 'playback.not_ready', 'playback.device_unsupported', 'playback.output_policy', 'playback.signed_out', 'other'].map((code) => errorOfApi(new ApiError(403, code, ''), true)),
      ...[1, 2, 3, 4, 5, 6, 7].map((category) => errorOfShaka({ category, code: 1, severity: 2 }, true)),
      errorOfApi(new ApiError(0, 'network', ''), true),
      errorOfShaka({ category: 6, code: 6001, severity: 2 }, false),
      errorOfApi(new Error('?'), true),
    ];
    for (const error of all) {
      expect(en).toHaveProperty([error.title]);
      expect(en).toHaveProperty([error.detail]);
    }
  });
  test('a refusal keeps its code and its cure', () => {
    expect(errorOfApi(new ApiError(409, 'playback.not_ready', ''), true)).toMatchObject({ title: 'play_error.not_ready', code: 'P-409 playback.not_ready', cure: 'retry' });
    expect(errorOfApi(new ApiError(401, 'unauthenticated', ''), true).cure).toBe('sign_in');
  });
  test('a device without a secure context is told about the address, not about itself', () => {
    expect(errorOfApi(new ApiError(403, 'playback.device_unsupported', ''), false).title).toBe('play_error.insecure');
  });
  test('403 on a segment or, wrapped, on a licence is an expired right; 404 and 503 are not', () => {
    expect([http(403), { category: 6, code: 6007, severity: 2, data: [http(403)] }].map(isExpired)).toEqual([true, true]);
    expect([http(404), http(503), { category: 3, code: 3016, severity: 2 }].map(isExpired)).toEqual([false, false, false]);
    expect(errorOfShaka(http(503), true).code).toBe('S-1001.503');
  });
});

describe('what Shaka is told of protection', () => {
  const licence = { system: 'com.widevine.alpha', scheme: 'cbcs', url: '/l', audio_robustness: '', video_robustness: 'HW_SECURE_ALL', certificate_url: null } as const;
  const drmOf = (l: object | null) => (configOf({ licence: l } as unknown as Playback, { audio: null } as unknown as Prefs, 'en') as { drm: Record<string, unknown> }).drm;
  test('the module is opened with what Play asked for', () => {
    expect(drmOf(licence)).toMatchObject({ servers: { 'com.widevine.alpha': '/l' }, advanced: { 'com.widevine.alpha': { videoRobustness: ['HW_SECURE_ALL'] } }, keySystemsMapping: {} });
    expect(drmOf({ ...licence, system: 'com.microsoft.playready', video_robustness: '3000' })).toMatchObject({ keySystemsMapping: { 'com.microsoft.playready': 'com.microsoft.playready.recommendation' } });
    expect(drmOf({ ...licence, system: 'com.apple.fps', video_robustness: '', certificate_url: '/c' })).toMatchObject({ advanced: { 'com.apple.fps': { serverCertificateUri: '/c' } } });
  });
  test('ClearKey and clear films need an address at most', () => {
    expect(drmOf({ ...licence, system: 'org.w3.clearkey' })).toMatchObject({ servers: { 'org.w3.clearkey': '/l' } });
    expect(drmOf({ ...licence, system: 'org.w3.clearkey' })).not.toHaveProperty('advanced');
    expect(drmOf(null)).toMatchObject({ servers: {} });
  });
});

describe('keys', () => {
  const press = (key: string, more = {}) => commandOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...more });
  test('letters work in either case, digits jump, a browser shortcut is left alone', () => {
    expect(press('K')).toEqual(press('k'));
    expect(press('7')).toEqual({ do: 'jump', to: 0.7 });
    expect(press('l')).toEqual({ do: 'seek', by_s: 10 });
    expect(press('f', { ctrlKey: true })).toBeNull();
    expect(press('x')).toBeNull();
  });
  test('the help lists only keys that do something', () => {
    const shown: Record<string, string> = { 'keys.space': ' ', Esc: 'Escape', '←': 'ArrowLeft', '→': 'ArrowRight', '↑': 'ArrowUp', '↓': 'ArrowDown' };
    for (const key of keyHelp.flatMap((line) => line.keys)) expect(press(shown[key] ?? key), key).not.toBeNull();
  });
  test('speed goes step by step and stops at the ends', () => {
    expect([speedNext(1, 1), speedNext(1, -1), speedNext(2, 1), speedNext(0.5, -1)]).toEqual([1.25, 0.75, 2, 0.5]);
  });
});

test('subtitles start as chosen last; unasked only where the film speaks another language', () => {
  const prefs = { volume: 1, muted: false, audio: null, text: null, textLast: null };
  expect(textWanted(prefs, 'en', 'en-US')).toBeNull();
  expect(textWanted(prefs, 'en', 'fr')).toBe('en');
  expect(textWanted(prefs, 'en', null)).toBeNull();
  expect(textWanted({ ...prefs, text: 'off' }, 'en', 'fr')).toBeNull();
  expect(textWanted({ ...prefs, text: 'de' }, 'en', 'en')).toBe('de');
});

test('subtitles keep to the picture, whichever way the bars lie', () => {
  expect(pictureBottom({ width: 390, height: 844 }, { width: 1920, height: 1080 })).toBeCloseTo(312.3, 1);
  expect(pictureBottom({ width: 1920, height: 1080 }, { width: 1080, height: 1920 })).toBe(0);
  expect(pictureBottom({ width: 100, height: 100 }, { width: 0, height: 0 })).toBe(0);
});

test('a stall is eight seconds of wanting to play with neither a frame nor a byte', () => {
  const watch = new StallWatch();
  const tick = (position_s: number, bytes = 0, wants = true) => watch.tick({ wants, position_s, bytes });
  for (let s = 0; s <= 20; s++) expect(tick(s), 'playing').toBe(false);
  for (let s = 0; s <= 20; s++) expect(tick(20, s + 1), 'loading').toBe(false);
  for (let s = 0; s <= 20; s++) expect(tick(20, 21, false), 'paused').toBe(false);
  expect(Array.from({ length: STALL_S }, () => tick(20, 21))).toEqual([...Array<boolean>(STALL_S - 1).fill(false), true]);
});
