/* storefront_int.h - what the files of storefront share. */
#pragma once
#include "service/catalog/catalog.h"
#include "service/storefront/storefront.h"

enum { ROW_ITEMS = 20, TOP_ITEMS = 10, ALL_ITEMS = 50, LANGUAGE_ROWS = 4, BILLBOARDS_SHOWN = 5 };
enum { ROWS_MAX = 60, BILLBOARDS_MAX = 20, ROW_NAME_MAX = 80, VIEWS_DAYS = 7 };
#define LEAVING_MS (30 * 24 * 3600 * 1000LL)

#define STOREFRONT_SQL(Q)                                                                          \
    Q(DOC_REVISION, MAIN, "SELECT revision FROM storefront WHERE id = $1")                         \
    Q(DOC_GET, MAIN, "SELECT revision, body, updated_at FROM storefront WHERE id = $1")            \
    Q(DOC_PUT, MAIN,                                                                               \
      "INSERT INTO storefront (id, revision, body, updated_at) VALUES ($1, $2, $3, $4)"            \
      " ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, body = excluded.body,"        \
      " updated_at = excluded.updated_at")                                                         \
    Q(VIEW_SEEN, VIEWING,                                                                          \
      "INSERT INTO title_views_event (event_id, at) VALUES ($1, $2) ON CONFLICT (event_id) DO NOTHING") \
    Q(VIEW_ADD, VIEWING,                                                                           \
      "INSERT INTO title_views (day, country, title_id, views) VALUES ($1, $2, $3, 1)"             \
      " ON CONFLICT (day, country, title_id) DO UPDATE SET views = title_views.views + 1")         \
    Q(VIEW_TOP, VIEWING,                                                                           \
      "SELECT title_id, CAST(SUM(views) AS BIGINT) AS n FROM title_views WHERE day > $1 AND country = $2"          \
      " GROUP BY title_id ORDER BY n DESC, title_id LIMIT $3")                                     \
    Q(VIEW_TOP_ANYWHERE, VIEWING,                                                                  \
      "SELECT title_id, CAST(SUM(views) AS BIGINT) AS n FROM title_views WHERE day > $1"                           \
      " GROUP BY title_id ORDER BY n DESC, title_id LIMIT $2")                                     \
    Q(VIEW_PRUNE, VIEWING, "DELETE FROM title_views WHERE day <= $1")                              \
    Q(VIEW_SEEN_PRUNE, VIEWING, "DELETE FROM title_views_event WHERE at < $1")
enum { STOREFRONT_SQL(SQL_ENUM) };
extern const struct sql storefront_sql[];

/* ---- layout.c: the document ---- */
struct layout {
    int64_t revision;   /* 0: nobody has arranged anything */
    int64_t updated_ms; /* 0: the same */
    json_t *doc;        /* {rows: [StorefrontRow], billboards: [Billboard]}; read only */
};
/* The one that counts now, kept in memory by its revision. Hold it until layout_release. */
int layout_hold(const struct engine *e, const struct layout **ret, struct err *reterr);
void layout_release(const struct layout *l);
void layout_forget(void); /* at the end of the process */
json_t *layout_default(void); /* a new reference */
/* What a schema cannot say: ids, what each kind needs, times, countries. Gives rows without an id one. Faults
 * are told to rq field by field. ERR_INVALID "storefront.invalid". */
int layout_check(struct request *rq, json_t *doc, struct err *reterr);
/* ERR_CONFLICT "storefront.changed": somebody else has saved since that revision. */
int layout_save(const struct engine *e, const json_t *doc, int64_t revision, struct err *reterr);

/* Whether a row or billboard is for this viewer at this time. */
bool audience_has(const json_t *row, const struct storefront_viewer *v);
/* The best of {"en": "...", "de": "..."} for an Accept-Language; STR_NULL: there is none. Borrowed. */
struct str text_best(const json_t *texts, struct str langs);

/* ---- doc.c: documents of one row, with lost updates refused ---- */
int doc_save(const struct engine *e, const char *id, const json_t *body, int64_t revision, struct err *reterr);

/* ---- home.c ---- */
/* The page of a layout's doc, saved or not. */
int storefront_page(const struct engine *e, const struct storefront_viewer *v, const json_t *doc,
                    struct arena *a, json_t **ret, struct err *reterr);

/* ---- rows.c: what is in a row ---- */
int row_order(const char *kind); /* -1: none of its own */
int row_make(struct row_context *c, const json_t *row, struct err *reterr);
int rows_newest(struct row_context *c, struct err *reterr); /* fills c->newest */
/* Of the providers, by name; NULL: none of that name. */
const struct row_provider *provider_find(const char *name);
size_t providers_copy(const struct row_provider **dst, size_t max);
enum { PROVIDERS_MAX = 16 };

/* ---- pools.c: answers that cost more the larger the catalogue is ---- */
enum { TAG_MAX = 100 };
enum pool_what { POOL_TITLES, POOL_LANGUAGES, POOL_TOP, POOL_LEAVING };
struct pool_key { /* zeroed, then filled: compared byte by byte */
    enum pool_what what;
    int maturity, limit;
    char lang[36], country[4]; /* country: "" anywhere; else titles that can be seen there */
    char genre[ID_LEN + 1], kind[16], tag[TAG_MAX + 1];
    int year_from, year_to;
};
struct pool_item {
    struct id id;
    char text[36]; /* POOL_LANGUAGES: the language */
    int64_t n;     /* its titles; POOL_TOP: views */
    int64_t of;    /* POOL_LANGUAGES: of so many titles */
};
enum { POOL_ITEMS_MAX = 64, POOL_PAGE = 50, POOL_PAGES_MAX = 20 };
struct title_query pool_query(const struct pool_key *k); /* of POOL_TITLES */
/* The items, in the arena. Small catalogues are asked each time; of large ones an answer may be a hundred times as old as its making took,
 * so that a page costs the same whatever their size. */
int pools_get(const struct engine *e, const struct pool_key *key, struct arena *a,
             struct pool_item **ret, size_t *ret_n, struct err *reterr);
void pools_stop(void);

/* ---- then.c: the same for a preview of another moment; nothing is kept ---- */
/* In place; as catalog_cards_here does for now. */
int then_cards(struct row_context *c, struct title_card *cards, size_t *io_n, struct err *reterr);
/* POOL_TITLES and POOL_LEAVING; limit cards at most. */
int then_pool(struct row_context *c, const struct pool_key *key, size_t limit, struct title_card **ret, size_t *ret_n,
              struct err *reterr);

/* ---- views.c: the most watched ---- */
int views_top(const struct engine *e, const char *country, int limit, struct pool_item *items,
              size_t *ret_n, struct err *reterr);
int views_prune(const struct engine *e, struct err *reterr);
extern const struct event_handler storefront_events[];

/* ---- theme_routes.c ---- */
int theme_get(struct request *rq, struct err *reterr);
int theme_css_get(struct request *rq, struct err *reterr);
int theme_put(struct request *rq, struct err *reterr);
struct theme;
/* The one that counts now; *ret_doc (NULL: none is stored) is the caller's and is borrowed by t. */
int theme_load(const struct engine *e, struct arena *a, struct theme *t, json_t **ret_doc, struct err *reterr);
/* Over the revision that t has; steals logo (NULL: none). */
int theme_doc_save(const struct engine *e, const struct theme *t, json_t *logo, struct err *reterr);

/* ---- manifest.c ---- */
int manifest_get(struct request *rq, struct err *reterr);
int theme_icon_get(struct request *rq, struct err *reterr);

/* ---- routes.c ---- */
extern const struct route storefront_routes[];
extern const struct schema storefront_schemas[];

/* ---- words.c ---- */
enum row_word { WORD_CONTINUE, WORD_NEW, WORD_ALL, WORD_LANGUAGE, WORD_MY_LIST, WORD_TOP, WORD_LEAVING, ROW_WORDS };
const char *row_word(struct str langs, enum row_word word);
struct str language_name(struct str lang); /* "Français"; the tag itself where it is not known */
struct str row_language_title(struct str langs, struct str lang, struct arena *a);
