// What is held about a person, table by table: where the archive tells it, and what erasure leaves. test/lib/erasure_tests.ts
// fails when a table holds something of a person and stands not here, or stands here and holds nothing.
//
// told     the path in GET /api/v1/me/export; or why the archive has it not
// left     undefined: erasure leaves no row with an id of the person. Else why one may stay; the person's words never do
// fleeting what comes goes again at once, so that there may be nothing to find before
export interface Held {
  told: string | { not: string };
  left?: string;
  fleeting?: true;
}
const secret = { not: 'a hash or a key: it would let whoever has the archive in' };
const law = 'tax and commercial law want it for years: under a random number that is written nowhere else, without address and reasons';
const ids = 'ids of sessions and accounts that are gone, for 30 days: nobody’s any more';

export const held: Record<string, Held> = {
  account: { told: 'identity.email' },
  profile: { told: 'identity.profiles' },
  session: { told: 'identity.sessions' },
  device: { told: 'identity.devices' },
  known_browser: { told: 'identity.browsers' },
  device_grant: { told: 'identity.pairings' },
  audit: { told: 'identity.record', left: 'what was done stays provable; who did it is emptied' },
  account_code: { told: secret },
  passkey: { told: 'passkey.passkeys' },
  account_link: { told: 'oidc.links' },
  second_factor: { told: 'factor.enrolled' },
  recovery_code: { told: secret },
  mail_outbox: { told: { not: 'letters on their way to the person' }, fleeting: true },
  reset_request: { told: { not: 'for a second, until the worker has looked' }, fleeting: true },
  sign_in_note: { told: { not: 'for a second, until the worker has looked' }, fleeting: true },
  progress: { told: 'viewing.progress' },
  list_item: { told: 'viewing.my_list' },
  title_rating: { told: 'viewing.ratings' },
  playback: { told: 'playback.playbacks' },
  upload: { told: { not: 'a viewer has none; whoever sends films finds them as upload.uploads (test/unit/service/test_upload.c)' }, fleeting: true },
  client_event: { told: 'analytics.events' },
  billing_account: { told: 'billing.billing_account', left: law },
  payment_method: { told: 'billing.payment_methods' },
  subscription: { told: 'billing.subscription_moves', left: law },
  title_right: { told: 'billing.purchases', left: law },
  invoice: { told: 'billing.invoices', left: law },
  payment: { told: 'billing.payments', left: law },
  refund: { told: 'billing.refunds', left: law },
  credit_note: { told: 'billing.credit_notes', left: law },
  ledger_entry: { told: 'billing.ledger', left: law },
  coupon_redemption: { told: 'billing.coupons', left: law },
  gift_code: { told: 'billing.gift_codes', left: law },
  idempotency_key: { told: { not: 'answers that were given already, for 30 days' } },
  gateway_customer: { told: 'billing.gateway_customers' },
  method_setup: { told: 'billing.method_setups' },
  api_key: { told: { not: 'a viewer has none; whoever made keys finds them as api_key.keys (test/unit/service/test_developer.c)' }, fleeting: true },
  hook_message: { told: { not: 'ids alone, for endpoints of the operator’s' }, left: ids, fleeting: true },
  event_outbox_main: { told: { not: 'ids alone, on their way through the house' }, left: ids },
  event_outbox_viewing: { told: { not: 'ids alone, on their way through the house' }, left: ids, fleeting: true },
};
