/*
 * key.c - API keys: made, found, revoked. A key is looked for in the store at every request, so that a revoked one is refused
 * at once by every process; what it may do is its scopes and, of now, its maker's roles. Whoever is erased or is no staff any
 * more has keys that open nothing.
 */
#include "base/log.h"
#include "engine/http/outgoing.h"
#include "service/developer/key_int.h"
#include "service/identity/identity.h"
#include "service/json.h"
#include <openssl/crypto.h>
#include <sodium.h>

#define HOUR_MS (3600LL * 1000)

const struct sql key_sql[] = {KEY_SQL(SQL_ROW) SQL_END};

static uint64_t scopes_read(struct str text) {
    uint64_t bits = 0;
    while (text.n) {
        struct str one;
        enum scope s;
        text = str_cut(text, ' ', &one);
        if (scope_parse(one, &s))
            bits |= SCOPE_BIT(s);
    }
    return bits;
}

struct str scopes_text(uint64_t scopes, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(2 << 10);
    for (enum scope s = SCOPE_NONE + 1; s < SCOPES_END; s++)
        if (scopes & SCOPE_BIT(s))
            buf_addf(&b, "%s%s", b.n ? " " : "", scope_name(s));
    return str_dup(a, b.n ? buf_str(&b) : STR(""));
}

void api_key_read(const struct rows *r, size_t i, struct api_key *ret) {
    *ret = (struct api_key){.id = {row_id(r, i, 0)},
                            .account = {row_id(r, i, 1)},
                            .name = row_str(r, i, 2),
                            .prefix = row_str(r, i, 3),
                            .scopes = scopes_read(row_str(r, i, 4)),
                            .ranges = row_str(r, i, 5),
                            .created_ms = row_i64(r, i, 6),
                            .expires_ms = row_i64(r, i, 7),
                            .used_ms = row_i64(r, i, 8),
                            .revoked_ms = row_i64(r, i, 9)};
}

static int create_in(const struct engine *e, const struct api_key *k, const char *hash, struct arena *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows r;
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = tx_row(tx, &key_sql[KEY_LIVE], NO_ARGS, a, &r, reterr);
    if (rc < 0)
        return rc;
    if (row_i64(&r, 0, 0) >= KEYS_MAX)
        return err_refuse(reterr, ERR_LIMIT, "key.too_many", "There are too many keys. Revoke some that are not used.", "%d keys", KEYS_MAX);
    rc = tx_exec(tx, &key_sql[KEY_INSERT],
                 ARGS(A_ID(k->id), A_ID(k->account), A_STR(k->name), A_STR(k->prefix), A_CSTR(hash), A_STR(scopes_text(k->scopes, a)),
                      A_STR(k->ranges.p ? k->ranges : STR("")), A_I64(k->created_ms), A_I64(k->expires_ms)),
                 reterr);
    if (rc == ERR_CONFLICT)
        return err_refuse(reterr, ERR_CONFLICT, "key.name_taken", "There is a key of this name. Choose another, or revoke that one first.",
                          "a key's name is taken");
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int api_key_create(const struct engine *e, struct api_key *k, struct key_token *ret_token, struct arena *a, struct err *reterr) {
    char hash[KEY_HASH_CAP];
    int rc = key_token_make(ret_token, reterr);
    if (rc)
        return rc;
    k->created_ms = clock_now_ms(e->clock);
    k->id.v = id_new(k->created_ms);
    k->prefix = str_dup(a, str_make(ret_token->s, KEY_FIND_LEN));
    key_token_hash(str_of(ret_token->s), hash);
    rc = create_in(e, k, hash, a, reterr);
    if (rc)
        sodium_memzero(ret_token, sizeof *ret_token);
    return rc;
}

int api_key_revoke(const struct engine *e, struct api_key_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    /* Looked for first: a write, even of no row, would carry the record's line of an act that is refused. */
    int rc = store_query(e->store, &key_sql[KEY_BY_ID], ARGS(A_ID(id)), &a, &r, reterr);
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "key.not_found", "There is no such key, or not any more.", "no such key");
    return rc < 0 ? rc : store_exec(e->store, &key_sql[KEY_REVOKE], ARGS(A_ID(id), A_I64(clock_now_ms(e->clock))), reterr);
}

static int refuse(struct err *reterr, const char *reason, const char *hint) {
    return err_refuse(reterr, ERR_UNAUTHENTICATED, reason, hint, "%s", reason);
}

/* Known by the hour, so that a busy key does not write a row a request; a failure to note it stops nobody. */
static void used_note(const struct engine *e, const struct api_key *k, int64_t now) {
    struct err why = {0};
    int64_t hour = now - now % HOUR_MS;
    if (k->used_ms < hour && store_exec(e->store, &key_sql[KEY_USED], ARGS(A_ID(k->id), A_I64(hour)), &why) < 0)
        log_event(LOG_WARN, "key.use_not_noted", LS("err", why.msg));
}

int api_key_find(const struct engine *e, struct str token, struct str address, struct arena *a, struct api_key *ret,
                 struct err *reterr) {
    static const char nobody[KEY_HASH_CAP] = "";
    char hash[KEY_HASH_CAP];
    struct rows r = {0};
    int64_t now = clock_now_ms(e->clock);
    int rc = 0;
    key_token_hash(token, hash);
    if (key_token_ok(token))
        rc = store_query(e->store, &key_sql[KEY_FIND], ARGS(A_STR(str_slice(token, 0, KEY_FIND_LEN))), a, &r, reterr);
    if (rc < 0)
        return rc;
    /* What is public finds the row; the secret is compared as a hash, in constant time, also where there is no row. */
    struct str stored = r.n ? row_str(&r, 0, 10) : STR_NULL;
    bool same = CRYPTO_memcmp(hash, stored.n == KEY_HASH_CAP - 1 ? stored.p : nobody, KEY_HASH_CAP - 1) == 0;
    if (!r.n || !same)
        return refuse(reterr, "key.invalid", "This is no API key of this house. Check that it was copied whole.");
    api_key_read(&r, 0, ret);
    if (ret->revoked_ms)
        return refuse(reterr, "key.revoked", "This API key was revoked. Ask an operator for another.");
    if (ret->expires_ms && ret->expires_ms <= now)
        return refuse(reterr, "key.expired", "This API key has expired. Ask an operator for another.");
    if (ret->ranges.n && !address_in_ranges(address, ret->ranges))
        return err_refuse(reterr, ERR_FORBIDDEN, "key.address", "This API key is not taken from this address.", "asked from another address");
    used_note(e, ret, now);
    return 0;
}

int key_authenticate(struct request *rq, struct principal *ret_who, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct arena *a = request_arena(rq);
    struct api_key k;
    struct account maker = {0};
    struct err why = {0};
    *ret_who = (struct principal){0};
    int rc = api_key_find(e, request_key(rq), request_header(rq, "X-Real-IP"), a, &k, reterr);
    if (rc)
        return rc;
    rc = account_get(e, k.account, a, &maker, &why);
    if (rc == ERR_NOT_FOUND)
        return refuse(reterr, "key.invalid", "Whoever made this API key has no account any more.");
    if (rc) {
        if (reterr)
            *reterr = why;
        return rc;
    }
    *ret_who = (struct principal){.account = k.account,
                                  .roles = maker.roles & ~(unsigned)ROLE_VIEWER,
                                  .maturity = MATURITY_ALL,
                                  .agent = request_header(rq, "User-Agent"),
                                  .key = k.id,
                                  .key_name = k.name,
                                  .scopes = k.scopes};
    return 0;
}

static json_t *words_json(struct str text) {
    json_t *list = json_array();
    while (text.n) {
        struct str one;
        text = str_cut(text, ' ', &one);
        json_array_append_new(list, json_of_str(one));
    }
    return list;
}

json_t *api_key_json(const struct api_key *k, int64_t now_ms) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    const char *state = k->revoked_ms ? "revoked" : k->expires_ms && k->expires_ms <= now_ms ? "expired" : "active";
    return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", json_of_id(k->id.v), "name", json_of_str(k->name),
                     "prefix", json_of_str(k->prefix), "state", state, "scopes", words_json(scopes_text(k->scopes, &a)), "ranges",
                     words_json(k->ranges), "made_by", json_of_id(k->account.v), "created_at", json_of_time(k->created_ms),
                     "expires_at", json_of_time(k->expires_ms), "used_at", json_of_time(k->used_ms), "revoked_at",
                     json_of_time(k->revoked_ms));
}
