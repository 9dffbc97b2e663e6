// Whose is each id that a viewer's route takes? One line for every one of them; test/flow/security-routes.spec.ts fails
// when a route takes an id that stands not here, or when a line here speaks of a route that is gone.
//
// own       names a row of one account, of this kind (test/lib/world.ts makes them): somebody else must get the same
//           answer, 403 or 404, as for a row that is not there, and change nothing
// silent    as own, but the answer may be a success that tells nothing and touches nothing of the other's
// common    belongs to no account: a title, a price. The reason is for the reader
// bearer    a secret in itself: whoever has it may
// tested    of what no test world of ours has: the test that tries it
import type { Owned } from './world.ts';

type Body = Record<string, unknown> | string; // text: sent as it is
export type Recipe = { own: Owned; body?: Body } | { silent: Owned; body?: Body } | { common: string } | { bearer: string } | { tested: string };

const title = { common: 'titles are the same for everybody; what is said of one goes to the profile that asks' };

const service = { common: 'a service to sign in through is the same for everybody' };

/** By "METHOD path", then by parameter ("id") or field of the body ("device.id"). */
export const recipes: Record<string, Record<string, Recipe>> = {
  'PUT /api/v1/session/profile': { profile: { own: 'profile' } },
  'DELETE /api/v1/sessions/{id}': { id: { own: 'otherSession' } },
  'DELETE /api/v1/devices/{id}': { id: { own: 'device' } },
  'PATCH /api/v1/devices/{id}': { id: { own: 'device', body: { name: 'Mallory' } } },
  'POST /api/v1/device/code': { device_id: { tested: 'test/flow/pairing.spec.ts' } },
  'PATCH /api/v1/profiles/{id}': { id: { own: 'profile', body: { name: 'Mallory', kids: false, password: 'a long enough password' } } },
  'PUT /api/v1/profiles/{id}/pin': { id: { own: 'profile', body: { pin: '1234', password: 'a long enough password' } } },
  'DELETE /api/v1/profiles/{id}': { id: { own: 'otherProfile' } },

  'PATCH /api/v1/passkeys/{id}': { id: { tested: 'test/flow/passkey.spec.ts' } },
  'DELETE /api/v1/passkeys/{id}': { id: { tested: 'test/flow/passkey.spec.ts' } },

  'POST /api/v1/oidc/providers/{provider}/authorization': { provider: service },
  'POST /api/v1/oidc/providers/{provider}/session': { provider: service },
  'POST /api/v1/oidc/providers/{provider}/link-authorization': { provider: service },
  'POST /api/v1/oidc/providers/{provider}/link': { provider: service },
  'DELETE /api/v1/account-links/{id}': { id: { tested: 'test/flow/oidc.spec.ts' } },

  'GET /api/v1/titles/{slug}': { slug: title },
  'GET /api/v1/people/{slug}': { slug: { common: 'who makes films is the same for everybody' } },
  'GET /api/v1/collections/{slug}': { slug: { common: 'a collection is the same for everybody' } },
  'GET /api/v1/titles/{id}/access': { id: title },
  'GET /api/v1/titles/{id}/offers': { id: title },
  'DELETE /api/v1/history/{id}': { id: title },
  'GET /api/v1/title-states/{id}': { id: title },
  'PUT /api/v1/title-states/{id}/list': { id: title },
  'PUT /api/v1/title-states/{id}/rating': { id: title },
  'PUT /api/v1/title-states/{id}/watched': { id: title },

  'POST /api/v1/subscription': { price_id: { common: 'a price is the same for everybody' } },
  'POST /api/v1/subscription/change': { price_id: { common: 'a price is the same for everybody' } },
  'POST /api/v1/billing/quote': { price_id: { common: 'a price is the same for everybody' }, offer_id: { common: 'an offer is the same for everybody' } },
  'POST /api/v1/purchases': { offer_id: { common: 'an offer is the same for everybody' } },
  'POST /api/v1/payments/{id}/confirm': { id: { own: 'openPayment', body: {} } },
  'GET /api/v1/invoices/{id}': { id: { own: 'invoice' } },
  'GET /api/v1/invoices/{id}/page': { id: { own: 'invoice' } },
  'GET /api/v1/invoices/{id}/pdf': { id: { own: 'invoice' } },
  'GET /api/v1/invoices/{id}/credit-notes/{number}/pdf': { id: { own: 'invoice' }, number: { common: 'counts the notes of an invoice' } },
  'POST /api/v1/billing/method/setups/{id}/confirm': { id: { tested: 'test/flow/billing-stripe.spec.ts' } },
  'PUT /api/v1/test-store/{receipt}': { receipt: { tested: 'test/flow/store.spec.ts' } },
  'POST /api/v1/webhooks/roku/{secret}': { secret: { bearer: 'only Roku was told it; the test of the app stores tries others' } },
  'GET /api/v1/test-gateway/{id}': { id: { own: 'charge' } },
  'POST /api/v1/test-gateway/{id}/answer': { id: { own: 'charge', body: 'accept=no' } },
  'POST /api/v1/test-gateway/{id}': { id: { own: 'charge', body: { accept: false } } },

  'POST /api/v1/playback': {
    title_id: title,
    version_id: { common: 'a cut of a title is the same for everybody' },
    'device.id': { silent: 'device', body: { title_id: '', device: { kind: 'web', codecs: ['avc1.640028', 'mp4a.40.2'], drm: ['org.w3.clearkey'] } } },
  },
  'POST /api/v1/playbacks/{id}/heartbeat': { id: { own: 'playback', body: { position_s: 1.5, state: 'ended', seq: 900 } } },
  'POST /api/v1/playbacks/{id}/stop': { id: { own: 'playback' } },
  ...Object.fromEntries(['widevine', 'playready', 'fairplay'].map((s) => [
    `POST /api/v1/licence/${s}/{grant}`, { grant: { bearer: 'signed by us for one playback and this system; a test of its own tries others' } },
  ])),
  'POST /api/v1/licence/clearkey/{grant}': { grant: { bearer: 'signed by us for one playback; a test of its own tries foreign and old ones' } },

  'POST /api/v1/client-events': {
    device_id: { silent: 'device' },
    'events.playback_id': { silent: 'playback' },
    'events.title_id': title,
    'events.impression.title_id': title,
  },
};
