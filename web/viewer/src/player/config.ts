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

/** The module is opened with what Play let this device in for: less, and its licence would be refused. */
function drmOf(licence: Playback['licence']): object {
  if (!licence) return { servers: {} };
  const { system, url, audio_robustness, video_robustness, certificate_url } = licence;
  if (system === 'org.w3.clearkey') return { servers: { [system]: url } };
  const asked = {
    ...(audio_robustness && { audioRobustness: [audio_robustness] }),
    ...(video_robustness && { videoRobustness: [video_robustness] }),
    ...(certificate_url && { serverCertificateUri: certificate_url }),
  };
  /* PlayReady takes levels by its newer name alone. */
  const keySystemsMapping = system === 'com.microsoft.playready' ? { [system]: `${system}.recommendation` } : {};
  return { servers: { [system]: url }, preferredKeySystems: [system], keySystemsMapping, advanced: { [system]: asked } };
}

export function configOf(playback: Playback, prefs: Prefs, profileLang: string): object {
  const languages = [...new Set([prefs.audio, profileLang].filter((lang) => lang !== null))];
  const patient = { maxAttempts: 4, baseDelay: 500, backoffFactor: 2, fuzzFactor: 0.5, timeout: 20_000, stallTimeout: 8_000, connectionTimeout: 10_000 };
  return {
    preferredAudio: languages.map((language) => ({ language })),
    drm: {
      ...drmOf(playback.licence),
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
