/* words.ts - an action of the record in words, where it is one that staff does often; else as it was recorded. */
import { t, type PlainKey } from '../../messages';

const known: [RegExp, PlainKey][] = [
  [/^PATCH \/api\/v1\/titles\//, 'audit.title_changed'],
  [/^POST \/api\/v1\/imports$/, 'audit.upload'],
  [/^POST \/api\/v1\/imports\/.*\/cancel$/, 'audit.import_cancelled'],
  [/^POST \/api\/v1\/imports\/.*\/retry$/, 'audit.import_retried'],
  [/^PUT \/api\/v1\/operator\/plans\/[^/]+\/prices$/, 'audit.price_set'],
  [/^PUT \/api\/v1\/operator\/plans\/[^/]+$/, 'audit.plan_set'],
  [/^PUT \/api\/v1\/operator\/offers\//, 'audit.offer_set'],
  [/^PUT \/api\/v1\/operator\/coupons\//, 'audit.coupon_set'],
  [/^PUT \/api\/v1\/operator\/taxes\//, 'audit.tax_set'],
  [/^POST \/api\/v1\/operator\/gift-codes$/, 'audit.gifts_made'],
  [/^POST \/api\/v1\/operator\/payments\/.*\/refunds$/, 'audit.refunded'],
  [/^POST \/api\/v1\/session(\/second-factor)?$/, 'audit.signed_in'],
  [/^DELETE \/api\/v1\/session$/, 'audit.signed_out'],
  [/^POST \/api\/v1\/second-factor\/confirm$/, 'audit.factor_set'],
  [/^DELETE \/api\/v1\/second-factor$/, 'audit.factor_gone'],
  [/^PUT \/api\/v1\/operator\/accounts\/[^/]+\/roles$/, 'audit.roles_set'],
  [/^PUT \/api\/v1\/operator\/accounts\/[^/]+\/credits\//, 'audit.credit_given'],
  [/^DELETE \/api\/v1\/operator\/accounts\/[^/]+\/sessions$/, 'audit.signed_them_out'],
  [/^POST \/api\/v1\/operator\/keys$/, 'audit.key_made'],
  [/^DELETE \/api\/v1\/operator\/keys\//, 'audit.key_revoked'],
  [/^POST \/api\/v1\/operator\/webhooks$/, 'audit.hook_made'],
  [/^PATCH \/api\/v1\/operator\/webhooks\//, 'audit.hook_changed'],
  [/^DELETE \/api\/v1\/operator\/webhooks\//, 'audit.hook_gone'],
  [/^POST \/api\/v1\/operator\/webhooks\/[^/]+\/secret$/, 'audit.hook_secret'],
  [/^POST \/api\/v1\/operator\/webhooks\/[^/]+\/ping$/, 'audit.hook_ping'],
  [/^POST \/api\/v1\/operator\/webhooks\/.*replay$/, 'audit.hook_replay'],
  [/^POST \/api\/v1\/operator\/accounts\/search$/, 'audit.searched'],
  [/^GET \/api\/v1\/operator\/accounts\//, 'audit.account_looked'],
  [/^GET \/api\/v1\/operator\/audit$/, 'audit.looked'],
];

export function actionText(action: string): string {
  const row = known.find(([pattern]) => pattern.test(action));
  return row ? t(row[1]) : action;
}
