/* config.ts - how Shaka is set up for one playback. */
import type shaka from 'shaka-player/dist/shaka-player.dash-es2021.js';
import type { Playback } from '@shared/api/client';
import { isTest, remember, remembered } from '../lib/store';
import type { Prefs } from './prefs';

const START_BITS_PER_S = 2_500_000; /* before anything is measured: 720p on most ladders */

/** The last film's bandwidth is a better first guess for the next than any constant. */
function paceGuess(): number {
  const pace = Number(remembered('pace'));
  return pace > 100_000 ? pace * 0.8 : START_BITS_PER_S;
}

export function paceRemember(player: shaka.Player): void {
  const pace = player.getStats().estimatedBandwidth;
  if (Number.isFinite(pace) && pace > 0) remember('pace', String(Math.round(pace)));
}

function bufferGoal(): number {
  const asked = isTest() ? Number(new URLSearchParams(location.search).get('bufferGoal')) : 0;
  return asked > 0 ? asked : 40;
}

export function configOf(playback: Playback, prefs: Prefs, profileLang: string): object {
  const languages = [...new Set([prefs.audio, profileLang].filter((lang) => lang !== null))];
  const patient = { maxAttempts: 4, baseDelay: 500, backoffFactor: 2, fuzzFactor: 0.5, timeout: 20_000, stallTimeout: 8_000, connectionTimeout: 10_000 };
  return {
    preferredAudio: languages.map((language) => ({ language })),
    drm: {
      servers: playback.licence ? { [playback.licence.system]: playback.licence.url } : {},
      retryParameters: { ...patient, maxAttempts: 3 },
    },
    manifest: { retryParameters: patient },
    streaming: {
      bufferingGoal: bufferGoal(),
      rebufferingGoal: 1, /* start on the first second; 4 s segments bring more at once */
      bufferBehind: 30,
      retryParameters: patient,
      ignoreTextStreamFailures: true, /* a film without its subtitles beats no film */
    },
    abr: {
      enabled: true,
      defaultBandwidthEstimate: paceGuess(),
      useNetworkInformation: false, /* it caps at 10 Mbit/s and knows nothing of this server */
      restrictToElementSize: true,
      switchInterval: 4,
      bandwidthUpgradeTarget: 0.8,
      bandwidthDowngradeTarget: 0.95,
    },
  };
}
