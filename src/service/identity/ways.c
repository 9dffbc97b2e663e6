/* ways.c - see ways.h. */
#include "service/identity/ways.h"
#include "engine/cache/cache.h"

const struct sql ways_sql[] = {WAYS_SQL(SQL_ROW) SQL_END};

static const int64_t fresh_ms = 10 * 60000;

static void ways_read(const struct rows *r, struct ways *ret) {
    *ret = (struct ways){row_i64(r, 0, 0) > 0, row_i64(r, 0, 1), row_i64(r, 0, 2)};
}

int ways_get(const struct engine *e, struct account_id account, struct ways *ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    struct rows r;
    int rc = store_row(e->store, &ways_sql[WAYS_COUNT], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    ways_read(&r, ret);
    return 0;
}

int ways_check_left(struct tx *tx, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    struct ways w;
    struct rows r;
    int rc = tx_row(tx, &ways_sql[WAYS_COUNT], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc < 0)
        return rc;
    ways_read(&r, &w);
    if (w.password || w.passkeys || w.links)
        return 0;
    return err_refuse(reterr, ERR_CONFLICT, "account.last_way",
                      "This is the only way into your account. Add another one first, such as a password.",
                      "the last way to sign in");
}

int ways_forget_unproven(struct tx *tx, struct account_id account, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(8 << 10);
    struct rows r;
    int rc = tx_row(tx, &identity_sql[ACCOUNT_BY_ID], ARGS(A_ID(account)), &a, &r, reterr);
    if (rc < 0 || row_i64(&r, 0, 4))
        return MIN(rc, 0);
    rc = tx_exec(tx, &ways_sql[PASSKEY_DELETE_ACCOUNT], ARGS(A_ID(account)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &ways_sql[LINK_DELETE_ACCOUNT], ARGS(A_ID(account)), reterr);
    return MIN(rc, 0);
}

static struct str fresh_key(struct session_id id, char dst[40]) {
    int n = snprintf(dst, 40, "fresh:" ID_FMT, ID_ARG(id.v));
    return str_make(dst, (size_t)n);
}

int session_prove(const struct engine *e, struct session_id id, struct err *reterr) {
    char key[40];
    struct str name = fresh_key(id, key);
    if (cache_set(e->cache, name, STR("1"), fresh_ms, NULL) == 0)
        return 0;
    return cache_set(cache_local(e->cache), name, STR("1"), fresh_ms, reterr);
}

int session_check_fresh(const struct engine *e, struct session_id id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    char key[40];
    struct str value, name = fresh_key(id, key);
    if (cache_get(e->cache, name, &a, &value, NULL) == 1 || cache_get(cache_local(e->cache), name, &a, &value, NULL) == 1)
        return 0;
    return err_refuse(reterr, ERR_FORBIDDEN, "session.not_fresh",
                      "Type your password, or sign out and in again: this can be done in the ten minutes after signing in.",
                      "the session has no fresh proof");
}

int session_check_proof(const struct engine *e, const struct principal *who, struct str password, struct err *reterr) {
    if (!password.n)
        return session_check_fresh(e, who->session, reterr);
    return account_check_password(e, who->account, password, reterr);
}

int account_check_owner(const struct engine *e, const struct principal *who, struct str password, struct err *reterr) {
    struct ways w;
    int rc = ways_get(e, who->account, &w, reterr);
    if (rc)
        return rc;
    return w.password ? account_check_password(e, who->account, password, reterr)
                      : session_check_fresh(e, who->session, reterr);
}
