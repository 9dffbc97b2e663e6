/*
 * profile.c - who watches within an account: up to six, each with its own language, age and PIN. A kids
 * profile is a fence: out of it lead only a PIN or the account's password.
 */
#include "service/identity/ways.h"

void profile_read(const struct rows *r, size_t i, struct profile *ret) {
    *ret = (struct profile){.id = {row_id(r, i, 0)},
                            .account = {row_id(r, i, 1)},
                            .name = row_str(r, i, 2),
                            .lang = row_str(r, i, 3),
                            .created_ms = row_i64(r, i, 4),
                            .avatar = row_str(r, i, 5),
                            .kids = row_i64(r, i, 6),
                            .maturity = (int)row_i64(r, i, 7),
                            .has_pin = row_i64(r, i, 8),
                            .autoplay_next = row_i64(r, i, 9),
                            .autoplay_previews = row_i64(r, i, 10)};
}

static int not_found(struct err *reterr) {
    return err_refuse(reterr, ERR_NOT_FOUND, "profile.not_found", "There is no such profile in this account.",
                      "no such profile of the account");
}

static int profile_row(const struct engine *e, struct account_id account, struct profile_id id, struct arena *a,
                       struct rows *ret, struct err *reterr) {
    int rc = store_query(e->store, &identity_sql[PROFILE_GET], ARGS(A_ID(id), A_ID(account)), a, ret, reterr);
    return rc < 0 ? rc : ret->n ? 0 : not_found(reterr);
}

int profile_get(const struct engine *e, struct account_id account, struct profile_id id, struct arena *a,
                struct profile *ret_profile, struct err *reterr) {
    struct rows r;
    int rc = profile_row(e, account, id, a, &r, reterr);
    if (rc == 0)
        profile_read(&r, 0, ret_profile);
    return rc;
}

int profile_list(const struct engine *e, struct account_id account, struct arena *a, struct profile **ret_profiles,
                 size_t *ret_n, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &identity_sql[PROFILE_BY_ACCOUNT], ARGS(A_ID(account)), a, &r, reterr);
    if (rc < 0)
        return rc;
    struct profile *list = arena_news(a, struct profile, r.n + 1);
    if (!list)
        return err_set(reterr, ERR_LIMIT, "no room for profiles");
    for (size_t i = 0; i < r.n; i++)
        profile_read(&r, i, &list[i]);
    *ret_profiles = list;
    *ret_n = r.n;
    return 0;
}

/* The account's row is written first: two at once take turns, on both engines. */
static int account_lock(const struct engine *e, struct account_id account, struct tx **ret_tx, struct err *reterr) {
    int rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, ret_tx, reterr);
    return rc < 0 ? rc : tx_exec(*ret_tx, &identity_sql[ACCOUNT_LOCK], ARGS(A_ID(account)), reterr);
}

static int profile_count(struct tx *tx, struct account_id account, int64_t *ret_n, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 10);
    struct rows r;
    int rc = tx_row(tx, &identity_sql[PROFILE_COUNT], ARGS(A_ID(account)), &a, &r, reterr);
    *ret_n = rc < 0 ? 0 : row_i64(&r, 0, 0);
    return rc < 0 ? rc : 0;
}

static int fenced_maturity(const struct profile *p) {
    return p->kids ? MIN(p->maturity, (int)MATURITY_KIDS) : p->maturity;
}

int profile_add(const struct engine *e, struct profile *p, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int64_t n = 0;
    int rc = account_lock(e, p->account, &tx, reterr);
    if (rc >= 0)
        rc = profile_count(tx, p->account, &n, reterr);
    if (rc < 0)
        return rc;
    if (n >= PROFILES_MAX)
        return err_refuse(reterr, ERR_LIMIT, "profile.too_many",
                          "An account has at most six profiles. Delete one to add another.", "%d profiles", (int)n);
    p->created_ms = clock_now_ms(e->clock);
    p->id.v = id_new(p->created_ms);
    rc = tx_exec(tx, &identity_sql[PROFILE_ADD],
                 ARGS(A_ID(p->id), A_ID(p->account), A_STR(p->name), A_STR(p->lang), A_I64(p->created_ms),
                      A_STR(p->avatar), A_BOOL(p->kids), A_I64(fenced_maturity(p)), A_BOOL(p->autoplay_next),
                      A_BOOL(p->autoplay_previews)),
                 reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int profile_update(const struct engine *e, const struct profile *p, struct err *reterr) {
    int rc = store_exec(e->store, &identity_sql[PROFILE_UPDATE],
                        ARGS(A_ID(p->id), A_ID(p->account), A_STR(p->name), A_STR(p->lang), A_STR(p->avatar),
                             A_BOOL(p->kids), A_I64(fenced_maturity(p)), A_BOOL(p->autoplay_next),
                             A_BOOL(p->autoplay_previews)),
                        reterr);
    return rc < 0 ? rc : rc == 0 ? not_found(reterr) : 0;
}

int profile_set_pin(const struct engine *e, struct account_id account, struct profile_id id, struct str pin,
                    struct err *reterr) {
    char hash[PASSWORD_HASH_CAP];
    bool digits = pin.n == PIN_LEN;
    for (size_t i = 0; i < pin.n; i++)
        digits = digits && pin.p[i] >= '0' && pin.p[i] <= '9';
    if (pin.p && !digits)
        return err_refuse(reterr, ERR_INVALID, "profile.pin_invalid", "A PIN is four digits.", "not four digits");
    int rc = pin.p ? password_hash(pin, hash, reterr) : 0;
    if (rc == 0)
        rc = store_exec(e->store, &identity_sql[PROFILE_SET_PIN],
                        ARGS(A_ID(id), A_ID(account), pin.p ? A_CSTR(hash) : A_NULL), reterr);
    return rc < 0 ? rc : rc == 0 ? not_found(reterr) : 0;
}

int profile_drop(const struct engine *e, struct account_id account, struct profile_id id, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int64_t n = 0;
    int rc = account_lock(e, account, &tx, reterr);
    if (rc >= 0)
        rc = sessions_end(tx, SESSION_DELETE_PROFILE, ARGS(A_ID(account), A_ID(id)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &identity_sql[PROFILE_DROP], ARGS(A_ID(id), A_ID(account)), reterr);
    if (rc == 0)
        return not_found(reterr);
    if (rc > 0)
        rc = profile_count(tx, account, &n, reterr);
    if (rc == 0 && n == 0)
        return err_refuse(reterr, ERR_CONFLICT, "profile.last", "An account keeps at least one profile.",
                          "the last profile");
    if (rc == 0)
        rc = event_publish(tx, "profile.deleted", 1, id_str(&id.v), STR("{}"), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

static int pin_check(const struct engine *e, struct profile_id id, struct str hash, struct str pin,
                     struct err *reterr) {
    int rc = attempt_pin_check(e, id, reterr);
    if (rc)
        return rc;
    if (password_matches(hash, pin))
        return attempt_pin_succeeded(e, id, reterr);
    rc = attempt_pin_failed(e, id, reterr);
    return rc ? rc
              : err_refuse(reterr, ERR_FORBIDDEN, "profile.pin_wrong", "That is not the PIN of this profile.",
                           "wrong PIN");
}

/* What it takes to leave a kids profile. That somebody signed in lately is not enough: they may have handed the screen over. */
static int leave_refuse(const struct engine *e, struct account_id account, struct err *reterr) {
    struct ways w;
    int rc = ways_get(e, account, &w, reterr);
    if (rc)
        return rc;
    if (w.password)
        return err_refuse(reterr, ERR_FORBIDDEN, "profile.password_wanted",
                          "Type the account's password to leave the kids profile.", "out of a kids profile");
    if (w.passkeys)
        return err_refuse(reterr, ERR_FORBIDDEN, "profile.passkey_wanted",
                          "Use one of the account's passkeys to leave the kids profile.", "out of a kids profile");
    return err_refuse(reterr, ERR_FORBIDDEN, "profile.sign_in_wanted",
                      "Sign out and in again to leave the kids profile: this account has no password.", "out of a kids profile");
}

int session_choose_profile(const struct engine *e, const struct principal *who, struct profile_id id, struct str pin,
                           struct str password, bool proved, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    struct profile to;
    int rc = profile_row(e, who->account, id, &a, &r, reterr);
    if (rc < 0)
        return rc;
    profile_read(&r, 0, &to);
    bool here = str_eq(id_str(&who->profile.v), id_str(&id.v));
    bool leaves = who->kids && !to.kids;
    if (to.has_pin && !here) {
        if (!pin.p)
            return err_refuse(reterr, ERR_FORBIDDEN, "profile.pin_wanted", "Type the PIN of this profile.",
                              "the profile has a PIN");
        rc = pin_check(e, id, row_str(&r, 0, 11), pin, reterr);
    } else if (leaves && !proved) {
        rc = password.p ? account_check_password(e, who->account, password, reterr) : leave_refuse(e, who->account, reterr);
    }
    if (rc == 0)
        rc = store_exec(e->store, &identity_sql[SESSION_PROFILE], ARGS(A_ID(who->session), A_ID(id)), reterr);
    return rc < 0 ? rc : 0;
}
