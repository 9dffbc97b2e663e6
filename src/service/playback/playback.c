/* playback.c - gathers the facts, asks decide.c, and makes what the answer names: row, token,
 * grant. */
#include "service/playback/playback_int.h"
#include "base/log.h"
#include "media/drm/drm.h"
#include "media/drm/output.h"
#include "service/keys/keys.h"
#include "service/json.h"
#include "service/viewing/viewing.h"

const struct sql playback_sql[] = {PLAYBACK_SQL(SQL_ROW) SQL_END};

/* What Play asks the store, together. */
enum { ASK_TITLE, ASK_ACCESS, ASK_DEVICE = ASK_ACCESS + ENTITLEMENT_ASKS, ASK_PROGRESS, ASKS };

/* What is being put together; everything in the request's arena. */
struct start {
    const struct playback_ask *ask;
    struct store_ask asks[ASKS];
    struct title_brief title;
    struct loaded_asset *asset;
    struct rights_verdict rights;
    struct entitlement access;
    struct playback_decision decision;
    struct playback_id id;
    struct device_info device_said;
    struct device_id device;
    struct progress progress;
    struct str view, path;
    int64_t now_ms, expires_ms, resume_ms;
};

/* A film whose files cannot be read is "not ready" to the viewer and an error in the log. */
static void asset_find(const struct engine *e, struct start *s) {
    struct err why = {0};
    if (delivery_asset_describe(e, s->title.asset, &s->asset, &why) < 0)
        log_event(LOG_ERROR, "playback.asset_unreadable", LS("asset", s->title.asset.v.s),
                  LS("err", why.msg));
}

static int store_ask(const struct engine *e, struct start *s, struct arena *a, struct err *reterr) {
    const struct playback_ask *ask = s->ask;
    s->device_said =
        (struct device_info){.id = ask->device, .kind = ask->device_kind, .name = ask->device_name};
    s->asks[ASK_TITLE] = catalog_brief_ask(&ask->title);
    billing_entitlement_ask(&ask->who.account, &ask->title, &s->asks[ASK_ACCESS]);
    s->asks[ASK_DEVICE] = device_seen_ask(&ask->who, &s->device_said);
    s->asks[ASK_PROGRESS] = viewing_progress_ask(&ask->who.profile, &ask->title);
    return store_ask_all(e->store, s->asks, ASKS, a, reterr);
}

/* A version is a title's film in another cut: whoever may see the title may see it. Edited subtitles are the main one's. */
static int version_choose(const struct engine *e, struct start *s, struct arena *a, struct err *reterr) {
    struct asset_id asset = {{""}};
    if (!id_is_set(s->ask->version))
        return 0;
    int rc = catalog_version_asset(e->store, s->ask->title, s->ask->version, a, &asset, reterr);
    if (rc == 0 && strcmp(asset.v.s, s->title.asset.v.s) != 0)
        s->title.text = 0;
    if (rc == 0)
        s->title.asset = asset;
    return rc;
}

static int facts_gather(const struct engine *e, struct start *s, struct arena *a,
                        struct playback_facts *ret_f, struct err *reterr) {
    const struct principal *who = &s->ask->who;
    struct playback_facts f = {.device = s->ask->can, .output = keys_output(), .proxied = playback_proxied()};
    f.signed_in = who->roles != 0;
    f.may_preview = (who->roles & (ROLE_EDITOR | ROLE_OPERATOR)) != 0;
    if (f.signed_in) {
        int rc = store_ask(e, s, a, reterr);
        if (rc)
            return rc;
        f.title_exists = catalog_brief_take(&s->asks[ASK_TITLE], &s->title, NULL) == 0;
        f.published = f.title_exists && s->title.published;
        if (f.title_exists && (f.published || f.may_preview) && (rc = version_choose(e, s, a, reterr)))
            return rc;
        f.too_young = f.title_exists && s->title.maturity > who->maturity;
    }
    if (f.published && !f.may_preview) {
        int rc = rights_verdict_of(e, &s->title, s->ask->country, rights_platform_of(s->ask->device_kind), a, &s->rights,
                                   reterr);
        if (rc == 0)
            rc = billing_entitlement_take(e, who->account, s->ask->country, &s->rights, &s->asks[ASK_ACCESS], a, &s->access,
                                          reterr);
        if (rc)
            return rc;
        f.rights = &s->rights;
        f.access = &s->access;
    }
    if (f.title_exists && (f.published || f.may_preview) && id_is_set(s->title.asset.v))
        asset_find(e, s);
    f.asset = s->asset ? &s->asset->desc : NULL;
    f.second = s->asset ? delivery_second_scheme(e, s->asset) : SCHEME_CLEAR;
    *ret_f = f;
    return 0;
}

/* A new asset of the title may be shorter than what was seen. */
static void resume_find(struct start *s) {
    if (viewing_progress_take(&s->asks[ASK_PROGRESS], &s->progress, NULL) == 0 &&
        s->progress.resume_ms < s->asset->desc.duration_ms)
        s->resume_ms = s->progress.resume_ms;
}

static int row_record(const struct engine *e, struct start *s, struct err *reterr) {
    const struct principal *who = &s->ask->who;
    return record_add(e,
                      &(struct playback_row){.id = s->id,
                                             .account = who->account,
                                             .profile = who->profile,
                                             .device = s->device,
                                             .title = s->ask->title,
                                             .asset = s->title.asset,
                                             .session = who->session,
                                             .view = s->view,
                                             .duration_ms = s->asset->desc.duration_ms,
                                             .position_ms = s->resume_ms,
                                             .started_ms = s->now_ms,
                                             .expires_ms = s->expires_ms,
                                             .since_ns = s->ask->since_ns},
                      reterr);
}

static void path_add(struct buf *b, const char *name, struct str path, const char *file) {
    buf_addc(b, name);
    buf_add(b, path);
    buf_addc(b, file);
}

/* What the player's module has to be opened with, so that what is asked of it is what it was let in for. */
static void robustness_add(const struct playback_decision *d, struct buf *b) {
    unsigned audio = d->classes & 1u << KEY_AUDIO;
    const struct output_policy *p = keys_output();
    enum robustness sound = output_of(p, audio).robustness, picture = output_of(p, d->classes & ~audio).robustness;
    buf_addf(b, ",\"audio_robustness\":\"%s\",\"video_robustness\":\"%s\"", d->system ? drm_robustness_text(d->system - GRANT_DRM, sound) : "",
             d->system ? drm_robustness_text(d->system - GRANT_DRM, picture) : "");
}

static void limit_add(const struct playback_decision *d, struct buf *b) {
    const struct playback_limit *l = &d->limit;
    if (l->class == KEY_NONE)
        buf_addc(b, ",\"limit\":null");
    else
        buf_addf(b, ",\"limit\":{\"class\":\"%s\",\"reason\":\"%s\",\"needs\":\"%s\"}", key_class_names[l->class],
                 l->by_hdcp ? "hdcp" : "robustness", l->by_hdcp ? hdcp_names[l->needs.hdcp] : robustness_names[l->needs.robustness]);
}

static int licence_add(struct start *s, struct arena *a, struct buf *b, struct err *reterr) {
    const struct playback_decision *d = &s->decision;
    struct grant g = {.kind = GRANT_PLAYBACK,
                      .system = d->system,
                      .playback = s->id,
                      .device = s->device,
                      .asset = s->title.asset,
                      .classes = s->decision.classes,
                      .until_ms = s->expires_ms,
                      .lasts_ms = s->expires_ms - s->now_ms};
    struct str text;
    if (!s->decision.protected) {
        buf_addc(b, ",\"protected\":false,\"licence\":null");
        return 0;
    }
    int rc = grant_write(&g, a, &text, reterr);
    if (rc)
        return rc;
    const struct drm_row *row = d->system ? &drm_systems[d->system - GRANT_DRM] : NULL;
    buf_addf(b, ",\"protected\":true,\"licence\":{\"system\":\"%s\",\"scheme\":\"%s\",\"url\":\"/api/v1/licence/%s/" STR_FMT "\"",
             row ? row->key_system : "org.w3.clearkey", scheme_names[d->scheme], row ? row->name : "clearkey",
             STR_ARG(text));
    robustness_add(d, b);
    buf_addf(b, ",\"certificate_url\":%s}", playback_certificate(d->system) ? "\"" PLAYBACK_CERTIFICATE "\"" : "null");
    return 0;
}

static void storyboard_add(const struct start *s, struct arena *a, struct buf *b) {
    const struct asset_desc *d = &s->asset->desc;
    for (size_t i = 0; i < d->n_tracks; i++) {
        const struct track_desc *t = &d->tracks[i];
        if (t->kind != TRACK_IMAGE || t->tile_every <= 0 || !t->timescale)
            continue;
        int64_t count = (t->duration + t->tile_every - 1) / t->tile_every;
        int64_t every_us = (t->tile_every * 1000000 + t->timescale / 2) / t->timescale;
        buf_addc(b, ",\"storyboard\":{\"url_template\":");
        buf_json_str(b, str_printf(a, STR_FMT STR_FMT "/{n}.jpg", STR_ARG(s->path), STR_ARG(t->name)));
        buf_addf(b,
                 ",\"cols\":%d,\"rows\":%d,\"tile_width\":%d,\"tile_height\":%d,\"every_s\":%lld.%06lld,"
                 "\"count\":%lld}",
                 t->tile_cols, t->tile_rows, t->tile_width, t->tile_height, (long long)(every_us / 1000000),
                 (long long)(every_us % 1000000), (long long)count);
        return;
    }
    buf_addc(b, ",\"storyboard\":null");
}

/* progress stands in the card, as in every list of titles. */
static int card_add(const struct engine *e, struct start *s, struct buf *b, struct err *reterr) {
    scoped(buf_done) struct buf progress = BUF(256);
    viewing_progress_text(&s->progress, &progress);
    buf_addc(b, ",\"title\":");
    return catalog_card_kept(e->store, &s->ask->title, s->title.revision, s->ask->langs,
                             buf_cstr(&progress), b, reterr);
}

/* As text, not as a tree of values that is then written: this is the answer that is given most. The API's
 * schema is checked by the tests (http.h, check_replies). */
static int answer_write(const struct engine *e, struct start *s, struct arena *a, struct buf *b,
                        struct err *reterr) {
    char at[RFC3339_LEN + 1];
    buf_addf(b, "{\"id\":\"" ID_FMT "\"", ID_ARG(s->id.v));
    int rc = card_add(e, s, b, reterr);
    path_add(b, ",\"asset_id\":\"", id_str(&s->title.asset.v), "");
    path_add(b, "\",\"hls_url\":\"", s->path, "main.m3u8");
    path_add(b, "\",\"dash_url\":\"", s->path, "main.mpd\"");
    if (rc == 0)
        rc = licence_add(s, a, b, reterr);
    if (rc)
        return rc;
    limit_add(&s->decision, b);
    storyboard_add(s, a, b);
    buf_addc(b, ",\"resume_s\":");
    json_seconds_add(b, s->resume_ms);
    buf_addc(b, ",\"duration_s\":");
    json_seconds_add(b, s->asset->desc.duration_ms);
    rfc3339_write(s->expires_ms, at);
    buf_addf(b,
             ",\"heartbeat\":{\"url\":\"/api/v1/playbacks/" ID_FMT "/heartbeat\",\"every_s\":%d},"
             "\"expires_at\":\"%s\",\"device_id\":\"" ID_FMT "\",\"ads\":%s}",
             ID_ARG(s->id.v), HEARTBEAT_EVERY_S, at, ID_ARG(s->device.v),
             s->access.limits.ads ? "true" : "false");
    return b->failed ? err_set(reterr, ERR_NO_MEMORY, "no memory for a playback") : 0;
}

static int playback_make(const struct engine *e, struct start *s, struct arena *a,
                         struct buf *answer, struct err *reterr) {
    const struct playback_ask *ask = s->ask;
    int64_t plan = s->access.subscribed ? s->access.streams : STREAMS_UNKNOWN;
    s->id.v = id_new(s->now_ms);
    int64_t lasts_ms = MAX(DELIVERY_SESSION_MS, s->asset->desc.duration_ms + PLAYBACK_MARGIN_MS);
    s->expires_ms = s->now_ms + MIN(lasts_ms, PLAYBACK_LONGEST_MS); /* a player asks anew where a film is longer */
    s->decision.view.text = s->title.text;
    s->view = view_id(&s->decision.view, a);
    resume_find(s);
    int rc = device_seen_take(e, &ask->who, &s->device_said, playback_device_rule(&ask->who),
                              &s->asks[ASK_DEVICE], &s->device, reterr);
    /* The last check, since it takes something: nobody who was refused otherwise may hold a slot. */
    struct stream stream = {.device = s->device, .playback = s->id};
    if (rc == 0)
        rc = stream_refuse(e, ask->who.account, stream_start(e, ask->who.account, stream, plan),
                           reterr);
    if (rc)
        return rc;
    rc = delivery_path(e, s->id, s->title.asset, s->view, s->expires_ms, a, &s->path, reterr);
    if (rc == 0 && s->access.rental_begins)
        rc = billing_rental_begin(e, s->access.right, reterr);
    if (rc == 0)
        rc = answer_write(e, s, a, answer, reterr);
    if (rc == 0)
        rc = row_record(e, s, reterr);
    if (rc)
        stream_end(e, ask->who.account, stream);
    return rc;
}

int playback_start(const struct engine *e, const struct playback_ask *ask, struct arena *a,
                   struct buf *answer, struct err *reterr) {
    struct start s = {.ask = ask, .now_ms = clock_now_ms(e->clock)};
    struct playback_facts facts = {0};
    int rc = facts_gather(e, &s, a, &facts, reterr);
    if (rc == 0)
        rc = playback_decide(&facts, &s.decision, reterr);
    if (rc && facts.access && !facts.access->granted && ask->ret_way)
        *ask->ret_way = entitlement_json(facts.access);
    if (rc == 0)
        rc = playback_make(e, &s, a, answer, reterr);
    delivery_asset_put(&s.asset);
    return rc;
}

/* Later than any heartbeat on its way: the player was offline, and its slot is nobody's business now. */
#define LATE_MS 60000

static int beat_end(const struct engine *e, struct account_id account, struct stream stream,
                    const struct playback_beat *b, int64_t now, struct err *reterr) {
    bool ended = str_eq(b->state, STR("ended"));
    /* The slot before the row, as playback_stop has the row before the slot: whichever way the two meet, what was
     * stopped holds no slot afterwards. */
    enum stream_state slot = ended ? STREAM_MINE : stream_beat(e, account, stream);
    int rc = store_exec(
        e->store, &playback_sql[PLAYBACK_BEAT],
        ARGS(A_ID(b->playback), A_I64(b->position_ms), A_STR(b->state), A_I64(now)), reterr);
    if (rc < 0)
        return rc;
    if (ended || rc == 0)
        stream_end(e, account, stream);
    if (rc == 0) /* no row took it: it was stopped */
        return err_refuse(reterr, ERR_CONFLICT, "playback.stopped",
                          "Watching was stopped here from another device. Press Play to go on.",
                          "playback " ID_FMT " was stopped", ID_ARG(b->playback.v));
    return stream_refuse(e, account, slot, reterr);
}

int playback_report(const struct engine *e, struct account_id account, const struct playback_beat *b,
                    struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct rows r;
    int64_t now = clock_now_ms(e->clock), viewed = now;
    int rc = record_get(e, b->playback, account, &a, &r, reterr);
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
        .country = b->country,
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
