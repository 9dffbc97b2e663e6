/* routes.c - search over HTTP: results with what narrows them, words to go on with, and for editors what nobody found. */
#include "base/log.h"
#include "service/json.h"
#include "service/search/search_int.h"

enum { SUGGEST_MAX = 8, FACETS_MAX = 24, MISSES_PAGE = 50, THINGS_SHOWN = 8, THINGS_LOOKED = 24 };

static bool may_edit(struct request *rq) {
    return (request_principal(rq)->roles & (ROLE_EDITOR | ROLE_OPERATOR)) != 0 && !request_principal(rq)->kids;
}

static struct search_ask ask_read(struct request *rq) {
    return (struct search_ask){.q = request_query(rq, "q"),
                               .genre = request_query(rq, "genre"),
                               .kind = request_query(rq, "kind"),
                               .lang = request_query(rq, "lang"),
                               .year_from = (int)request_query_int(rq, "year_from", 0),
                               .year_to = (int)request_query_int(rq, "year_to", 0),
                               .maturity = may_edit(rq) ? MATURITY_ALL : request_principal(rq)->maturity};
}

/* Who asks, and what they may see here and now. */
struct seer {
    int maturity;
    struct catalog_here here, *limits; /* limits NULL: everything */
};

static int seer_find(struct request *rq, struct seer *ret, struct err *reterr) {
    bool all = may_edit(rq);
    *ret = (struct seer){.maturity = all ? MATURITY_ALL : request_principal(rq)->maturity};
    if (all)
        return 0;
    ret->limits = &ret->here;
    return catalog_here_find(request_engine(rq), request_country(rq), request_arena(rq), &ret->here, reterr);
}

/* ---- Facets ---- */

struct facet {
    struct str value;
    int n;
};

static void facet_count(struct facet *f, size_t *io_n, struct str value) {
    size_t i = 0;
    while (i < *io_n && !str_eq(f[i].value, value))
        i++;
    if (i == *io_n) {
        if (i == FACETS_MAX)
            return;
        f[(*io_n)++] = (struct facet){value, 0};
    }
    f[i].n++;
}

static int facet_order(const void *a, const void *b) {
    const struct facet *x = a, *y = b;
    return x->n != y->n ? (x->n < y->n ? 1 : -1) : str_cmp(x->value, y->value);
}

static json_t *facet_json(struct facet *f, size_t n) {
    json_t *list = json_array();
    qsort(f, n, sizeof *f, facet_order);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:o, s:n, s:i}", "value", json_of_str(f[i].value), "name", "count", f[i].n));
    return list;
}

/* A genre's id says nothing to a person. */
static int genres_name(struct request *rq, const struct seer *who, json_t *facets, struct err *reterr) {
    json_t *genres = json_object_get(facets, "genres");
    struct id ids[FACETS_MAX];
    struct thing_card *cards;
    size_t n = 0, known = 0;
    for (; n < json_array_size(genres); n++)
        if (!id_parse(json_get_str(json_array_get(genres, n), "value"), &ids[n]))
            ids[n] = (struct id){0};
    int rc = n ? catalog_thing_cards(request_engine(rq)->store, THING_GENRE, ids, n, request_header(rq, "Accept-Language"),
                                     who->maturity, who->limits, request_arena(rq), &cards, &known, reterr)
               : 0;
    for (size_t i = 0, k = 0; rc == 0 && k < known; i++) /* in the order that they were asked in */
        if (str_eq(id_str(&ids[i]), id_str(&cards[k].id)))
            json_object_set_new(json_array_get(genres, i), "name", json_of_str(cards[k++].name));
    return rc;
}

static void facet_each(struct facet *f, size_t *io_n, struct str list) {
    for (struct str rest = list, one; rest.n;) {
        rest = str_cut(rest, ' ', &one);
        if (one.n)
            facet_count(f, io_n, one);
    }
}

/* Of everything that was found, not of the page. */
static json_t *facets_json(const struct search_found *found, struct arena *a) {
    struct facet kinds[FACETS_MAX], genres[FACETS_MAX], langs[FACETS_MAX], decades[FACETS_MAX];
    size_t n_kinds = 0, n_genres = 0, n_langs = 0, n_decades = 0;
    for (size_t i = 0; i < found->n; i++) {
        const struct search_hit *h = &found->hit[i];
        facet_count(kinds, &n_kinds, h->kind);
        facet_each(genres, &n_genres, h->genres);
        facet_each(langs, &n_langs, h->langs);
        if (h->year)
            facet_count(decades, &n_decades, str_printf(a, "%d", h->year / 10 * 10));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "kinds", facet_json(kinds, n_kinds), "genres", facet_json(genres, n_genres),
                     "languages", facet_json(langs, n_langs), "decades", facet_json(decades, n_decades));
}

/* ---- Results ---- */

/* Where a page begins, in the order of results. */
static int cursor_read(struct request *rq, size_t *ret_from, struct err *reterr) {
    struct str s = request_query(rq, "cursor");
    int64_t from = 0;
    if (s.p && (!str_to_i64(s, &from) || from < 0 || from > 10000))
        return err_refuse(reterr, ERR_INVALID, "search.cursor_invalid", "Leave the cursor out to begin at the first page.",
                          "bad cursor");
    *ret_from = (size_t)from;
    return 0;
}

/* What may be seen here, now and at that age is asked of the titles themselves: the index is moments behind, and knows no
 * countries. So some that were found are passed over; a page is filled from those behind them, as far as ROUNDS go. */
enum { ROUNDS = 4 };

struct page {
    struct title_card cards[SEARCH_PAGE_MAX];
    size_t n, next; /* the hit that the next page begins with */
};

static int page_fill(struct request *rq, const struct seer *who, const struct search_found *found, size_t from, size_t limit,
                     struct page *ret, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct arena *a = request_arena(rq);
    int rc = 0;
    *ret = (struct page){.next = from};
    for (int round = 0; rc == 0 && round < ROUNDS && ret->n < limit && ret->next < found->n; round++) {
        struct title_id ids[SEARCH_PAGE_MAX];
        struct title_card *cards;
        size_t n = MIN(limit - ret->n, found->n - ret->next), kept;
        for (size_t i = 0; i < n; i++)
            ids[i].v = found->hit[ret->next + i].ref;
        rc = catalog_cards(e->store, ids, n, request_header(rq, "Accept-Language"), false, a, &cards, &kept, reterr);
        if (rc == 0 && who->limits)
            kept = catalog_cards_here(cards, catalog_cards_for(cards, kept, who->maturity), who->limits);
        for (size_t i = 0; rc == 0 && i < kept; i++)
            ret->cards[ret->n++] = cards[i];
        ret->next += n;
    }
    return rc;
}

/* ---- People and genres ---- */

/* Those of a kind that somebody may be sent to, the best first; of so many that were looked at. */
static int things_json(struct request *rq, const struct seer *who, const struct search_found *found, enum catalog_thing what,
                       json_t **ret, struct err *reterr) {
    static const char *const kinds[CATALOG_THINGS] = {[THING_PERSON] = "person", [THING_GENRE] = "genre"};
    struct id ids[THINGS_LOOKED];
    struct thing_card *cards;
    size_t n = 0;
    for (size_t i = 0; i < found->n_things && n < THINGS_LOOKED; i++)
        if (str_eq(found->thing[i].kind, str_of(kinds[what])))
            ids[n++] = found->thing[i].ref;
    *ret = json_array();
    int rc = n ? catalog_thing_cards(request_engine(rq)->store, what, ids, n, request_header(rq, "Accept-Language"), who->maturity,
                                     who->limits, request_arena(rq), &cards, &n, reterr)
               : 0;
    for (size_t i = 0; rc == 0 && i < n && i < THINGS_SHOWN; i++)
        json_array_append_new(*ret, json_pack("{s:o, s:o, s:o}", "id", json_of_id(cards[i].id), "slug", json_of_str(cards[i].slug),
                                              "name", json_of_str(cards[i].name)));
    return rc;
}

/* What a page of results is put together of; references until it is sent. */
struct answer {
    struct search_found found;
    struct page page;
    json_t *items, *people, *genres, *facets;
};

/* A failure to write it down is no reason to answer nothing. */
static void miss_note(struct request *rq, const struct search_ask *ask, const struct answer *w) {
    struct err why = {0};
    int rc;
    if (w->found.n || json_array_size(w->people) || json_array_size(w->genres) || !w->found.folded.n || ask->genre.n || ask->kind.n || ask->lang.n || ask->year_from ||
        ask->year_to || request_principal(rq)->kids)
        return;
    STORE_RETRY(rc, &why, miss_record(request_engine(rq)->store, ask->q, w->found.folded, &why));
    if (rc < 0)
        log_event(LOG_WARN, "search.miss_failed", LS("err", why.msg));
}

static void answer_drop(struct answer *w) {
    json_decref(w->items);
    json_decref(w->people);
    json_decref(w->genres);
    json_decref(w->facets);
}

static int answer_make(struct request *rq, const struct search_ask *ask, size_t from, size_t limit, struct answer *w,
                       struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct seer who;
    int rc = seer_find(rq, &who, reterr);
    if (rc == 0)
        rc = search_find(e->store, ask, request_arena(rq), &w->found, reterr);
    if (rc == 0)
        rc = page_fill(rq, &who, &w->found, from, limit, &w->page, reterr);
    if (rc == 0)
        rc = catalog_cards_json(e, request_principal(rq)->profile, w->page.cards, w->page.n, &w->items, reterr);
    if (rc == 0)
        rc = things_json(rq, &who, &w->found, THING_PERSON, &w->people, reterr);
    if (rc == 0)
        rc = things_json(rq, &who, &w->found, THING_GENRE, &w->genres, reterr);
    if (rc)
        return rc;
    w->facets = facets_json(&w->found, request_arena(rq));
    return genres_name(rq, &who, w->facets, reterr);
}

static int search_get(struct request *rq, struct err *reterr) {
    struct arena *a = request_arena(rq);
    struct search_ask ask = ask_read(rq);
    struct answer *w = arena_new(a, struct answer);
    size_t from = 0, limit = (size_t)request_query_int(rq, "limit", 24);
    if (!w)
        return err_set(reterr, ERR_LIMIT, "no room for an answer");
    int rc = cursor_read(rq, &from, reterr);
    ask.things = from == 0; /* they stand above the first page */
    if (rc == 0)
        rc = answer_make(rq, &ask, from, limit, w, reterr);
    if (rc) {
        answer_drop(w);
        return rc;
    }
    miss_note(rq, &ask, w);
    struct str next = w->page.next < w->found.n ? str_printf(a, "%zu", w->page.next) : STR_NULL;
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200,
                      json_pack("{s:o, s:o, s:o, s:o, s:o, s:i, s:o}", "items", w->items, "people", w->people, "genres", w->genres,
                                "facets", w->facets, "corrected", json_of_str(w->found.corrected), "found", (int)w->found.n,
                                "next_cursor", json_of_str(next)));
}

static void suggest_add(json_t *items, const char *kind, struct str text, struct str slug) {
    if (json_array_size(items) < SUGGEST_MAX)
        json_array_append_new(items, json_pack("{s:o, s:s, s:o}", "text", json_of_str(text), "kind", kind, "slug", json_of_str(slug)));
}

static void suggest_things(json_t *items, const char *kind, json_t *things, size_t max) {
    for (size_t i = 0; i < json_array_size(things) && i < max; i++) {
        const json_t *one = json_array_get(things, i);
        suggest_add(items, kind, json_get_str(one, "name"), json_get_str(one, "slug"));
    }
    json_decref(things);
}

/* Titles, with room left for a person or two and a genre where there are some. */
static int suggest_get(struct request *rq, struct err *reterr) {
    struct search_ask ask = ask_read(rq);
    struct search_found found;
    struct page page;
    struct seer who;
    json_t *people = NULL, *genres = NULL;
    ask.things = true;
    int rc = seer_find(rq, &who, reterr);
    if (rc == 0)
        rc = search_find(request_engine(rq)->store, &ask, request_arena(rq), &found, reterr);
    if (rc == 0)
        rc = page_fill(rq, &who, &found, 0, SUGGEST_MAX, &page, reterr);
    if (rc == 0)
        rc = things_json(rq, &who, &found, THING_PERSON, &people, reterr);
    if (rc == 0)
        rc = things_json(rq, &who, &found, THING_GENRE, &genres, reterr);
    if (rc) {
        json_decref(people);
        json_decref(genres);
        return rc;
    }
    json_t *items = json_array();
    size_t others = MIN(json_array_size(people), 2u) + MIN(json_array_size(genres), 1u);
    for (size_t i = 0; i < page.n && i + others < SUGGEST_MAX; i++)
        suggest_add(items, "title", page.cards[i].name, page.cards[i].slug);
    suggest_things(items, "person", people, 2);
    suggest_things(items, "genre", genres, 1);
    reply_header(rq, "Vary", "Accept-Language");
    return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "corrected", json_of_str(found.corrected)));
}

/* ---- What was not found ---- */

/* "12.xylophon": how often the last one of the page was asked, and its folded text. */
static int misses_after(struct request *rq, int64_t *ret_searches, struct str *ret_folded, struct err *reterr) {
    struct str s = request_query(rq, "cursor"), number;
    *ret_searches = INT64_MAX;
    *ret_folded = STR("");
    if (!s.p)
        return 0;
    *ret_folded = str_cut(s, '.', &number);
    if (!ret_folded->p || !str_to_i64(number, ret_searches) || !str_is_utf8(*ret_folded))
        return err_refuse(reterr, ERR_INVALID, "search.cursor_invalid", "Leave the cursor out to begin at the first page.",
                          "bad cursor");
    return 0;
}

static int misses_get(struct request *rq, struct err *reterr) {
    struct rows r;
    int64_t searches;
    struct str folded, next = STR_NULL;
    int rc = misses_after(rq, &searches, &folded, reterr);
    if (rc == 0)
        rc = store_query(request_engine(rq)->store, &search_sql[MISS_LIST], ARGS(A_I64(searches), A_STR(folded), A_I64(MISSES_PAGE + 1)),
                         request_arena(rq), &r, reterr);
    if (rc < 0)
        return rc;
    size_t n = MIN(r.n, (size_t)MISSES_PAGE);
    json_t *items = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(items, json_pack("{s:o, s:I, s:o, s:o}", "query", json_of_str(row_str(&r, i, 0)), "searches",
                                               (json_int_t)row_i64(&r, i, 1), "first_at", json_of_time(row_i64(&r, i, 2)), "last_at",
                                               json_of_time(row_i64(&r, i, 3))));
    if (r.n > n)
        next = str_printf(request_arena(rq), "%lld." STR_FMT, (long long)row_i64(&r, n - 1, 1), STR_ARG(row_str(&r, n - 1, 4)));
    return reply_json(rq, 200, json_pack("{s:o, s:o}", "items", items, "next_cursor", json_of_str(next)));
}

/* The title first: where that fails nothing is forgotten. */
static int miss_answer(struct request *rq, struct str query, struct title_id title, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(request_engine(rq)->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = catalog_title_alias_add(tx, title, query, request_arena(rq), reterr);
    return rc == 0 ? tx_commit(&tx, reterr) : rc;
}

static int miss_settle_post(struct request *rq, struct err *reterr) {
    const json_t *body = request_json(rq);
    struct str query = str_trim(json_get_str(body, "query")), id = json_get_str(body, "title_id");
    struct title_id title;
    int rc = 0;
    if (id.n && id_parse(id, &title.v))
        rc = miss_answer(rq, query, title, reterr);
    if (rc == 0)
        rc = miss_settle(request_engine(rq)->store, query, reterr);
    return rc < 0 ? rc : reply_empty(rq);
}

/* ---- Tables ---- */

static const struct field facet_fields[] = {
    {"value", F_STR, FIELD_REQUIRED}, {"name", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "What people call it, where value is an id"}, {"count", F_INT, FIELD_REQUIRED, .doc = "Of the titles that were looked at, some hundreds at most"}, {.type = F_END}};
static const struct field facets_fields[] = {
    {"kinds", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "SearchFacet"},
    {"genres", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "SearchFacet", .doc = "By their ids"},
    {"languages", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "SearchFacet", .doc = "Of the audio"},
    {"decades", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "SearchFacet", .doc = "\"1990\" for 1990 to 1999"},
    {.type = F_END}};
static const struct field entity_fields[] = {
    {"id", F_ID, FIELD_REQUIRED}, {"slug", F_STR, FIELD_REQUIRED}, {"name", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field result_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "TitleCard", .doc = "The best first"},
    {"people", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "SearchEntity", .doc = "Of the first page: people of that name, the best first"},
    {"genres", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "SearchEntity", .doc = "Of the first page"},
    {"facets", F_OBJ, FIELD_REQUIRED, .ref = "SearchFacets"},
    {"corrected", F_STR, FIELD_REQUIRED | FIELD_NULLABLE, .doc = "What was probably meant, where the best title has other words"},
    {"found", F_INT, FIELD_REQUIRED, .doc = "How many the index proposes, some hundreds at most; what may not be seen here or now is among them"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field suggestion_fields[] = {
    {"text", F_STR, FIELD_REQUIRED}, {"kind", F_STR, FIELD_REQUIRED, .values = "title|person|genre"}, {"slug", F_STR, FIELD_REQUIRED}, {.type = F_END}};
static const struct field suggestions_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "Suggestion"},
    {"corrected", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field miss_fields[] = {
    {"query", F_STR, FIELD_REQUIRED, .doc = "As it was typed last"},
    {"searches", F_INT, FIELD_REQUIRED},
    {"first_at", F_TIME, FIELD_REQUIRED},
    {"last_at", F_TIME, FIELD_REQUIRED},
    {.type = F_END}};
static const struct field misses_fields[] = {
    {"items", F_OBJ, FIELD_REQUIRED | FIELD_ARRAY, .ref = "SearchMiss"},
    {"next_cursor", F_STR, FIELD_REQUIRED | FIELD_NULLABLE},
    {.type = F_END}};
static const struct field settle_fields[] = {
    {"query", F_STR, FIELD_REQUIRED, 1, SEARCH_QUERY_MAX, .doc = "As it is listed"},
    {"title_id", F_ID, FIELD_NULLABLE, .doc = "The title that was meant: it is found by this from now on; absent: the query is forgotten"},
    {.type = F_END}};
const struct schema search_schemas[] = {
    {"SearchSettle", settle_fields, "What was meant by a query that found nothing"},
    {"SearchFacet", facet_fields, "How many titles have a value"},
    {"SearchFacets", facets_fields, "What results can be narrowed by"},
    {"SearchEntity", entity_fields, "A person or a genre"},
    {"SearchResult", result_fields, "A page of what was found"},
    {"Suggestion", suggestion_fields, "What a search may go on to"},
    {"Suggestions", suggestions_fields, "The best few"},
    {"SearchMiss", miss_fields, "What was looked for and not found"},
    {"SearchMissList", misses_fields, "The most wanted first"},
    {NULL}};

#define NARROWED                                                                                   \
    {"genre", F_ID, 0, .doc = "Only titles of this genre"}, {"kind", F_STR, 0, 1, 20, .doc = "film, series, episode ..."},  \
        {"lang", F_LANG, 0, .doc = "Only titles with audio of this language"}, {"year_from", F_INT, 0, 1870, 2200},         \
        {"year_to", F_INT, 0, 1870, 2200}
static const struct field search_query[] = {
    {"q", F_STR, FIELD_REQUIRED, 1, SEARCH_QUERY_MAX, .doc = "Names in any language and script; slips, accents and blanks do not matter much"},
    NARROWED,
    {"cursor", F_STR, 0, 1, 20},
    {"limit", F_INT, 0, 1, SEARCH_PAGE_MAX},
    {.type = F_END}};
static const struct field suggest_query[] = {{"q", F_STR, FIELD_REQUIRED, 1, SEARCH_QUERY_MAX}, NARROWED, {.type = F_END}};
static const struct field misses_query[] = {{"cursor", F_STR, 0, 1, 200}, {.type = F_END}};

const struct route search_routes[] = {
    {GET, "/api/v1/search", search_get, ROLE_VIEWER | ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 600, .priority = PRIO_BROWSE, .query = search_query,
     .reply = "SearchResult", .doc = "Titles, people and genres by what somebody types, as it is typed"},
    {GET, "/api/v1/search/suggest", suggest_get, ROLE_VIEWER | ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 600, .priority = PRIO_BROWSE,
     .query = suggest_query, .reply = "Suggestions", .doc = "What a search may go on to, a few at most: genres, people, titles"},
    {GET, "/api/v1/editor/searches", misses_get, ROLE_EDITOR, .scope = SCOPE_CATALOG_READ, .per_minute = 120, .priority = PRIO_REST, .query = misses_query,
     .reply = "SearchMissList", .doc = "What people looked for and did not find, by nobody in particular"},
    {POST, "/api/v1/editor/searches/settle", miss_settle_post, ROLE_EDITOR, .scope = SCOPE_CATALOG_WRITE, .per_minute = 240, .priority = PRIO_REST,
     .body = "SearchSettle", .doc = "Say which title was meant, or that none was", .op = "editorSearchSettle"},
    {.path = NULL}};

/* Nothing here is about a person: what was not found says not who looked for it. */
static int search_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr) {
    *ret = json_object();
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for an export");
}
static int search_erase(const struct engine *e, struct account_id account, struct err *reterr) {
    return 0;
}

const struct service search_service = {
    .name = "search",
    .routes = search_routes,
    .schemas = search_schemas,
    .sql = search_sql,
    .jobs = search_jobs,
    .events = search_events,
    .cron = search_cron,
    .export = search_export,
    .erase = search_erase,
};
