/*
 * device.c - what an account plays on. A device counts towards the plan's limit from its first Play
 * until 90 days after its last one; one that has only been signed in does not. A device that counts
 * already is never refused, so a smaller plan takes nobody's screen away: it only admits no new one
 * until enough have gone. What its owner calls it stays, whatever it calls itself.
 */
#include "service/identity/device.h"
#include "service/identity/identity_int.h"
#include "service/json.h"

enum { SEEN_MS = 60 * 60 * 1000 };
#define COUNTS_MS (90LL * 24 * 3600 * 1000)

struct str device_name_tidy(struct str name) {
    name = str_trim(name);
    size_t n = MIN(name.n, (size_t)DEVICE_NAME_MAX);
    while (n < name.n && n > 0 && ((unsigned char)name.p[n] & 0xC0) == 0x80)
        n--; /* not in the middle of a letter */
    name = str_slice(name, 0, n);
    return name.p && str_is_utf8(name) ? name : STR("");
}

struct device_info device_tidy(const struct device_info *d) {
    static const char *const kinds[] = {"web", "tv", "phone", "other"};
    struct device_info r = {.id = d->id, .kind = STR("other"), .name = device_name_tidy(d->name)};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_eq(d->kind, str_of(kinds[i])))
            r.kind = str_of(kinds[i]);
    return r;
}

static bool counts(const struct rows *r, size_t row, size_t col, int64_t now) {
    return !row_null(r, row, col) && row_i64(r, row, col) > now - COUNTS_MS;
}

/* The first of the wished ids that is the account's own or nobody's; else a new one. */
static int device_choose(struct tx *tx, struct account_id account, const struct device_want *w, int64_t now,
                         struct arena *a, struct device_id *ret, bool *ret_own, bool *ret_counts,
                         struct err *reterr) {
    const struct device_id wished[] = {w->d.id, w->else_id};
    struct rows r;
    for (size_t i = 0; i < ARRAY_LEN(wished); i++) {
        if (!id_is_set(wished[i].v))
            continue;
        *ret = wished[i];
        int rc = tx_query(tx, &identity_sql[DEVICE_GET], ARGS(A_ID(*ret), A_ID(account)), a, &r, reterr);
        if (rc < 0)
            return rc;
        *ret_own = r.n > 0;
        *ret_counts = r.n > 0 && counts(&r, 0, 4, now);
        if (r.n)
            return 0;
        rc = tx_query(tx, &identity_sql[DEVICE_EXISTS], ARGS(A_ID(*ret)), a, &r, reterr);
        if (rc <= 0)
            return rc;
    }
    *ret = (struct device_id){id_new(now)};
    *ret_own = *ret_counts = false;
    return 0;
}

static int device_admit(struct tx *tx, struct account_id account, struct device_id id, int limit, int64_t now,
                        struct arena *a, struct err *reterr) {
    struct rows r;
    int rc = tx_row(tx, &identity_sql[DEVICE_OTHERS], ARGS(A_ID(account), A_ID(id), A_I64(now - COUNTS_MS)), a, &r,
                    reterr);
    if (rc < 0 || row_i64(&r, 0, 0) < limit)
        return MIN(rc, 0);
    return err_refuse(reterr, ERR_CONFLICT, TOO_MANY_DEVICES,
                      "This account plays on as many devices as its plan allows. Remove one to watch here.",
                      "%d devices, all in use", limit);
}

int device_write(struct tx *tx, struct account_id account, const struct device_want *w, struct device_id *ret_id,
                 struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    int64_t now = store_now_ms(tx_store(tx));
    struct sql_val played = w->plays ? A_I64(now) : A_NULL;
    struct device_id id;
    bool own = false, known = false;
    int rc = device_choose(tx, account, w, now, &a, &id, &own, &known, reterr);
    if (rc == 0 && w->limit > 0 && !known)
        rc = device_admit(tx, account, id, w->limit, now, &a, reterr);
    if (rc)
        return rc;
    rc = own ? tx_exec(tx, &identity_sql[DEVICE_SEEN],
                       ARGS(A_ID(id), A_ID(account), A_STR(w->d.kind), A_STR(w->d.name), A_BOOL(w->named),
                            A_I64(now), played),
                       reterr)
             : tx_exec(tx, &identity_sql[DEVICE_INSERT],
                       ARGS(A_ID(id), A_ID(account), A_STR(w->d.kind), A_STR(w->d.name), A_I64(now),
                            A_BOOL(w->named), played),
                       reterr);
    if (rc < 0)
        return rc;
    *ret_id = id;
    return 0;
}

/* A client that keeps no id is still one device, as long as its session lives. */
static const struct device_id *device_wished(const struct principal *who, const struct device_info *d) {
    return id_is_set(d->id.v) ? &d->id : &who->device;
}

struct store_ask device_seen_ask(const struct principal *who, const struct device_info *d) {
    return ASK(&identity_sql[DEVICE_GET], A_ID(*device_wished(who, d)), A_ID(who->account));
}

/* A start of playback is frequent and a write to the main file is a flush: only what changed is
 * written, and when it was last seen to the hour. */
static bool device_is_current(const struct principal *who, const struct device_info *d, const struct rows *r,
                              int64_t now, bool *ret_counts) {
    *ret_counts = r->n && counts(r, 0, 4, now);
    return *ret_counts && str_eq(id_str(&d->id.v), id_str(&who->device.v)) && str_eq(row_str(r, 0, 0), d->kind) &&
           (row_i64(r, 0, 3) || str_eq(row_str(r, 0, 1), d->name)) && now - row_i64(r, 0, 2) < SEEN_MS;
}

int device_seen_take(const struct engine *e, const struct principal *who, const struct device_info *d,
                     device_limit_fn *limit_of, const struct store_ask *answered, struct device_id *ret_id,
                     struct err *reterr) {
    int64_t now = clock_now_ms(e->clock);
    struct device_want w = {.d = device_tidy(d), .else_id = who->device, .plays = true};
    bool known;
    w.d.id = *device_wished(who, d);
    *ret_id = w.d.id;
    if (device_is_current(who, &w.d, &answered->rows, now, &known))
        return 0;
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = known || !limit_of ? 0 : limit_of(e, who->account, &w.limit, reterr);
    if (rc == 0)
        rc = tx_begin(e->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = device_write(tx, who->account, &w, ret_id, reterr);
    if (rc == 0 && id_is_set(who->session.v) && !str_eq(id_str(&ret_id->v), id_str(&who->device.v)))
        rc = tx_exec(tx, &identity_sql[SESSION_DEVICE], ARGS(A_ID(who->session), A_ID(*ret_id)), reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int device_seen(const struct engine *e, const struct principal *who, const struct device_info *d,
                device_limit_fn *limit_of, struct device_id *ret_id, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct store_ask ask = device_seen_ask(who, d);
    int rc = store_ask_all(e->store, &ask, 1, &a, reterr);
    return rc ? rc : device_seen_take(e, who, d, limit_of, &ask, ret_id, reterr);
}

int device_find(const struct engine *e, struct account_id account, struct device_id id, struct arena *a,
                struct device_info *ret_d, struct err *reterr) {
    struct rows r;
    int rc = store_row(e->store, &identity_sql[DEVICE_GET], ARGS(A_ID(id), A_ID(account)), a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret_d = (struct device_info){.id = id, .kind = row_str(&r, 0, 0), .name = row_str(&r, 0, 1)};
    return 0;
}

static json_t *device_json(const struct rows *r, size_t i, struct device_id current, int64_t now) {
    struct id id = row_id(r, i, 0);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "id", json_of_id(id), "kind",
                     json_of_str(row_str(r, i, 1)), "name", json_of_str(row_str(r, i, 2)), "created_at",
                     json_of_time(row_i64(r, i, 3)), "last_seen_at", json_of_time(row_i64(r, i, 4)), "counts",
                     counts(r, i, 5, now), "current", str_eq(id_str(&id), id_str(&current.v)));
}

int device_list(const struct engine *e, const struct principal *who, bool only_counting, struct arena *a,
                json_t **ret, struct err *reterr) {
    struct rows r;
    int64_t now = clock_now_ms(e->clock);
    int rc = store_query(e->store, &identity_sql[DEVICE_BY_ACCOUNT], ARGS(A_ID(who->account)), a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = json_array();
    for (size_t i = 0; i < r.n; i++)
        if (!only_counting || counts(&r, i, 5, now))
            json_array_append_new(*ret, device_json(&r, i, who->device, now));
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a list of devices");
}

int devices_get(struct request *rq, struct err *reterr) {
    json_t *list = NULL;
    int rc = device_list(request_engine(rq), request_principal(rq), false, request_arena(rq), &list, reterr);
    return rc ? rc : reply_json(rq, 200, json_pack("{s:o}", "devices", list));
}

static int not_found(struct err *reterr) {
    return err_refuse(reterr, ERR_NOT_FOUND, "device.not_found", "That device is not in this account.",
                      "no such device of the account");
}

/* The device and whoever is signed in on it. */
int device_delete(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct device_id id;
    if (!id_parse(request_param(rq, "id"), &id.v))
        return not_found(reterr);
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc >= 0)
        rc = sessions_end(tx, SESSION_DELETE_DEVICE, ARGS(A_ID(who->account), A_ID(id)), reterr);
    if (rc >= 0)
        rc = tx_exec(tx, &identity_sql[DEVICE_DROP], ARGS(A_ID(id), A_ID(who->account)), reterr);
    if (rc == 0)
        return not_found(reterr);
    if (rc > 0)
        rc = tx_commit(&tx, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

int device_patch(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    const struct engine *e = request_engine(rq);
    struct str name = device_name_tidy(json_get_str(request_json(rq), "name"));
    struct device_id id;
    struct rows r;
    if (!id_parse(request_param(rq, "id"), &id.v))
        return not_found(reterr);
    if (!name.n) {
        request_field_error(rq, "name", "Give the device a name.");
        return err_refuse(reterr, ERR_INVALID, "device.name_empty", "Give the device a name.", "an empty name");
    }
    int rc = store_exec(e->store, &identity_sql[DEVICE_RENAME], ARGS(A_ID(id), A_ID(who->account), A_STR(name)),
                        reterr);
    if (rc == 0)
        return not_found(reterr);
    if (rc > 0)
        rc = store_query(e->store, &identity_sql[DEVICE_BY_ACCOUNT], ARGS(A_ID(who->account)), request_arena(rq), &r,
                         reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++)
        if (str_eq(row_str(&r, i, 0), id_str(&id.v)))
            return reply_json(rq, 200, device_json(&r, i, who->device, request_now_ms(rq)));
    return rc < 0 ? rc : not_found(reterr);
}
