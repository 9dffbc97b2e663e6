/*
 * streams.c - who watches in an account now, in words and as JSON, and stopping one of them. The
 * slots are viewing's; names come from rows, so that a slot carries nothing but ids.
 */
#include "base/buf.h"
#include "service/json.h"
#include "service/playback/playback_int.h"
#include "service/viewing/viewing.h"

/* "the living room TV" where it has a name, else what kind it is. */
static struct str device_words(const struct device_info *d) {
    if (d->name.n)
        return d->name;
    return str_eq(d->kind, STR("tv"))      ? STR("a TV")
           : str_eq(d->kind, STR("phone")) ? STR("a phone")
           : str_eq(d->kind, STR("web"))   ? STR("a browser")
                                           : STR("a device");
}

static void names_add(const struct engine *e, struct account_id account, struct buf *b) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct streams on = {0};
    if (stream_list(e, account, &a, &on, NULL) < 0 || !on.n)
        return;
    buf_addc(b, ": ");
    for (size_t i = 0; i < on.n && i < 4; i++) {
        struct device_info d = {.kind = STR("other")};
        device_find(e, account, on.v[i].device, &a, &d, NULL);
        buf_addc(b, i == 0 ? "" : i + 1 < on.n ? ", " : " and ");
        buf_add(b, device_words(&d));
    }
    if (on.n > 4)
        buf_addc(b, " and others");
}

int stream_refuse(const struct engine *e, struct account_id account, int state,
                  struct err *reterr) {
    scoped(buf_done) struct buf hint = BUF(1 << 10);
    if (state == STREAM_MINE)
        return 0;
    if (state == STREAM_REPLACED)
        return err_refuse(reterr, ERR_CONFLICT, "playback.replaced",
                          "Something else is being watched on this device now.",
                          "a later playback of the device took its place");
    buf_addc(&hint, "Too many devices are watching already");
    names_add(e, account, &hint);
    buf_addc(&hint, ". Stop one of them to watch here.");
    const char *text = buf_cstr(&hint);
    return err_refuse(reterr, ERR_CONFLICT, TOO_MANY_STREAMS,
                      text ? text : "Too many devices are watching already. Stop one of them.",
                      "every stream slot of the account is held");
}

static json_t *title_json(const struct engine *e, struct title_id title, struct str langs,
                          int maturity, struct arena *a) {
    struct title_card card;
    if (catalog_card_by_id(e->store, title, langs, true, a, &card, NULL) < 0 ||
        card.maturity > maturity)
        return json_null();
    return json_pack("{s:o, s:o, s:o}", "id", json_of_id(card.id.v), "slug", json_of_str(card.slug),
                     "name", json_of_str(card.name));
}

int playback_streams(const struct engine *e, const struct principal *who, struct str langs,
                     struct arena *a, json_t **ret, struct err *reterr) {
    const struct account_id account = who->account;
    struct streams on = {0};
    json_t *list = json_array();
    stream_list(e, account, a, &on, NULL);
    for (size_t i = 0; i < on.n; i++) {
        struct device_info d = {.kind = STR("other"), .name = STR("")};
        struct rows r = {0};
        device_find(e, account, on.v[i].device, a, &d, NULL);
        int rc = record_get(e, on.v[i].playback, account, a, &r, reterr);
        if (rc < 0) {
            json_decref(list);
            return rc;
        }
        if (!r.n) /* a Play that is just being answered */
            continue;
        json_array_append_new(
            list,
            json_pack("{s:o, s:{s:o, s:o, s:o}, s:o, s:o, s:o}", "playback_id",
                      json_of_id(on.v[i].playback.v), "device", "id", json_of_id(on.v[i].device.v),
                      "kind", json_of_str(d.kind), "name", json_of_str(d.name), "profile_id",
                      json_of_id(row_id(&r, 0, 2)), "title",
                      title_json(e, (struct title_id){row_id(&r, 0, 3)}, langs, who->maturity, a),
                      "started_at", json_of_time(row_i64(&r, 0, 9))));
    }
    *ret = list;
    return list ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a list of streams");
}

int playback_stop(const struct engine *e, struct account_id account, struct playback_id playback,
                  struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int rc = record_get(e, playback, account, &a, &r, reterr);
    if (rc >= 0 && r.n)
        rc = store_exec(e->store, &playback_sql[PLAYBACK_STOP],
                        ARGS(A_ID(playback), A_ID(account), A_I64(clock_now_ms(e->clock))), reterr);
    else if (rc >= 0)
        rc = 0;
    if (rc == 0)
        return err_refuse(reterr, ERR_NOT_FOUND, "playback.not_found",
                          "This playback has ended already.", "no such playback of this account");
    if (rc < 0)
        return rc;
    stream_end(e, account, (struct stream){{row_id(&r, 0, 7)}, playback});
    viewing_stopped(e, (struct profile_id){row_id(&r, 0, 2)}, playback);
    /* Whoever has its addresses is told no as well, player or not. */
    return delivery_revoke(e, &(struct revocation){playback, row_i64(&r, 0, 5)}, 1, reterr);
}
