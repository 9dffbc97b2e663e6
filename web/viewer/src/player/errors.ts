/*
 * errors.ts - failures of playback, in words. The server's refusals and Shaka's numbers both end here; the code is
 * what a viewer reads to support ("P-409 playback.not_ready", "S-1001.503").
 */
import { ApiError, type AccessWay, type Device, type Stream } from '@shared/api/client';
import type { PlainKey } from '../messages';

export type Cure = 'retry' | 'sign_in' | 'leave' | 'offers' | 'mend';
export type PlayError = { title: PlainKey; detail: PlainKey; code: string; cure: Cure; watching?: Stream[]; devices?: Device[]; way?: AccessWay };
type Kind = 'network' | 'licence' | 'media' | 'insecure' | 'unknown' | 'signed_out' | 'not_found' | 'not_published' | 'not_ready' | 'device' | 'too_many' | 'too_many_devices' | 'stopped' | 'replaced' | Paid;
type Paid = 'plan_required' | 'upgrade_required' | 'rental_required' | 'rental_over' | 'payment_overdue' | 'subscription_paused' | 'held_back' | 'not_here' | 'not_offered' | 'not_yet' | 'over' | 'platform';

const cures: Record<Kind, Cure> = {
  network: 'retry', licence: 'retry', media: 'leave', insecure: 'leave', unknown: 'retry',
  signed_out: 'sign_in', not_found: 'leave', not_published: 'leave', not_ready: 'retry', device: 'leave', too_many: 'retry', too_many_devices: 'retry', stopped: 'retry', replaced: 'retry',
  plan_required: 'offers', upgrade_required: 'offers', rental_required: 'offers', rental_over: 'offers',
  payment_overdue: 'mend', subscription_paused: 'mend', held_back: 'leave', not_here: 'leave', not_offered: 'leave', not_yet: 'leave', over: 'leave', platform: 'leave',
};

function make(kind: Kind, code: string): PlayError {
  return { title: `play_error.${kind}`, detail: `play_error.${kind}_detail`, code, cure: cures[kind] };
}

const refusals: Record<string, Kind> = {
  'playback.not_found': 'not_found',
  'playback.not_published': 'not_published',
  'playback.not_ready': 'not_ready',
  'playback.device_unsupported': 'device',
  'playback.output_policy': 'device',
  'playback.signed_out': 'signed_out',
  'playback.too_many_streams': 'too_many',
  'playback.too_many_devices': 'too_many_devices',
  'playback.stopped': 'stopped',
  'playback.replaced': 'replaced',
  'playback.plan_required': 'plan_required',
  'playback.upgrade_required': 'upgrade_required',
  'playback.rental_required': 'rental_required',
  'playback.rental_over': 'rental_over',
  'playback.payment_overdue': 'payment_overdue',
  'playback.subscription_paused': 'subscription_paused',
  'playback.held_back': 'held_back',
  'playback.not_here': 'not_here',
  'playback.not_offered': 'not_offered',
  'playback.rights_not_here': 'not_here',
  'playback.rights_not_yet': 'not_yet',
  'playback.rights_over': 'over',
  'playback.rights_platform': 'platform',
};

/** Why the server gave no playback. */
export function errorOfApi(error: unknown, secure: boolean): PlayError {
  if (!(error instanceof ApiError)) return make('unknown', 'P-0');
  if (error.status === 0) return make('network', 'P-0 network');
  const code = `P-${error.status} ${error.code}`;
  if (error.status === 401) return make('signed_out', code);
  if (error.status === 404) return make('not_found', code);
  const kind = refusals[error.code] ?? 'unknown';
  const shown = make(kind === 'device' && !secure ? 'insecure' : kind, code);
  const { watching, devices, access } = error.problem;
  const way = (access as { way?: AccessWay | null } | undefined)?.way;
  return {
    ...shown,
    ...(Array.isArray(watching) && { watching: watching as Stream[] }),
    ...(Array.isArray(devices) && { devices: devices as Device[] }),
    ...(way && { way }),
  };
}

/** A child is told of no price and led to no checkout. */
export const errorForKids = (error: PlayError): PlayError =>
  error.cure === 'offers' || error.cure === 'mend' ? { title: 'play_error.kids', detail: 'play_error.kids_detail', code: error.code, cure: 'leave' } : error;

/* The fields of shaka.util.Error that matter. Categories: 1 network, 3 media, 4 manifest, 5 streaming, 6 DRM. */
export type ShakaError = { category: number; code: number; severity: number; data?: unknown[] };

const BAD_HTTP_STATUS = 1001;
const LICENSE_REQUEST_FAILED = 6007;

/** The HTTP status in a Shaka error, also where it is wrapped by a licence error. */
export function statusOf(error: ShakaError): number | null {
  if (error.code === BAD_HTTP_STATUS && typeof error.data?.[1] === 'number') return error.data[1];
  const inner = error.code === LICENSE_REQUEST_FAILED ? (error.data?.[0] as ShakaError | undefined) : undefined;
  return inner ? statusOf(inner) : null;
}

/** The path's token or the licence's grant has run out: a new playback cures it. */
export const isExpired = (error: ShakaError): boolean => [401, 403, 410].includes(statusOf(error) ?? 0);

export function errorOfShaka(error: ShakaError, secure: boolean): PlayError {
  const status = statusOf(error);
  const code = status === null ? `S-${error.code}` : `S-${error.code}.${status}`;
  if (error.category === 6) return make(secure ? 'licence' : 'insecure', code);
  if (error.category === 1) return make('network', code);
  return make(error.category === 3 || error.category === 4 ? 'media' : 'unknown', code);
}

export const errorStalled = (): PlayError => make('unknown', 'S-0 stalled');
export const errorSignedOut = (): PlayError => make('signed_out', 'P-401');
