/* playback.c - gathers the facts, asks decide.c, and makes what the answer names: row, token,
 * grant. */
#include "service/playback/playback_int.h"
#include "base/log.h"
#include "service/json.h"
#include "service/viewing/viewing.h"

const struct sql playback_sql[] = {PLAYBACK_SQL(SQL_ROW) SQL_END};

/* What is being put together; everything in the request's arena. */
struct start {
    const struct playback_ask *ask;
    struct title_card card;
    struct loaded_asset *asset;
    struct entitlement access;
    struct playback_decision decision;
    struct playback_id id;
    struct device_id device;
    struct str view, path;
    int64_t now_ms, expires_ms, resume_ms;
};

/* A film whose files cannot be read is "not ready" to the viewer and an error in the log. */
static int asset_find(const struct engine *e, struct start *s, struct err *reterr) {
    struct err why = {0};
    int rc = delivery_asset_get(e, s->card.asset, &s->asset, &why);
    if (rc < 0)
        log_event(LOG_ERROR, "playback.asset_unreadable", LS("asset", s->card.asset.v.s),
                  LS("err", why.msg));
    return 0;
}

static int facts_gather(const struct engine *e, struct start *s, struct arena *a,
                        struct playback_facts *ret_f, struct err *reterr) {
    const struct principal *who = &s->ask->who;
    struct playback_facts f = {.device = s->ask->can};
    f.signed_in = who->roles != 0;
    f.may_preview = (who->roles & (ROLE_EDITOR | ROLE_OPERATOR)) != 0;
    if (f.signed_in) {
        struct err why = {0};
        int rc =
            catalog_card_by_id(e->store, s->ask->title, s->ask->langs, true, a, &s->card, &why);
        if (rc && rc != ERR_NOT_FOUND) {
            if (reterr)
                *reterr = why;
            return rc;
        }
        f.title_exists = rc == 0;
        f.published = rc == 0 && s->card.published;
        f.too_young = rc == 0 && s->card.maturity > who->maturity;
    }
    if (f.title_exists && f.published && !f.may_preview) {
        int rc = billing_entitlement(e, who->account, s->card.id, a, &s->access, reterr);
        if (rc)
            return rc;
        f.access = &s->access;
    }
    if (f.title_exists && (f.published || f.may_preview) && id_is_set(s->card.asset.v)) {
        int rc = asset_find(e, s, reterr);
        if (rc)
            return rc;
        f.asset = s->asset ? &s->asset->desc : NULL;
    }
    *ret_f = f;
    return 0;
}

static int resume_find(const struct engine *e, struct start *s, struct err *reterr) {
    struct progress p;
    struct err why = {0};
    int rc = viewing_progress(e, s->ask->who.profile, s->card.id, &p, &why);
    if (rc && rc != ERR_NOT_FOUND) {
        if (reterr)
            *reterr = why;
        return rc;
    }
    /* A new asset of the title may be shorter than what was seen. */
    s->resume_ms = rc == 0 && p.resume_ms < s->asset->desc.duration_ms ? p.resume_ms : 0;
    return 0;
}

static int row_insert(const struct engine *e, struct start *s, struct err *reterr) {
    const struct principal *who = &s->ask->who;
    int rc = store_exec(e->store, &playback_sql[PLAYBACK_INSERT],
                        ARGS(A_ID(s->id), A_ID(who->account), A_ID(who->profile), A_ID(s->device),
                             A_ID(s->card.id), A_ID(s->card.asset), A_STR(s->view),
                             A_I64(s->asset->desc.duration_ms), A_I64(s->resume_ms),
                             A_I64(s->now_ms), A_I64(s->expires_ms), A_ID(who->session)),
                        reterr);
    /* Who signed out in the meantime ended what was there; this was not yet. */
    return rc < 0 ? rc : playback_check_live(e, s->id, reterr);
}

static json_t *path_json(struct arena *a, struct str path, const char *name) {
    return json_of_str(str_printf(a, STR_FMT "%s", STR_ARG(path), name));
}

static int licence_json(struct start *s, struct arena *a, json_t **ret, struct err *reterr) {
    struct grant g = {.kind = GRANT_PLAYBACK,
                      .playback = s->id,
                      .device = s->device,
                      .asset = s->card.asset,
                      .classes = s->decision.classes,
                      .until_ms = s->expires_ms,
                      .lasts_ms = s->expires_ms - s->now_ms};
    struct str text;
    if (!s->decision.protected) {
        *ret = json_null();
        return 0;
    }
    int rc = grant_write(&g, a, &text, reterr);
    if (rc)
        return rc;
    *ret =
        json_pack("{s:s, s:s, s:o}", "system", "org.w3.clearkey", "scheme",
                  s->asset->desc.scheme == SCHEME_CENC ? "cenc" : "cbcs", "url",
                  json_of_str(str_printf(a, "/api/v1/licence/clearkey/" STR_FMT, STR_ARG(text))));
    return 0;
}

static json_t *storyboard_json(const struct start *s, struct arena *a) {
    const struct asset_desc *d = &s->asset->desc;
    for (size_t i = 0; i < d->n_tracks; i++) {
        const struct track_desc *t = &d->tracks[i];
        if (t->kind != TRACK_IMAGE || t->tile_every <= 0 || !t->timescale)
            continue;
        int64_t count = (t->duration + t->tile_every - 1) / t->tile_every;
        return json_pack("{s:o, s:i, s:i, s:i, s:i, s:o, s:I}", "url_template",
                         json_of_str(str_printf(a, STR_FMT STR_FMT "/{n}.jpg", STR_ARG(s->path),
                                                STR_ARG(t->name))),
                         "cols", t->tile_cols, "rows", t->tile_rows, "tile_width", t->tile_width,
                         "tile_height", t->tile_height, "every_s",
                         json_real((double)t->tile_every / t->timescale), "count",
                         (json_int_t)count);
    }
    return json_null();
}

static int answer_json(const struct engine *e, struct start *s, struct arena *a, json_t **ret,
                       struct err *reterr) {
    json_t *licence = NULL, *cards = NULL;
    int rc = catalog_cards_json(e, s->ask->who.profile, &s->card, 1, &cards, reterr);
    if (rc == 0)
        rc = licence_json(s, a, &licence, reterr);
    if (rc) {
        json_decref(cards);
        return rc;
    }
    struct str beat = str_printf(a, "/api/v1/playbacks/" ID_FMT "/heartbeat", ID_ARG(s->id.v));
    *ret = json_pack("{s:o, s:O, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:{s:o, s:i}, s:o, s:o, s:b}",
                     "id", json_of_id(s->id.v), "title", json_array_get(cards, 0), "asset_id",
                     json_of_id(s->card.asset.v), "hls_url", path_json(a, s->path, "main.m3u8"),
                     "dash_url", path_json(a, s->path, "main.mpd"), "protected",
                     s->decision.protected, "licence", licence, "storyboard", storyboard_json(s, a),
                     "resume_s", json_of_seconds(s->resume_ms), "duration_s",
                     json_of_seconds(s->asset->desc.duration_ms), "heartbeat", "url",
                     json_of_str(beat), "every_s", HEARTBEAT_EVERY_S, "expires_at",
                     json_of_time(s->expires_ms), "device_id", json_of_id(s->device.v), "ads",
                     s->access.limits.ads);
    json_decref(cards);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a playback");
}

static int playback_make(const struct engine *e, struct start *s, struct arena *a, json_t **ret,
                         struct err *reterr) {
    const struct playback_ask *ask = s->ask;
    struct device_info device = {
        .id = ask->device, .kind = ask->device_kind, .name = ask->device_name};
    s->id.v = id_new(s->now_ms);
    s->expires_ms =
        s->now_ms + MAX(DELIVERY_SESSION_MS, s->asset->desc.duration_ms + PLAYBACK_MARGIN_MS);
    s->view = view_id(&s->decision.view, a);
    int rc = device_seen(e, &ask->who, &device, playback_device_rule(&ask->who), &s->device, reterr);
    /* The last check, since it takes something: nobody who was refused otherwise may hold a slot. */
    struct stream stream = {.device = s->device, .playback = s->id};
    if (rc == 0)
        rc = stream_refuse(e, ask->who.account, stream_start(e, ask->who.account, stream), reterr);
    if (rc)
        return rc;
    rc = delivery_path(e, s->id, s->card.asset, s->view, s->expires_ms, a, &s->path, reterr);
    if (rc == 0)
        rc = resume_find(e, s, reterr);
    if (rc == 0)
        rc = row_insert(e, s, reterr);
    if (rc == 0 && s->access.rental_begins)
        rc = billing_rental_begin(e, s->access.right, reterr);
    if (rc == 0)
        rc = answer_json(e, s, a, ret, reterr);
    if (rc)
        stream_end(e, ask->who.account, stream);
    return rc;
}

int playback_start(const struct engine *e, const struct playback_ask *ask, struct arena *a,
                   json_t **ret, struct err *reterr) {
    struct start s = {.ask = ask, .now_ms = clock_now_ms(e->clock)};
    struct playback_facts facts = {0};
    int rc = facts_gather(e, &s, a, &facts, reterr);
    if (rc == 0)
        rc = playback_decide(&facts, &s.decision, reterr);
    if (rc && facts.access && !facts.access->granted && ask->ret_way)
        *ask->ret_way = entitlement_json(facts.access);
    if (rc == 0)
        rc = playback_make(e, &s, a, ret, reterr);
    delivery_asset_put(&s.asset);
    return rc;
}

/* Later than any heartbeat on its way: the player was offline, and its slot is nobody's business now. */
#define LATE_MS 60000

static int beat_end(const struct engine *e, struct account_id account, struct stream stream,
                    const struct playback_beat *b, int64_t now, struct err *reterr) {
    int rc = store_exec(
        e->store, &playback_sql[PLAYBACK_BEAT],
        ARGS(A_ID(b->playback), A_I64(b->position_ms), A_STR(b->state), A_I64(now)), reterr);
    if (rc < 0)
        return rc;
    if (rc == 0) /* no row took it: it was stopped */
        return err_refuse(reterr, ERR_CONFLICT, "playback.stopped",
                          "Watching was stopped here from another device. Press Play to go on.",
                          "playback " ID_FMT " was stopped", ID_ARG(b->playback.v));
    if (str_eq(b->state, STR("ended"))) {
        stream_end(e, account, stream);
        return 0;
    }
    return stream_refuse(e, account, stream_beat(e, account, stream), reterr);
}

int playback_report(const struct engine *e, struct account_id account, const struct playback_beat *b,
                    struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int64_t now = clock_now_ms(e->clock), viewed = now;
    int rc = store_query(e->store, &playback_sql[PLAYBACK_GET], ARGS(A_ID(b->playback), A_ID(account)),
                         &a, &r, reterr);
    if (rc < 0)
        return rc;
    if (r.n)
        viewed = viewing_instant(now, b->at_ms, b->sent_ms, row_i64(&r, 0, 9));
    if (!r.n || row_i64(&r, 0, 5) <= viewed)
        return err_refuse(reterr, ERR_NOT_FOUND, "playback.not_found",
                          "This playback has ended. Start the title again.",
                          "no such playback of this account");
    struct progress_report report = {
        .account = account,
        .profile = {row_id(&r, 0, 2)},
        .title = {row_id(&r, 0, 3)},
        .playback = b->playback,
        .position_ms = b->position_ms,
        .duration_ms = row_i64(&r, 0, 4),
        .state = b->state,
        .client_at_ms = b->at_ms ? b->at_ms : now,
        .seq = b->seq,
        .viewed_ms = viewed,
        .still = viewing_still(b->state, b->position_ms, row_i64(&r, 0, 10))};
    rc = viewing_report(e, &report, reterr);
    if (rc < 0 || now - viewed > LATE_MS)
        return rc;
    struct stream stream = {.device = {row_id(&r, 0, 7)}, .playback = b->playback};
    return beat_end(e, account, stream, b, now, reterr);
}

int playback_heartbeat(const struct engine *e, struct account_id account,
                       struct playback_id playback, int64_t position_ms, struct str state,
                       int64_t client_at_ms, struct err *reterr) {
    return playback_report(e, account,
                           &(struct playback_beat){.playback = playback,
                                                   .position_ms = position_ms,
                                                   .state = state,
                                                   .at_ms = client_at_ms},
                           reterr);
}
