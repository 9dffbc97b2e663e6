/* routes.c - rights over HTTP, for editors: one title's, the calendar, the warnings. */
#include "base/buf.h"
#include "engine/audit/audit.h"
#include "service/json.h"
#include "service/rights/rights_int.h"

enum { PAGE_MAX = 50, SCHEDULED_MAX = 500, WARN_LOOKS = 200, WITHIN_DAYS = 30 };
#define DAY (24LL * 3600 * 1000)

/* ---- One title ---- */

static json_t *windows_json(const struct window_row *rows, size_t n) {
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, window_json(&rows[i]));
    return list;
}

/* What an episode obeys besides: its season's windows, its series'. A trailer obeys its own. */
static int inherited_load(struct request *rq, struct title_id id, json_t *into, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct title_card c;
    int rc = catalog_card_by_id(request_engine(rq)->store, id, request_header(rq, "Accept-Language"), true, a, &c, reterr);
    for (int level = 1; rc == 0 && level < CATALOG_LEVELS && id_is_set(c.parent.v) && c.kind != TITLE_TRAILER; level++) {
        scoped(tx_rollback) struct tx *tx = NULL;
        struct window_row *rows;
        size_t n;
        rc = catalog_card_by_id(request_engine(rq)->store, c.parent, request_header(rq, "Accept-Language"), true, a, &c, reterr);
        if (rc == 0)
            rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_READ, &tx, reterr);
        if (rc == 0)
            rc = windows_load(tx, c.id, a, &rows, &n, reterr);
        if (rc == 0 && n)
            json_array_append_new(into, json_pack("{s:{s:o, s:o, s:o}, s:o}", "title", "id", json_of_id(c.id.v), "slug",
                                                  json_of_str(c.slug), "name", json_of_str(c.name), "windows",
                                                  windows_json(rows, n)));
    }
    return rc;
}

static int title_load(struct request *rq, struct title_id id, json_t **ret, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct arena *a = request_arena(rq);
    struct window_row *rows;
    struct schedule s;
    size_t n;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_READ, &tx, reterr);
    if (rc == 0)
        rc = windows_load(tx, id, a, &rows, &n, reterr);
    if (rc == 0)
        rc = schedule_load(tx, id, a, &s, reterr);
    if (rc)
        return rc;
    tx_rollback(&tx);
    json_t *inherited = json_array();
    rc = inherited_load(rq, id, inherited, reterr);
    if (rc) {
        json_decref(inherited);
        return rc;
    }
    *ret = json_pack("{s:o, s:I, s:o, s:o, s:o, s:o}", "title_id", json_of_id(id.v), "revision", (json_int_t)s.revision,
                     "windows", windows_json(rows, n), "inherited", inherited, "publish_at", json_of_time(s.publish_ms),
                     "unpublish_at", json_of_time(s.unpublish_ms));
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for rights");
}

static int title_check(struct request *rq, struct title_id *ret, struct err *reterr) {
    struct title_card c;
    if (!id_parse(request_param(rq, "id"), &ret->v))
        return err_set(reterr, ERR_NOT_FOUND, "not an id");
    return catalog_card_by_id(request_engine(rq)->store, *ret, STR_NULL, true, request_arena(rq), &c, reterr);
}

static int title_rights_get(struct request *rq, struct err *reterr) {
    struct title_id id;
    json_t *out = NULL;
    int rc = title_check(rq, &id, reterr);
    if (rc == 0)
        rc = title_load(rq, id, &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

static int title_rights_put(struct request *rq, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct arena *a = request_arena(rq);
    struct rights_plan plan;
    struct title_id id;
    json_t *before = NULL, *out = NULL;
    int rc = title_check(rq, &id, reterr);
    if (rc == 0)
        rc = title_load(rq, id, &before, reterr);
    if (rc == 0)
        rc = rights_body_read(request_json(rq), a, &plan, reterr);
    if (rc == 0)
        rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (before)
        audit_note("before", before);
    if (rc == 0)
        rc = rights_set(tx, request_engine(rq), id, &plan, a, reterr);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    if (rc == 0)
        rc = title_load(rq, id, &out, reterr);
    return rc ? rc : reply_json(rq, 200, out);
}

/* ---- Names ---- */

/* Adds "title" {id, slug, name} to each object by its title_id, which goes. */
static int titles_name(struct request *rq, json_t *items, struct err *reterr) {
    struct arena *a = request_arena(rq);
    size_t n = json_array_size(items), n_cards = 0;
    struct title_id *ids = arena_news(a, struct title_id, MAX(n, 1u));
    struct title_card *cards = NULL;
    int rc = ids ? 0 : err_set(reterr, ERR_LIMIT, "no room for %zu titles", n);
    for (size_t i = 0; rc == 0 && i < n; i++)
        id_parse(json_get_str(json_array_get(items, i), "title_id"), &ids[i].v);
    if (rc == 0)
        rc = catalog_cards(request_engine(rq)->store, ids, n, request_header(rq, "Accept-Language"), true, a, &cards, &n_cards, reterr);
    for (size_t i = 0, c = 0; rc == 0 && i < n; i++) { /* cards come in the order of their ids, but for titles that are gone */
        json_t *o = json_array_get(items, i);
        bool found = c < n_cards && str_eq(id_str(&cards[c].id.v), id_str(&ids[i].v));
        json_object_del(o, "title_id");
        json_object_set_new(o, "title",
                            found ? json_pack("{s:o, s:o, s:o}", "id", json_of_id(ids[i].v), "slug",
                                              json_of_str(cards[c].slug), "name", json_of_str(cards[c].name))
                                  : json_null());
        c += found;
    }
    return rc;
}

/* ---- The calendar ---- */

static json_t *cursor_of(int64_t at, struct id id) {
    scoped(buf_done) struct buf b = BUF(128), plain = BUF(128);
    buf_addf(&plain, "%lld." ID_FMT, (long long)at, ID_ARG(id));
    buf_base64url(&b, plain.p, plain.n);
    return json_of_str(buf_str(&b));
}

static int cursor_read(struct str cursor, int64_t *ret_at, struct id *ret_id, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(128);
    struct str at, id;
    if (!cursor.n)
        return 0;
    if (cursor.n <= 120 && buf_unbase64url(&b, cursor)) {
        id = str_cut(buf_str(&b), '.', &at);
        if (str_to_i64(at, ret_at) && id_parse(id, ret_id))
            return 0;
    }
    return err_refuse(reterr, ERR_INVALID, "rights.cursor_invalid",
                      "The cursor is not one that a list gave. Start again without it.", "bad cursor");
}

static int windows_between(struct request *rq, int64_t from, int64_t to, json_t *items, json_t **ret_next,
                           struct err *reterr) {
    struct rows r;
    int64_t at = -1, limit = request_query_int(rq, "limit", PAGE_MAX);
    struct id id = {{0}};
    struct str licensor = request_query(rq, "licensor");
    int rc = cursor_read(request_query(rq, "cursor"), &at, &id, reterr);
    if (rc == 0)
        rc = store_query(request_engine(rq)->store, &rights_sql[WINDOW_CALENDAR],
                         ARGS(A_I64(from), A_I64(to), A_I64(at), A_STR(id_is_set(id) ? id_str(&id) : STR("")),
                              A_STR(licensor.p ? licensor : STR("")), A_I64(limit + 1)),
                         request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    size_t n = MIN(r.n, (size_t)limit);
    for (size_t i = 0; i < n; i++) {
        struct window_row w;
        window_row_read(&r, i, &w);
        json_t *o = window_json(&w);
        json_object_set_new(o, "title_id", json_of_id(w.title.v));
        json_array_append_new(items, o);
        if (i + 1 == n && r.n > n) {
            json_decref(*ret_next);
            *ret_next = cursor_of(w.w.starts_ms, w.w.id.v);
        }
    }
    return titles_name(rq, items, reterr);
}

static int scheduled_between(struct request *rq, int64_t from, int64_t to, json_t *items, struct err *reterr) {
    struct rows r;
    int rc = store_query(request_engine(rq)->store, &rights_sql[SCHEDULE_BETWEEN],
                         ARGS(A_I64(MAX(from, 1)), A_I64(to), A_I64(SCHEDULED_MAX)), request_arena(rq), &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++)
        json_array_append_new(items, json_pack("{s:o, s:o, s:o}", "title_id", json_of_str(row_str(&r, i, 0)),
                                               "publish_at", json_of_time(row_i64(&r, i, 1)), "unpublish_at",
                                               json_of_time(row_i64(&r, i, 2))));
    return rc < 0 ? rc : titles_name(rq, items, reterr);
}

static int calendar_get(struct request *rq, struct err *reterr) {
    int64_t from = 0, to = 0;
    json_t *items = json_array(), *scheduled = json_array(), *next = json_null();
    rfc3339_parse(request_query(rq, "from"), &from);
    rfc3339_parse(request_query(rq, "to"), &to);
    from = from ? from : request_now_ms(rq);
    to = to ? to : from + WITHIN_DAYS * DAY;
    int rc = from < to ? windows_between(rq, from, to, items, &next, reterr)
                       : err_refuse(reterr, ERR_INVALID, "rights.range_invalid", "Let the range end after it starts.",
                                    "an empty range");
    if (rc == 0 && !request_query(rq, "cursor").n) /* with the first page */
        rc = scheduled_between(rq, from, to, scheduled, reterr);
    if (rc == 0)
        return reply_json(rq, 200, json_pack("{s:o, s:o, s:o}", "items", items, "scheduled", scheduled, "next_cursor", next));
    json_decref(items);
    json_decref(scheduled);
    json_decref(next);
    return rc;
}

/* ---- Warnings ---- */

static int title_warnings(struct request *rq, struct err *reterr) {
    scoped(arena_done) struct arena own = ARENA(2 << 20);
    struct title_id title = {{""}};
    int64_t days = request_query_int(rq, "within_days", WITHIN_DAYS);
    json_t *items = json_array();
    id_parse(request_query(rq, "title_id"), &title.v); /* the router checked it */
    int rc = rights_warn(request_engine(rq), title, request_now_ms(rq), days * DAY, &own, items, reterr);
    if (rc == 0)
        rc = titles_name(rq, items, reterr);
    if (rc == 0)
        return reply_json(rq, 200, json_pack("{s:o, s:n}", "items", items, "next_cursor"));
    json_decref(items);
    return rc;
}

/* So many titles are looked at a page, whatever is found in them. */
static int warnings_get(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct arena *a = request_arena(rq);
    if (request_query(rq, "title_id").n)
        return title_warnings(rq, reterr);
    struct id after = {{0}};
    struct rows r;
    int64_t days = request_query_int(rq, "within_days", WITHIN_DAYS);
    struct str cursor = request_query(rq, "cursor");
    json_t *items = json_array(), *next = json_null();
    int rc = cursor.n && !id_parse(cursor, &after)
                 ? err_refuse(reterr, ERR_INVALID, "rights.cursor_invalid",
                              "The cursor is not one that a list gave. Start again without it.", "bad cursor")
                 : store_query(e->store, &rights_sql[RIGHTS_TITLES],
                               ARGS(A_STR(id_is_set(after) ? id_str(&after) : STR("")), A_I64(WARN_LOOKS)), a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        scoped(arena_done) struct arena own = ARENA(2 << 20);
        struct title_id title = {row_id(&r, i, 0)};
        rc = rights_warn(e, title, request_now_ms(rq), days * DAY, &own, items, reterr);
        bool last = i + 1 == r.n, full = json_array_size(items) >= PAGE_MAX;
        if (rc == 0 && (last ? r.n == WARN_LOOKS : full)) {
            json_decref(next);
            next = json_of_id(title.v);
        }
        if (full)
            break;
    }
    if (rc >= 0)
        rc = titles_name(rq, items, reterr);
    if (rc == 0)
        return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", next));
    json_decref(items);
    json_decref(next);
    return rc;
}

/* ---- Tables ---- */

#define MODEL_VALUES "svod|tvod|est|avod"
#define PLATFORM_VALUES "web|tv|phone|other"
#define WINDOW_FIELDS(id_flags, rest)                                                                                   \
    {"id", F_ID, id_flags, .doc = "Of a window that is there already; absent: a new one"},                              \
        {"territories", F_STR, rest | FIELD_ARRAY, 0, 300, .doc = "ISO 3166-1 alpha-2: DE, FR; none: everywhere"},      \
        {"except", F_STR, rest | FIELD_ARRAY, 0, 300, .doc = "But not here"},                                           \
        {"platforms", F_STR, rest | FIELD_ARRAY, 0, PLATFORMS, .values = PLATFORM_VALUES, .doc = "None: all"},          \
        {"models", F_STR, rest | FIELD_ARRAY, 0, MODELS, .values = MODEL_VALUES,                                        \
         .doc = "Plan, rental, purchase, advertising; none: all"},                                                      \
        {"starts_at", F_TIME, rest | FIELD_NULLABLE, .doc = "null: since always"},                                      \
        {"ends_at", F_TIME, rest | FIELD_NULLABLE, .doc = "Not in it any more; null: for ever"},                        \
        {"holdback", F_BOOL, rest, .doc = "Takes away what windows allow"},                                             \
        {"exclusive", F_BOOL, rest}, {"licensor", F_STR, rest, 0, 200}, {                                               \
        "note", F_STR, rest, 0, 1000                                                                                    \
    }
static const struct field window_fields[] = {
    WINDOW_FIELDS(FIELD_REQUIRED, FIELD_REQUIRED),
    {"state", F_STR, FIELD_REQUIRED, .values = "ahead|open|over"},
    {.type = F_END}};
static const struct field write_fields[] = {WINDOW_FIELDS(FIELD_NULLABLE, 0), {.type = F_END}};
static const struct field rights_fields[] = {
    {"title_id", F_ID, FIELD_REQUIRED},
    {"revision", F_INT, FIELD_REQUIRED, .doc = "Send it back with a change"},
    {"windows", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, RIGHTS_WINDOWS_MAX, .ref = "RightsWindow"},
    {"inherited", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "RightsInherited", .doc = "Of what it is part of: all of them must allow"},
    {"publish_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"unpublish_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field inherited_fields[] = {
    {"title", F_OBJ, FIELD_REQUIRED, .ref = "RightsTitle"},
    {"windows", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, RIGHTS_WINDOWS_MAX, .ref = "RightsWindow"},
    {.type = F_END}};
static const struct field change_fields[] = {
    {"revision", F_INT, 0, 0, 1000000000000000, .doc = "409 rights.changed when it is not the latest; absent: whatever it is"},
    {"windows", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, RIGHTS_WINDOWS_MAX, .ref = "RightsWindowWrite"},
    {"publish_at", F_TIME, FIELD_NULLABLE, .doc = "Published at this moment; null: not by the clock"},
    {"unpublish_at", F_TIME, FIELD_NULLABLE, .doc = "Taken back at this moment"},
    {.type = F_END}};
static const struct field title_fields[] = {
    {"id", F_ID, FIELD_REQUIRED}, {"slug", F_STR, FIELD_REQUIRED}, {"name", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field dated_fields[] = {
    WINDOW_FIELDS(FIELD_REQUIRED, FIELD_REQUIRED),
    {"state", F_STR, FIELD_REQUIRED, .values = "ahead|open|over"},
    {"title", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "RightsTitle"},
    {.type = F_END}};
static const struct field scheduled_fields[] = {
    {"title", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "RightsTitle"},
    {"publish_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {"unpublish_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field calendar_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "RightsDate", .doc = "Windows that are open in the range, by their start"},
    {"scheduled", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "RightsScheduled", .doc = "With the first page"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field warning_fields[] = {
    {"kind", F_STR, FIELD_REQUIRED,
     .values = "ends_soon|holdback_over_window|two_exclusive|offer_without_right|publish_late"},
    {"title", F_OBJ, FIELD_REQUIRED | FIELD_NULLABLE, .ref = "RightsTitle"},
    {"window_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE},
    {"other_id", F_ID, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "The holdback, the other licensor's window"},
    {"at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "When it ends, when the two first meet"},
    {"what", F_STR, FIELD_REQUIRED, 0, 4000, .doc = "The licensor, or the offer and where it has no right"},
    {.type = F_END}};
static const struct field warnings_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "RightsWarning"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "A page may be empty and not the last"},
    {.type = F_END}};
const struct schema rights_schemas[] = {
    {"RightsWindow", window_fields, "Where, when, on what and how sold a licensor allows a title"},
    {"RightsWindowWrite", write_fields, "A window as it is to be; what is absent is not limited"},
    {"RightsInherited", inherited_fields, "The windows of a season or a series"},
    {"TitleRights", rights_fields, "A title's windows and its schedule"},
    {"TitleRightsChange", change_fields, "All of a title's windows: those that are not sent go"},
    {"RightsTitle", title_fields, "Which title"},
    {"RightsDate", dated_fields, "A window in the calendar"},
    {"RightsScheduled", scheduled_fields, "A title that the clock publishes or takes back"},
    {"RightsCalendar", calendar_fields, "What is open, begins and ends in a range of time"},
    {"RightsWarning", warning_fields, "Something to look at before it happens"},
    {"RightsWarnings", warnings_fields, "Warnings, by title"},
    {NULL}};

static const struct field calendar_query[] = {
    {"from", F_TIME, 0, .doc = "Absent: now"},
    {"to", F_TIME, 0, .doc = "Absent: 30 days later"},
    {"licensor", F_STR, 0, 1, 200},
    {"cursor", F_STR, 0, 1, 120},
    {"limit", F_INT, 0, 1, PAGE_MAX},
    {.type = F_END}};
static const struct field warnings_query[] = {
    {"within_days", F_INT, 0, 1, 366, .doc = "Windows that end so soon; absent: 30"},
    {"title_id", F_ID, 0, .doc = "Only of this title"},
    {"cursor", F_STR, 0, 1, 120},
    {.type = F_END}};

const struct route rights_routes[] = {
    {GET, "/api/v1/editor/titles/{id:id}/rights", title_rights_get, ROLE_EDITOR, .scope = SCOPE_RIGHTS_READ, .priority = PRIO_REST,
     .reply = "TitleRights", .doc = "A title's windows and schedule"},
    {PUT, "/api/v1/editor/titles/{id:id}/rights", title_rights_put, ROLE_EDITOR, .scope = SCOPE_RIGHTS_WRITE, .per_minute = 300, .body_max = 512 << 10,
     .priority = PRIO_REST, .body = "TitleRightsChange", .reply = "TitleRights", .doc = "Replaces a title's windows and schedule"},
    {GET, "/api/v1/editor/rights", calendar_get, ROLE_EDITOR, .scope = SCOPE_RIGHTS_READ, .priority = PRIO_REST, .query = calendar_query,
     .reply = "RightsCalendar", .doc = "The calendar: windows and schedules in a range of time"},
    {GET, "/api/v1/editor/rights/warnings", warnings_get, ROLE_EDITOR, .scope = SCOPE_RIGHTS_READ, .priority = PRIO_REST, .query = warnings_query,
     .reply = "RightsWarnings", .doc = "Windows that end soon, and rights that contradict each other or what is sold"},
    {.path = NULL}};
