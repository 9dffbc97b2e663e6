/* routes.c - Play and its heartbeat over HTTP; what playback holds about a person; its table. */
#include "service/playback/playback_int.h"
#include "base/buf.h"
#include "service/json.h"
#include "service/viewing/viewing.h"

static struct playback_device device_read(const json_t *device, struct arena *a) {
    const json_t *codecs = json_object_get(device, "codecs");
    size_t n = MIN(json_array_size(codecs), (size_t)DEVICE_CODECS_MAX);
    struct str *list = arena_news(a, struct str, MAX(n, 1u));
    struct playback_device d = {.codecs = list,
                                .n_codecs = list ? n : 0,
                                .max_height = (int)json_get_int(device, "max_height", 0),
                                .hdr = json_is_true(json_object_get(device, "hdr"))};
    for (size_t i = 0; i < d.n_codecs; i++)
        list[i] = str_of(json_string_value(json_array_get(codecs, i)));
    playback_device_systems(device, &d);
    const json_t *schemes = json_object_get(device, "schemes");
    for (size_t i = 0; i < json_array_size(schemes); i++) {
        int s = name_index(scheme_names, 3, json_string_value(json_array_get(schemes, i)));
        d.schemes |= s > SCHEME_CLEAR ? 1u << s : 0;
    }
    return d;
}

/* A refusal for want of a slot carries who holds them, so that a client can offer to stop one; for want
 * of a place among the devices, those that have one, to remove one of. */
static int refuse(struct request *rq, int rc, struct err *reterr) {
    json_t *watching = NULL;
    if (strcmp(reterr->reason, TOO_MANY_STREAMS) == 0 &&
        playback_streams(request_engine(rq), request_principal(rq),
                         request_header(rq, "Accept-Language"), request_arena(rq), &watching,
                         NULL) == 0)
        request_problem_member(rq, "watching", watching);
    json_t *devices = NULL;
    if (strcmp(reterr->reason, TOO_MANY_DEVICES) == 0 &&
        device_list(request_engine(rq), request_principal(rq), true, request_arena(rq), &devices, NULL) == 0)
        request_problem_member(rq, "devices", devices);
    return rc;
}

enum { ANSWER_TYPICAL = 3 << 10 };

static int playback_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq), *device = json_object_get(body, "device");
    struct arena *a = request_arena(rq);
    struct playback_ask ask = {.who = *request_principal(rq),
                               .device_kind = json_get_str(device, "kind"),
                               .device_name = json_get_str(device, "name"),
                               .can = device_read(device, a),
                               .country = request_country(rq),
                               .since_ns = request_began_ns(rq),
                               .langs = request_header(rq, "Accept-Language")};
    scoped(buf_done) struct buf answer = BUF(64 << 10);
    json_t *way = NULL;
    ask.ret_way = &way;
    buf_reserve(&answer, ANSWER_TYPICAL);
    id_parse(json_get_str(body, "title_id"), &ask.title.v); /* F_ID checked it */
    id_parse(json_get_str(body, "version_id"), &ask.version);
    id_parse(json_get_str(device, "id"), &ask.device.v);    /* absent: unset */
    int rc = playback_start(request_engine(rq), &ask, a, &answer, reterr);
    if (way)
        request_problem_member(rq, "access", way);
    return rc ? refuse(rq, rc, reterr) : reply_json_text(rq, 201, &answer);
}

static int heartbeat_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct playback_beat b = {.position_ms = json_get_ms(body, "position_s", 0),
                              .state = json_get_str(body, "state"),
                              .seq = json_get_int(body, "seq", 0),
                              .country = request_country(rq)};
    if (!id_parse(request_param(rq, "id"), &b.playback.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    rfc3339_parse(json_get_str(body, "at"), &b.at_ms); /* absent: now */
    rfc3339_parse(json_get_str(body, "sent_at"), &b.sent_ms);
    int rc = playback_report(request_engine(rq), request_principal(rq)->account, &b, reterr);
    return rc ? refuse(rq, rc, reterr) : reply_empty(rq);
}

static int streams_get(struct request *rq, struct err *reterr) {
    json_t *list = NULL;
    int rc = playback_streams(request_engine(rq), request_principal(rq),
                              request_header(rq, "Accept-Language"), request_arena(rq), &list,
                              reterr);
    return rc ? rc : reply_json(rq, 200, json_pack("{s:o}", "items", list));
}

static int stop_post(struct request *rq, struct err *reterr) {
    struct playback_id id;
    if (!id_parse(request_param(rq, "id"), &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = playback_stop(request_engine(rq), request_principal(rq)->account, id, reterr);
    return rc ? rc : reply_empty(rq);
}

/* The same for an operator, of any account: every title has its name. */
static int account_streams_get(struct request *rq, struct err *reterr) {
    struct principal them = {.maturity = MATURITY_ALL};
    json_t *list = NULL;
    if (!id_parse(request_param(rq, "id"), &them.account.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = playback_streams(request_engine(rq), &them, request_header(rq, "Accept-Language"), request_arena(rq), &list, reterr);
    return rc ? rc : reply_json(rq, 200, json_pack("{s:o}", "items", list));
}

static int account_stream_delete(struct request *rq, struct err *reterr) {
    struct account_id account;
    struct playback_id id;
    if (!id_parse(request_param(rq, "id"), &account.v) || !id_parse(request_param(rq, "playback"), &id.v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    int rc = playback_stop(request_engine(rq), account, id, reterr);
    return rc ? rc : reply_empty(rq);
}

#define HDCP_VALUES "none|1.0|1.1|1.2|1.3|1.4|2.0|2.1|2.2|2.3"
static const struct field device_fields[] = {
    {"id", F_ID, FIELD_NULLABLE, .doc = "As an earlier answer's device_id; absent at first"},
    {"kind", F_STR, FIELD_REQUIRED, .values = "web|tv|phone|other"},
    {"name", F_STR, FIELD_NULLABLE, 0, 100},
    {"codecs", F_STR, FIELD_ARRAY, 0, DEVICE_CODECS_MAX, .doc = "RFC 6381 or families: avc1, mp4a; stpp: subtitles as IMSC1, too"},
    {"max_height", F_INT, FIELD_NULLABLE, 0, 10000,
     .doc = "Lines that the screen or decoder shows"},
    {"hdr", F_BOOL, FIELD_NULLABLE, .doc = "Its screen shows HDR, PQ and HLG; absent: it does not"},
    {"drm", F_STR, FIELD_ARRAY, 0, 8, .doc = "Key systems: org.w3.clearkey, com.widevine.alpha, com.microsoft.playready, com.apple.fps"},
    {"schemes", F_STR, FIELD_ARRAY, 0, 2, .values = "cbcs|cenc",
     .doc = "Encryption that it plays; absent: both, or cbcs where it has FairPlay alone"},
    {"robustness", F_OBJ, FIELD_ARRAY, 0, 8, .ref = "DeviceRobustness", .doc = "How well they keep keys and pictures; absent: the least that each has"},
    {"hdcp", F_STR, FIELD_NULLABLE, .values = HDCP_VALUES, .doc = "Of its outputs now; absent: not known"},
    {.type = F_END}};
static const struct field robustness_fields[] = {
    {"system", F_STR, FIELD_REQUIRED, 0, 100},
    {"level", F_STR, FIELD_REQUIRED, 0, 40, .doc = "As EME has it: SW_SECURE_CRYPTO to HW_SECURE_ALL; PlayReady's 150, 2000, 3000"},
    {.type = F_END}};
static const struct field ask_fields[] = {
    {"title_id", F_ID, FIELD_REQUIRED},
    {"version_id", F_ID, 0, .doc = "Of Title.versions; absent: the main one"},
    {"device", F_OBJ, FIELD_REQUIRED, .ref = "PlaybackDevice"},
    {.type = F_END}};
static const struct field licence_fields[] = {
    {"system", F_STR, FIELD_REQUIRED, .values = "org.w3.clearkey|com.widevine.alpha|com.microsoft.playready|com.apple.fps"},
    {"scheme", F_STR, FIELD_REQUIRED, .values = "cbcs|cenc"},
    {"url", F_URL, FIELD_REQUIRED,
     .doc = "Same origin; carries the signed grant: keep it out of logs"},
    {"audio_robustness", F_STR, FIELD_REQUIRED, 0, 40, .doc = "What the system's module is to be opened with for sound; empty: nothing is asked"},
    {"video_robustness", F_STR, FIELD_REQUIRED, 0, 40, .doc = "The same for pictures"},
    {"certificate_url", F_URL, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The service's certificate, which FairPlay's module wants first"},
    {.type = F_END}};
static const struct field limit_fields[] = {
    {"class", F_STR, FIELD_REQUIRED, .values = "audio|sd|hd|uhd", .doc = "The lowest class of tracks that this device does not get"},
    {"reason", F_STR, FIELD_REQUIRED, .values = "robustness|hdcp"},
    {"needs", F_STR, FIELD_REQUIRED, .doc = "What the class asks for: HW_SECURE_ALL, 2.2"},
    {.type = F_END}};
static const struct field storyboard_fields[] = {
    {"url_template", F_STR, FIELD_REQUIRED, .doc = "{n} counts sheets from 0"},
    {"cols", F_INT, FIELD_REQUIRED},
    {"rows", F_INT, FIELD_REQUIRED},
    {"tile_width", F_INT, FIELD_REQUIRED},
    {"tile_height", F_INT, FIELD_REQUIRED},
    {"every_s", F_NUM, FIELD_REQUIRED},
    {"count", F_INT, FIELD_REQUIRED, .doc = "Pictures, over all sheets"},
    {.type = F_END}};
static const struct field beat_fields[] = {
    {"url", F_URL, FIELD_REQUIRED}, {"every_s", F_INT, FIELD_REQUIRED}, {.type = F_END}};
static const struct field playback_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"title", F_OBJ, FIELD_REQUIRED, .ref = "TitleCard"},
    {"asset_id", F_ID, FIELD_REQUIRED},
    {"hls_url", F_URL, FIELD_REQUIRED},
    {"dash_url", F_URL, FIELD_REQUIRED},
    {"protected", F_BOOL, FIELD_REQUIRED},
    {"licence", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "PlaybackLicence"},
    {"limit", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "PlaybackLimit", .doc = "Set where the device gets less than there is"},
    {"storyboard", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "Storyboard"},
    {"resume_s", F_NUM, FIELD_REQUIRED, .doc = "0: from the start"},
    {"duration_s", F_NUM, FIELD_REQUIRED},
    {"heartbeat", F_OBJ, FIELD_REQUIRED, .ref = "HeartbeatPlan"},
    {"expires_at", F_TIME, FIELD_REQUIRED},
    {"device_id", F_ID, FIELD_REQUIRED, .doc = "Send it with the next Play from here"},
    {"ads", F_BOOL, FIELD_REQUIRED, .doc = "Watched with advertising"},
    {.type = F_END}};
static const struct field heartbeat_fields[] = {
    {"position_s", F_NUM, FIELD_REQUIRED, 0, 1000000},
    {"state", F_STR, FIELD_REQUIRED, .values = "playing|paused|buffering|ended"},
    {"at", F_TIME, 0, .doc = "The player's clock when it was there; absent: now"},
    {"sent_at", F_TIME, 0,
     .doc = "The same clock when this is sent: how much later, where the player was offline"},
    {"seq", F_INT, 0, 1, 1000000000,
     .doc = "Counts the reports of this playback; orders them whatever its clock does"},
    {.type = F_END}};

static const struct field stream_device_fields[] = {
    {"id", F_ID, FIELD_REQUIRED},
    {"kind", F_STR, FIELD_REQUIRED, .values = "web|tv|phone|other"},
    {"name", F_STR, FIELD_REQUIRED, 0, 100},
    {.type = F_END}};
static const struct field stream_title_fields[] = {{"id", F_ID, FIELD_REQUIRED},
                                                   {"slug", F_STR, FIELD_REQUIRED},
                                                   {"name", F_STR, FIELD_REQUIRED},
                                                   {.type = F_END}};
static const struct field stream_fields[] = {
    {"playback_id", F_ID, FIELD_REQUIRED},
    {"device", F_OBJ, FIELD_REQUIRED, .ref = "StreamDevice"},
    {"profile_id", F_ID, FIELD_REQUIRED},
    {"title", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "StreamTitle"},
    {"started_at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field stream_list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, 64, .ref = "Stream"}, {.type = F_END}};

const struct schema playback_schemas[] = {
    {"StreamDevice", stream_device_fields, "A device that watches, as its owner named it"},
    {"StreamTitle", stream_title_fields, "What it shows"},
    {"Stream", stream_fields,
     "One that is being watched; a refusal playback.too_many_streams lists them as \"watching\""},
    {"StreamList", stream_list_fields, "What is being watched in the account now"},
    {"PlaybackDevice", device_fields, "What plays, and what it can do"},
    {"PlaybackAsk", ask_fields, "A tap on Play"},
    {"DeviceRobustness", robustness_fields, "How well a protection system keeps keys and pictures on a device"},
    {"PlaybackLimit", limit_fields, "Why a device gets less than there is: a class of tracks asks for more protection than it has"},
    {"PlaybackLicence", licence_fields, "Where a licence is to be had"},
    {"Storyboard", storyboard_fields, "Pictures for the scrubber, several on a sheet"},
    {"HeartbeatPlan", beat_fields, "Where and how often to report"},
    {"Playback", playback_fields, "Everything a player needs"},
    {"Heartbeat", heartbeat_fields, "How far the player is"},
    {NULL}};

const struct route playback_routes[] = {
    /* ROLE_NONE: that nobody is signed in is the decision's first check, with a code of its own. */
    {POST, "/api/v1/playback", playback_post, ROLE_NONE, .per_minute = 120, .body_max = 8192,
     .priority = PRIO_PLAY, .deadline_ms = 5000, .body = "PlaybackAsk", .reply = "Playback",
     .doc = "Play: decides, and answers with all that a player needs"},
    {POST, "/api/v1/playbacks/{id:id}/heartbeat", heartbeat_post, ROLE_VIEWER, .per_minute = 120,
     .body_max = 2048, .priority = PRIO_PLAY, .deadline_ms = 5000, .body = "Heartbeat",
     .doc = "How far this playback is; own playbacks only. 409: stop playing, and say why"},
    {GET, "/api/v1/streams", streams_get, ROLE_VIEWER, .per_minute = 120, .priority = PRIO_PLAY,
     .deadline_ms = 5000, .reply = "StreamList",
     .doc = "What is being watched in this account now, on which devices"},
    {POST, "/api/v1/playbacks/{id:id}/stop", stop_post, ROLE_VIEWER, .per_minute = 60,
     .priority = PRIO_PLAY, .deadline_ms = 5000, .op = "playbackStop",
     .doc = "Stops a playback of this account on whatever device it runs, and frees its slot"},
    {GET, "/api/v1/operator/accounts/{id:id}/streams", account_streams_get, ROLE_OPERATOR, .scope = SCOPE_ACCOUNTS_READ, .flags = ROUTE_AUDIT, .per_minute = 240,
     .priority = PRIO_REST, .reply = "StreamList", .op = "accountStreams", .doc = "What is being watched in an account now"},
    {DELETE, "/api/v1/operator/accounts/{id:id}/streams/{playback:id}", account_stream_delete, ROLE_OPERATOR, .scope = SCOPE_ACCOUNTS_WRITE, .per_minute = 60,
     .priority = PRIO_REST, .op = "accountStreamStop", .doc = "Stop one of them"},
    {.path = NULL}};

static int playback_export(const struct engine *e, struct account_id account, json_t **ret,
                           struct err *reterr) {
    static const char *const names[] = {"id",       "profile_id", "device_id",
                                        "title_id", "asset_id",   "state"};
    scoped(arena_done) struct arena a = ARENA(32 << 20);
    struct rows r;
    int rc = record_flush(e, reterr);
    if (rc == 0)
        rc = store_query(e->store, &playback_sql[PLAYBACK_BY_ACCOUNT], ARGS(A_ID(account)), &a, &r,
                         reterr);
    if (rc < 0)
        return rc;
    json_t *list = json_array();
    for (size_t i = 0; i < r.n; i++) {
        json_t *o = json_object();
        for (size_t c = 0; c < ARRAY_LEN(names); c++)
            json_object_set_new(o, names[c], json_of_str(row_str(&r, i, c)));
        json_object_set_new(o, "position_s", json_of_seconds(row_i64(&r, i, 6)));
        json_object_set_new(o, "started_at", json_of_time(row_i64(&r, i, 7)));
        json_object_set_new(o, "updated_at", json_of_time(row_i64(&r, i, 8)));
        json_array_append_new(list, o);
    }
    *ret = json_pack("{s:o}", "playbacks", list);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}

static int playback_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    /* First nobody can begin another one. */
    int rc = session_revoke_all(e, account, reterr);
    if (rc >= 0)
        rc = playback_revoke_account(e, account, reterr);
    if (rc >= 0)
        rc = store_exec(e->store, &playback_sql[PLAYBACK_ERASE], ARGS(A_ID(account)), reterr);
    return rc < 0 ? rc : 0;
}

static int purge(const struct engine *e, struct err *reterr) {
    int rc = store_exec(e->store, &playback_sql[PLAYBACK_PURGE],
                        ARGS(A_I64(clock_now_ms(e->clock) - PLAYBACK_KEPT_MS)), reterr);
    return rc < 0 ? rc : 0;
}

static const struct cron_row playback_cron[] = {
    {"playback.purge", 24LL * 3600 * 1000, purge, "Forgets playbacks older than 400 days"}, {NULL}};

/* Viewing counts streams and may not ask billing, which is no room of its concern: who knows both joins
 * them. */
static int playback_begin(const struct engine *e, struct err *reterr) {
    viewing_limit_provider(billing_stream_limit);
    playback_systems_start(e);
    return 0;
}

const struct service playback_service = {
    .name = "playback",
    .routes = playback_routes,
    .schemas = playback_schemas,
    .sql = playback_sql,
    .events = playback_events,
    .cron = playback_cron,
    .config = playback_config,
    .start = playback_begin,
    .stop = record_stop,
    .export = playback_export,
    .erase = playback_erase,
};
