/*
 * store_roku.c - subscriptions of Roku Pay. An app brings a transaction's id; what it is says validate-transaction. Roku's push
 * notifications carry no proof, and want our API key back in the answer's header: so their address has to hold a secret that only
 * Roku was told, or the key would go to whoever asks. A renewal has a transaction of its own; they share the first one's id.
 */
#include "service/billing/store_int.h"
#include <openssl/crypto.h>
#include <string.h>

/* "/Date(1588892919000+0000)/", as the service's framework writes times in JSON, or RFC 3339; 0: neither. */
int64_t roku_time(struct str s) {
    int64_t ms = 0;
    struct str digits;
    if (str_starts(s, STR("/Date(")) && str_ends(s, STR(")/"))) {
        digits = str_slice(s, 6, s.n - 2);
        for (size_t i = 1; i < digits.n; i++)
            if (digits.p[i] == '+' || digits.p[i] == '-')
                digits = str_slice(digits, 0, i);
        return str_to_i64(digits, &ms) && ms > 0 && ms < 253402300800000 ? ms : 0;
    }
    return rfc3339_parse(s, &ms) && ms > 0 ? ms : 0;
}

/* A key and ids of Roku's are UUIDs. */
static bool is_uuid(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || !strchr("0123456789abcdefABCDEF-", s.p[i]))
            return false;
    return s.n == 36;
}

static int roku_receipt_ref(const struct engine *e, const struct store_receipt *r, char ret[STORE_REF_MAX],
                            struct err *reterr) {
    struct store_subscription st = {.ref = ""};
    if (!is_uuid(r->receipt))
        return receipt_unknown(reterr);
    int rc = roku_store.subscription_read(e, r->receipt, &st, reterr); /* any of its transactions may be shown */
    if (rc == 0)
        memcpy(ret, st.ref, STORE_REF_MAX);
    return rc;
}

static bool is_true(const json_t *o, const char *name) {
    return json_is_true(json_object_get(o, name));
}

/* developer.roku.com, "Roku Pay web services reference": isEntitled decides, the others say why. */
static enum store_sub_state state_of(const json_t *t) {
    bool dunning = is_true(t, "isDunning");
    if (is_true(t, "isEntitled"))
        return dunning ? STORE_SUB_GRACE : STORE_SUB_ACTIVE;
    return dunning ? STORE_SUB_HOLD : STORE_SUB_ENDED;
}

int roku_transaction_parse(const json_t *t, struct store_subscription *ret, struct err *reterr) {
    struct store_subscription st = {.state = state_of(t), .renews = !is_true(t, "cancelled")};
    struct str own = json_get_str(t, "transactionId"), first = json_get_str(t, "OriginalTransactionId");
    struct str partner = json_get_str(t, "partnerReferenceId");
    const json_t *before = json_array_get(json_object_get(t, "cancelledTransactionIds"), 0);
    struct id id;
    if (!first.n)
        first = json_get_str(t, "originalTransactionId");
    if (!store_ref_put(st.ref, sizeof st.ref, is_uuid(first) ? first : own) || !is_uuid(own) ||
        !store_ref_put(st.product, sizeof st.product, json_get_str(t, "productId")))
        return err_set(reterr, ERR_IO, "roku: a transaction without what belongs to it");
    if (json_is_string(before) && is_uuid(str_of(json_string_value(before)))) /* what an upgrade ended */
        store_ref_put(st.replaces, sizeof st.replaces, str_of(json_string_value(before)));
    if (id_parse(partner, &id))
        memcpy(st.account, id.s, sizeof st.account);
    st.period_start_ms = roku_time(json_get_str(t, "purchaseDate"));
    st.period_end_ms = roku_time(json_get_str(t, "expirationDate"));
    st.grace_until_ms = st.state == STORE_SUB_GRACE ? st.period_end_ms : 0;
    *ret = st;
    return 0;
}

/* A wrong key and an unknown transaction are both answered with 200; status and errorMessage tell them apart. */
static int answer_read(const json_t *t, struct store_subscription *ret, struct err *reterr) {
    const json_t *status = json_object_get(t, "status");
    struct str message = json_get_str(t, "errorMessage"), name = json_get_str(t, "status");
    bool ok = (json_is_integer(status) && json_integer_value(status) == 0) || str_eq(name, STR("0")) || str_eq(name, STR("Success"));
    if (ok && json_get_str(t, "transactionId").n)
        return roku_transaction_parse(t, ret, reterr);
    if (str_eq_nocase(message, STR("UNAUTHORIZED")))
        return err_set(reterr, ERR_PERMISSION, "roku: roku-api-key is not accepted");
    return receipt_unknown(reterr);
}

static int roku_read(const struct engine *e, struct str ref, struct store_subscription *ret, struct err *reterr) {
    scoped(buf_done) struct buf url = BUF(4 << 10);
    scoped(store_reply_done) struct store_reply r = {0};
    const struct str parts[] = {str_of(config_str(e->config, "roku-api-key")), ref};
    if (!is_uuid(ref))
        return receipt_unknown(reterr);
    store_url(&url, config_str(e->config, "roku-url"), "/validate-transaction/%s/%s", parts, ARRAY_LEN(parts));
    struct store_request q = {.what = "roku: validate-transaction", .url = buf_cstr(&url)};
    int rc = q.url ? store_call(e, &q, &r, reterr) : err_set(reterr, ERR_LIMIT, "roku: an address is too long");
    if (rc)
        return rc;
    if (r.status == 400 || r.status == 404)
        return receipt_unknown(reterr);
    return r.status == 200 ? answer_read(r.body, ret, reterr) : err_set(reterr, ERR_IO, "roku: validate-transaction: %d", r.status);
}

bool roku_secret_ok(const struct engine *e, struct str said) {
    struct str ours = str_of(config_str(e->config, "roku-webhook-secret"));
    return ours.n && said.n == ours.n && CRYPTO_memcmp(said.p, ours.p, ours.n) == 0;
}

int roku_notice_parse(struct str body, struct store_notice *ret, char ret_key[100], struct err *reterr) {
    json_t *t = json_loadb(body.p ? body.p : "", body.n, JSON_REJECT_DUPLICATES, NULL);
    struct str own = json_get_str(t, "transactionId"), first = json_get_str(t, "originalTransactionId");
    struct store_notice n = {.ref = ""};
    bool ok = store_ref_put(ret_key, 100, json_get_str(t, "responseKey")) && store_ref_put(n.id, sizeof n.id, str_of(ret_key)) &&
              store_ref_put(n.type, sizeof n.type, json_get_str(t, "transactionType")) && is_uuid(own);
    if (ok)
        store_ref_put(n.ref, sizeof n.ref, is_uuid(first) ? first : own);
    json_decref(t);
    if (!ok)
        return err_refuse(reterr, ERR_INVALID, "billing.webhook_malformed", "Send a notification as Roku Pay describes it.",
                          "no responseKey, transactionType or transactionId");
    *ret = n;
    return 0;
}

const struct gateway roku_store = {
    .name = "roku",
    .title = "Roku",
    .manage_url = "https://my.roku.com/account/subscriptions",
    .owned_by_store = true,
    .receipt_ref = roku_receipt_ref,
    .subscription_read = roku_read,
};

int roku_start(const struct engine *e, struct err *reterr) {
    struct str secret = str_of(config_str(e->config, "roku-webhook-secret"));
    if (!config_str(e->config, "roku-api-key")[0])
        return 0;
    int rc = store_url_check(e, "roku-url", reterr);
    if (rc == 0 && !is_uuid(str_of(config_str(e->config, "roku-api-key"))))
        rc = err_refuse(reterr, ERR_INVALID, "config.roku_api_key", "Write roku-api-key as Roku's dashboard shows it: 36 characters.",
                        "roku-api-key is no key");
    if (rc == 0 && secret.n && secret.n < 20)
        rc = err_refuse(reterr, ERR_INVALID, "config.roku_webhook_secret",
                        "Make roku-webhook-secret of 20 random letters and digits or more: it is all that guards the address.",
                        "roku-webhook-secret is too short");
    if (rc == 0)
        gateway_add(&roku_store);
    return rc;
}
