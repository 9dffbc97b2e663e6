/*
 * lists.c - my list, ratings and history of a profile. A change carries when it was made by the
 * device's clock and when it was sent by the same: what was changed later stands, also when it
 * arrives earlier.
 */
#include "base/buf.h"
#include "service/catalog/catalog.h"
#include "service/json.h"
#include "service/viewing/viewing_int.h"

enum { PAGE = 24, PAGE_MAX = 50 };

static struct title_id title_of(struct request *rq) {
    struct title_id id = {{{0}}};
    id_parse(request_param(rq, "id"), &id.v); /* "{id:id}" checked it */
    return id;
}

static int64_t time_get(const json_t *body, const char *name) {
    int64_t ms = 0;
    rfc3339_parse(json_get_str(body, name), &ms);
    return ms;
}

static int64_t changed_at(struct request *rq) {
    const json_t *body = request_json(rq);
    return viewing_instant(request_now_ms(rq), time_get(body, "at"), time_get(body, "sent_at"), 0);
}

/* Only what there is can be put on a list; what was taken back since can still be taken off. */
static int title_check(struct request *rq, struct title_id id, struct err *reterr) {
    struct title_card card;
    int rc = catalog_card_by_id(request_engine(rq)->store, id, STR_NULL, false, request_arena(rq),
                                &card, reterr);
    if (rc == 0 && card.maturity > request_principal(rq)->maturity)
        rc = err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found",
                        "This title does not exist, or not any more.", "not for the profile's age");
    return rc;
}

static int reply_state(struct request *rq, struct title_id title, struct err *reterr) {
    json_t *state = NULL;
    int rc =
        title_state_json(request_engine(rq), request_principal(rq)->profile, title, &state, reterr);
    return rc ? rc : reply_json(rq, 200, state);
}

int title_state_json(const struct engine *e, struct profile_id profile, struct title_id title,
                     json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows seen, list, rating;
    struct sql_args who = ARGS(A_ID(profile), A_ID(title));
    int rc = store_query(e->store, &viewing_sql[PROGRESS_GET], who, &a, &seen, reterr);
    if (rc >= 0)
        rc = store_query(e->store, &viewing_sql[LIST_GET], who, &a, &list, reterr);
    if (rc >= 0)
        rc = store_query(e->store, &viewing_sql[RATING_GET], who, &a, &rating, reterr);
    if (rc < 0)
        return rc;
    struct progress p = {0};
    if (seen.n)
        p = progress_read(&seen, 0);
    int64_t thumb = rating.n ? row_i64(&rating, 0, 0) : 0,
            stars = rating.n ? row_i64(&rating, 0, 1) : 0;
    *ret = json_pack("{s:o, s:b, s:o, s:o, s:b, s:o, s:o, s:o}", "title_id", json_of_id(title.v),
                     "listed", list.n && row_i64(&list, 0, 0), "rating",
                     thumb ? json_string(thumb > 0 ? "like" : "dislike") : json_null(), "stars",
                     stars ? json_integer(stars) : json_null(), "watched", p.watched_ms > 0,
                     "resume_s", json_of_seconds(p.resume_ms), "duration_s",
                     json_of_seconds(p.duration_ms), "viewed_at", json_of_time(p.viewed_ms));
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a reply");
}

static int state_get(struct request *rq, struct err *reterr) {
    return reply_state(rq, title_of(rq), reterr);
}

static int list_put(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    struct title_id title = title_of(rq);
    bool listed = json_is_true(json_object_get(request_json(rq), "listed"));
    int64_t at = changed_at(rq);
    int rc = listed ? title_check(rq, title, reterr) : 0;
    if (rc == 0)
        rc = store_exec(
            e->store, &viewing_sql[LIST_PUT],
            ARGS(A_ID(who->profile), A_ID(title), A_ID(who->account), A_BOOL(listed), A_I64(at)),
            reterr);
    if (rc > 0)
        viewing_tell(e, who->profile, "list", title.v);
    return rc < 0 ? rc : reply_state(rq, title, reterr);
}

static int rating_put(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    const struct principal *who = request_principal(rq);
    const json_t *body = request_json(rq);
    struct title_id title = title_of(rq);
    struct str rating = json_get_str(body, "rating");
    int64_t thumb = str_eq(rating, STR("like")) - str_eq(rating, STR("dislike"));
    int64_t stars = json_get_int(body, "stars", 0), at = changed_at(rq);
    int rc = thumb || stars ? title_check(rq, title, reterr) : 0;
    if (rc == 0)
        rc = store_exec(e->store, &viewing_sql[RATING_PUT],
                        ARGS(A_ID(who->profile), A_ID(title), A_ID(who->account), A_I64(thumb),
                             A_I64(stars), A_I64(at)),
                        reterr);
    if (rc > 0)
        viewing_tell(e, who->profile, "rating", title.v);
    return rc < 0 ? rc : reply_state(rq, title, reterr);
}

static int watched_put(struct request *rq, struct err *reterr) {
    const struct principal *who = request_principal(rq);
    struct title_id title = title_of(rq);
    struct title_card card;
    int rc = catalog_card_by_id(request_engine(rq)->store, title, STR_NULL, true, request_arena(rq),
                                &card, reterr);
    if (rc == 0)
        rc = viewing_mark(request_engine(rq), who, title, card.runtime_ms,
                          json_is_true(json_object_get(request_json(rq), "watched")),
                          changed_at(rq), reterr);
    return rc < 0 ? rc : reply_state(rq, title, reterr);
}

static int history_delete(struct request *rq, struct err *reterr) {
    int rc = viewing_mark(request_engine(rq), request_principal(rq), title_of(rq), 0, false,
                          request_now_ms(rq), reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

/* ---- Pages: newest first; a cursor is "<time>.<title>" of the last row ---- */

static int cursor_read(struct str cursor, int64_t *ret_ms, struct id *ret_id, struct err *reterr) {
    scoped(buf_done) struct buf b = BUF(128);
    struct str ms, id;
    *ret_ms = INT64_MAX;
    if (!cursor.p)
        return 0;
    if (cursor.n <= 120 && buf_unbase64url(&b, cursor)) {
        id = str_cut(buf_str(&b), '.', &ms);
        if (str_to_i64(ms, ret_ms) && id_parse(id, ret_id))
            return 0;
    }
    return err_refuse(reterr, ERR_INVALID, "viewing.cursor_invalid",
                      "The cursor is not one that a list gave. Start again without it.",
                      "bad cursor");
}

static json_t *cursor_json(int64_t ms, struct id id, struct arena *a) {
    scoped(buf_done) struct buf b = BUF(128);
    struct str plain = str_printf(a, "%lld." ID_FMT, (long long)ms, ID_ARG(id));
    buf_base64url(&b, plain.p, plain.n);
    return json_of_str(buf_str(&b));
}

struct page {
    struct rows rows; /* first column the title, second the time */
    struct title_card *cards;
    size_t n_cards, shown;
    json_t *next;
};

/* One row more than is shown tells whether there is a next page. */
static int page_load(struct request *rq, const struct sql *q, struct page *p, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct arena *a = request_arena(rq);
    int64_t before, limit = CLAMP(request_query_int(rq, "limit", PAGE), 1, PAGE_MAX);
    struct id id = {{0}};
    int rc = cursor_read(request_query(rq, "cursor"), &before, &id, reterr);
    if (rc == 0)
        rc = store_query(e->store, q,
                         ARGS(A_ID(request_principal(rq)->profile), A_I64(before),
                              A_STR(id_is_set(id) ? id_str(&id) : STR("")), A_I64(limit + 1)),
                         a, &p->rows, reterr);
    if (rc < 0)
        return rc;
    p->shown = MIN(p->rows.n, (size_t)limit);
    struct title_id *ids = arena_news(a, struct title_id, p->shown + 1);
    if (!ids)
        return err_set(reterr, ERR_LIMIT, "no room for a page");
    for (size_t i = 0; i < p->shown; i++)
        ids[i].v = row_id(&p->rows, i, 0);
    p->next = p->rows.n > p->shown
                  ? cursor_json(row_i64(&p->rows, p->shown - 1, 1), ids[p->shown - 1].v, a)
                  : json_null();
    rc = catalog_cards(e->store, ids, p->shown, request_header(rq, "Accept-Language"), false, a,
                       &p->cards, &p->n_cards, reterr);
    struct catalog_here here;
    if (rc == 0)
        rc = catalog_here_find(e, request_country(rq), a, &here, reterr);
    if (rc == 0)
        p->n_cards = catalog_cards_here(p->cards, p->n_cards, &here);
    if (rc == 0) /* listed before it was rated, or when the profile was allowed more */
        p->n_cards = catalog_cards_for(p->cards, p->n_cards, request_principal(rq)->maturity);
    return rc;
}

static int reply_page(struct request *rq, const struct page *p, json_t *items) {
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", p->next));
}

static int my_list_get(struct request *rq, struct err *reterr) {
    struct page p = {0};
    json_t *items = NULL;
    int rc = page_load(rq, &viewing_sql[LIST_PAGE], &p, reterr);
    if (rc == 0)
        rc = catalog_cards_json(request_engine(rq), request_principal(rq)->profile, p.cards,
                                p.n_cards, &items, reterr);
    if (rc) {
        json_decref(p.next);
        return rc;
    }
    return reply_page(rq, &p, items);
}

static int history_get(struct request *rq, struct err *reterr) {
    struct page p = {0};
    json_t *cards = NULL, *items = json_array();
    int rc = page_load(rq, &viewing_sql[HISTORY_PAGE], &p, reterr);
    if (rc == 0)
        rc = catalog_cards_json(request_engine(rq), request_principal(rq)->profile, p.cards,
                                p.n_cards, &cards, reterr);
    for (size_t c = 0, i = 0; rc == 0 && c < p.n_cards; c++) {
        struct str id = id_str(&p.cards[c].id.v);
        while (i < p.shown && !str_eq(row_str(&p.rows, i, 0), id))
            i++;
        json_array_append_new(
            items, json_pack("{s:O, s:o, s:o, s:o, s:b}", "title", json_array_get(cards, c),
                             "viewed_at", json_of_time(row_i64(&p.rows, i, 1)), "position_s",
                             json_of_seconds(row_i64(&p.rows, i, 2)), "duration_s",
                             json_of_seconds(row_i64(&p.rows, i, 3)), "watched",
                             !row_null(&p.rows, i, 4)));
    }
    json_decref(cards);
    if (rc) {
        json_decref(p.next);
        json_decref(items);
        return rc;
    }
    return reply_page(rq, &p, items);
}

int lists_export(const struct engine *e, struct account_id account, json_t *into,
                 struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 20);
    struct rows list, ratings;
    int rc = store_query(e->store, &viewing_sql[LIST_BY_ACCOUNT], ARGS(A_ID(account)), &a, &list,
                         reterr);
    if (rc >= 0)
        rc = store_query(e->store, &viewing_sql[RATING_BY_ACCOUNT], ARGS(A_ID(account)), &a,
                         &ratings, reterr);
    if (rc < 0)
        return rc;
    json_t *l = json_array(), *r = json_array();
    for (size_t i = 0; i < list.n; i++)
        json_array_append_new(l, json_pack("{s:o, s:o, s:b, s:o}", "profile_id",
                                           json_of_str(row_str(&list, i, 0)), "title_id",
                                           json_of_str(row_str(&list, i, 1)), "listed",
                                           row_i64(&list, i, 2) != 0, "changed_at",
                                           json_of_time(row_i64(&list, i, 3))));
    for (size_t i = 0; i < ratings.n; i++)
        json_array_append_new(r, json_pack("{s:o, s:o, s:I, s:I, s:o}", "profile_id",
                                           json_of_str(row_str(&ratings, i, 0)), "title_id",
                                           json_of_str(row_str(&ratings, i, 1)), "thumb",
                                           (json_int_t)row_i64(&ratings, i, 2), "stars",
                                           (json_int_t)row_i64(&ratings, i, 3), "changed_at",
                                           json_of_time(row_i64(&ratings, i, 4))));
    json_object_set_new(into, "my_list", l);
    json_object_set_new(into, "ratings", r);
    return 0;
}

/* ---- Tables ---- */

#define WHEN                                                                                       \
    {"at", F_TIME, 0, .doc = "When it was done, by the device's clock; absent: now"},              \
        {"sent_at", F_TIME, 0, .doc = "When it is sent, by the same clock"}, {                     \
        .type = F_END                                                                              \
    }
static const struct field list_change_fields[] = {{"listed", F_BOOL, FIELD_REQUIRED}, WHEN};
static const struct field rating_change_fields[] = {
    {"rating", F_STR, FIELD_NULLABLE, .values = "like|dislike", .doc = "null or absent: none"},
    {"stars", F_INT, FIELD_NULLABLE, 1, 5, .doc = "null or absent: none"},
    WHEN};
static const struct field watched_change_fields[] = {{"watched", F_BOOL, FIELD_REQUIRED}, WHEN};
static const struct field state_fields[] = {
    {"title_id", F_ID, FIELD_REQUIRED},
    {"listed", F_BOOL, FIELD_REQUIRED, .doc = "On my list"},
    {"rating", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .values = "like|dislike"},
    {"stars", F_INT, FIELD_REQUIRED | FIELD_NULLABLE, 1, 5},
    {"watched", F_BOOL, FIELD_REQUIRED, .doc = "Seen to its end, or marked so"},
    {"resume_s", F_NUM, FIELD_REQUIRED, .doc = "0: from the start"},
    {"duration_s", F_NUM, FIELD_REQUIRED},
    {"viewed_at", F_TIME, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field seen_fields[] = {
    {"title", F_OBJ, FIELD_REQUIRED, .ref = "TitleCard"},
    {"viewed_at", F_TIME, FIELD_REQUIRED},
    {"position_s", F_NUM, FIELD_REQUIRED, .doc = "Where it was left"},
    {"duration_s", F_NUM, FIELD_REQUIRED},
    {"watched", F_BOOL, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field history_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, PAGE_MAX, .ref = "Seen"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field my_list_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, 0, PAGE_MAX, .ref = "TitleCard"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field page_query[] = {
    {"cursor", F_STR}, {"limit", F_INT, 0, 1, PAGE_MAX}, {.type = F_END}};

const struct schema viewing_schemas[] = {
    {"ListChange", list_change_fields, "A title onto my list, or off it"},
    {"RatingChange", rating_change_fields, "What a profile thinks of a title; replaces both"},
    {"WatchedChange", watched_change_fields, "A title marked as seen, or as not seen"},
    {"TitleState", state_fields, "What a profile has done with a title"},
    {"Seen", seen_fields, "A title in the history"},
    {"History", history_fields, "What a profile has watched, latest first"},
    {"MyList", my_list_fields, "What a profile wants to watch, latest first"},
    {NULL}};

const struct route viewing_routes[] = {
    {GET, "/api/v1/my-list", my_list_get, ROLE_VIEWER, .per_minute = 240, .priority = PRIO_BROWSE,
     .deadline_ms = 5000, .query = page_query, .reply = "MyList", .op = "myListGet",
     .doc = "My list, latest first"},
    {GET, "/api/v1/history", history_get, ROLE_VIEWER, .per_minute = 240, .priority = PRIO_BROWSE,
     .deadline_ms = 5000, .query = page_query, .reply = "History", .op = "historyGet",
     .doc = "What this profile has watched, latest first"},
    {DELETE, "/api/v1/history/{id:id}", history_delete, ROLE_VIEWER, .per_minute = 240,
     .priority = PRIO_BROWSE, .deadline_ms = 5000, .op = "historyRemove",
     .doc = "Takes a title out of the history and of what is continued"},
    {GET, "/api/v1/title-states/{id:id}", state_get, ROLE_VIEWER, .per_minute = 600,
     .priority = PRIO_BROWSE, .deadline_ms = 5000, .reply = "TitleState", .op = "titleStateGet",
     .doc = "What this profile has done with a title"},
    {PUT, "/api/v1/title-states/{id:id}/list", list_put, ROLE_VIEWER, .per_minute = 240,
     .body_max = 1024, .priority = PRIO_BROWSE, .deadline_ms = 5000, .body = "ListChange",
     .reply = "TitleState", .op = "myListPut", .doc = "Puts a title on my list, or takes it off"},
    {PUT, "/api/v1/title-states/{id:id}/rating", rating_put, ROLE_VIEWER, .per_minute = 240,
     .body_max = 1024, .priority = PRIO_BROWSE, .deadline_ms = 5000, .body = "RatingChange",
     .reply = "TitleState", .op = "ratingPut", .doc = "Likes, dislikes or gives stars"},
    {PUT, "/api/v1/title-states/{id:id}/watched", watched_put, ROLE_VIEWER, .per_minute = 240,
     .body_max = 1024, .priority = PRIO_BROWSE, .deadline_ms = 5000, .body = "WatchedChange",
     .reply = "TitleState", .op = "watchedPut", .doc = "Marks a title as seen, or as not seen"},
    {GET, "/api/v1/viewing/events", viewing_events_get, ROLE_VIEWER, .per_minute = 60,
     .priority = PRIO_REST, .flags = ROUTE_SSE, .op = "viewingEventsStream",
     .doc = "What changes for this profile, on whatever device: event \"changed\" {what, id}, what "
            "one "
            "of progress, list, rating (id: the title) and stopped (id: the playback); \"resync\": "
            "ask "
            "again"},
    {.path = NULL}};
