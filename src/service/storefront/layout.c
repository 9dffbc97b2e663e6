/*
 * layout.c - what stands on the page, as an editor arranged it. Until somebody does, the page is the default:
 * continue watching, new, a row a language, everything. A row's id comes back with impressions (analytics), so it
 * is given once and never changes its meaning.
 */
#include "engine/place/place.h"
#include "service/json.h"
#include "service/storefront/storefront_int.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>

static const char defaults[] =
    "{\"rows\":[{\"id\":\"continue\",\"kind\":\"continue\"},{\"id\":\"new\",\"kind\":\"new\"},"
    "{\"id\":\"languages\",\"kind\":\"languages\"},{\"id\":\"all\",\"kind\":\"all\"}],\"billboards\":[]}";

json_t *layout_default(void) {
    return json_loads(defaults, 0, NULL);
}

/* ---- Kept by its revision: a page asks for a number, not for the document ---- */

struct kept {
    struct layout l; /* first: layout_release gets here from it */
    int refs;
};
static struct {
    pthread_mutex_t lock;
    const struct store *store; /* whose: tests have several */
    struct kept *now;
} keep = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void release_locked(struct kept *k) {
    if (!k || --k->refs)
        return;
    json_decref(k->l.doc);
    free(k);
}

void layout_release(const struct layout *l) {
    pthread_mutex_lock(&keep.lock);
    release_locked((struct kept *)l);
    pthread_mutex_unlock(&keep.lock);
}

void layout_forget(void) {
    pthread_mutex_lock(&keep.lock);
    release_locked(keep.now);
    keep.now = NULL;
    pthread_mutex_unlock(&keep.lock);
}

static const struct layout *kept_at(const struct store *st, int64_t revision) {
    const struct layout *l = NULL;
    pthread_mutex_lock(&keep.lock);
    if (keep.now && keep.store == st && keep.now->l.revision == revision) {
        keep.now->refs++;
        l = &keep.now->l;
    }
    pthread_mutex_unlock(&keep.lock);
    return l;
}

static int layout_load(const struct engine *e, struct arena *a, const struct layout **ret, struct err *reterr) {
    struct rows r;
    int rc = store_query(e->store, &storefront_sql[DOC_GET], ARGS(A_CSTR("home")), a, &r, reterr);
    if (rc < 0)
        return rc;
    struct str text = rc ? row_str(&r, 0, 1) : STR_NULL;
    struct kept *k = calloc(1, sizeof *k);
    json_t *doc = rc ? json_loadb(text.p, text.n, 0, NULL) : layout_default();
    if (!k || !doc) {
        free(k);
        json_decref(doc);
        return err_set(reterr, ERR_CORRUPT, "the stored storefront does not read");
    }
    *k = (struct kept){.l = {rc ? row_i64(&r, 0, 0) : 0, rc ? row_i64(&r, 0, 2) : 0, doc}, .refs = 2};
    pthread_mutex_lock(&keep.lock);
    release_locked(keep.now);
    keep.now = k;
    keep.store = e->store;
    pthread_mutex_unlock(&keep.lock);
    *ret = &k->l;
    return 0;
}

int layout_hold(const struct engine *e, const struct layout **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(2 << 20);
    struct rows r;
    int rc = store_query(e->store, &storefront_sql[DOC_REVISION], ARGS(A_CSTR("home")), &a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = kept_at(e->store, rc ? row_i64(&r, 0, 0) : 0);
    return *ret ? 0 : layout_load(e, &a, ret, reterr);
}

int layout_save(const struct engine *e, const json_t *doc, int64_t revision, struct err *reterr) {
    return doc_save(e, "home", doc, revision, reterr);
}

/* ---- For whom ---- */

static bool holds(const json_t *list, struct str s) {
    for (size_t i = 0; i < json_array_size(list); i++)
        if (str_eq(str_of(json_string_value(json_array_get(list, i))), s))
            return true;
    return false;
}

static bool time_has(const json_t *row, int64_t at_ms) {
    int64_t from, to;
    if (rfc3339_parse(json_get_str(row, "starts_at"), &from) && at_ms < from)
        return false;
    return !rfc3339_parse(json_get_str(row, "ends_at"), &to) || at_ms < to;
}

bool audience_has(const json_t *row, const struct storefront_viewer *v) {
    const json_t *countries = json_object_get(row, "countries"), *platforms = json_object_get(row, "platforms");
    struct str profiles = json_get_str(row, "profiles");
    if (json_is_false(json_object_get(row, "enabled")) || !time_has(row, v->at_ms))
        return false;
    if (json_array_size(countries) && !holds(countries, v->country))
        return false;
    if (v->country.n && holds(json_object_get(row, "except"), v->country))
        return false;
    if (json_array_size(platforms) && !holds(platforms, v->platform))
        return false;
    return !(str_eq(profiles, STR("kids")) && !v->kids) && !(str_eq(profiles, STR("adults")) && v->kids);
}

struct str text_best(const json_t *texts, struct str langs) {
    enum { MAX_LANGS = 64 };
    struct str tags[MAX_LANGS], text[MAX_LANGS];
    const char *tag;
    json_t *value;
    size_t n = 0;
    int english = -1;
    json_object_foreach((json_t *)texts, tag, value) {
        if (n == MAX_LANGS)
            break;
        if (strcmp(tag, "en") == 0)
            english = (int)n;
        tags[n] = str_of(tag);
        text[n++] = str_of(json_string_value(value));
    }
    int best = n ? catalog_language_best(langs, tags, n) : -1;
    if (best < 0)
        best = english >= 0 ? english : 0;
    return n ? text[best] : STR_NULL;
}

/* ---- What an editor may save ---- */

struct checker {
    struct request *rq;
    const char *list;
    size_t at;
    int faults;
};

PRINTF_LIKE(3, 4)
static void fault(struct checker *c, const char *field, const char *fmt, ...) {
    char name[80], text[200];
    va_list ap;
    snprintf(name, sizeof name, "%s[%zu].%s", c->list, c->at, field);
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->faults++;
    if (c->rq)
        request_field_error(c->rq, name, text);
}

static void countries_check(struct checker *c, const json_t *row, const char *field) {
    const json_t *list = json_object_get(row, field);
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!country_is(str_of(json_string_value(json_array_get(list, i)))))
            fault(c, field, "Countries are two capital letters, such as DE.");
}

static bool text_is_plain(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7F)
            return false;
    return str_trim(s).n > 0 && s.n <= ROW_NAME_MAX && str_is_utf8(s);
}

static bool tag_is_plain(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] | 32) >= 'a' && (s.p[i] | 32) <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
            return false;
    return s.n >= 2 && s.n <= 35;
}

static void texts_check(struct checker *c, const json_t *row, const char *field) {
    const char *tag;
    json_t *value;
    json_object_foreach(json_object_get(row, field), tag, value) {
        if (!tag_is_plain(str_of(tag)))
            fault(c, field, "Names are by language, such as \"en\" or \"pt-BR\".");
        else if (!text_is_plain(str_of(json_string_value(value))))
            fault(c, field, "A name is one line of 1 to %d bytes.", ROW_NAME_MAX);
    }
}

static void audience_check(struct checker *c, const json_t *row) {
    int64_t from, to;
    bool begins = rfc3339_parse(json_get_str(row, "starts_at"), &from);
    if (begins && rfc3339_parse(json_get_str(row, "ends_at"), &to) && to <= from)
        fault(c, "ends_at", "The end must come after the start.");
    countries_check(c, row, "countries");
    countries_check(c, row, "except");
}

/* [a-z0-9-], as it comes back in events; "language-" is what the rows of a languages row are called. */
static bool row_id_is(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
            return false;
    return s.n && !str_starts(s, STR("language-"));
}

static void id_check(struct checker *c, const json_t *list, json_t *row) {
    struct str id = json_get_str(row, "id");
    if (!id.n) {
        struct id new = id_new(clock_now_ms(NULL));
        for (char *p = new.s; *p; p++)
            *p |= *p >= 'A' ? 32 : 0;
        json_object_set_new(row, "id", json_string(new.s));
        return;
    }
    if (!row_id_is(id))
        fault(c, "id", "An id is of small letters, digits and hyphens. Leave it out, and one is made.");
    for (size_t i = 0; i < c->at; i++)
        if (str_eq(json_get_str(json_array_get(list, i), "id"), id)) {
            fault(c, "id", "Another one has this id already. Leave it out, and one is made.");
            break;
        }
}

static void row_check(struct checker *c, const json_t *row) {
    struct str kind = json_get_str(row, "kind");
    const json_t *rule = json_object_get(row, "rule");
    bool named = json_object_size(json_object_get(row, "titles")) > 0;
    if (str_eq(kind, STR("curated")) && !json_array_size(json_object_get(row, "items")))
        fault(c, "items", "Choose at least one title.");
    if (str_eq(kind, STR("rule")) && !json_object_size(rule))
        fault(c, "rule", "Say which titles belong here.");
    if (str_eq(kind, STR("service")) && !json_get_str(row, "service").n)
        fault(c, "service", "Say whose rows these are.");
    if ((str_eq(kind, STR("curated")) || str_eq(kind, STR("rule"))) && !named)
        fault(c, "titles", "Give the row a name in one language at least.");
    texts_check(c, row, "titles");
    audience_check(c, row);
}

int layout_check(struct request *rq, json_t *doc, struct err *reterr) {
    struct checker c = {.rq = rq, .list = "rows"};
    json_t *rows = json_object_get(doc, "rows"), *boards = json_object_get(doc, "billboards"), *one;
    json_array_foreach(rows, c.at, one) {
        id_check(&c, rows, one);
        row_check(&c, one);
    }
    c.list = "billboards";
    json_array_foreach(boards, c.at, one) {
        id_check(&c, boards, one);
        texts_check(&c, one, "headline");
        audience_check(&c, one);
    }
    if (!c.faults)
        return 0;
    return err_refuse(reterr, ERR_INVALID, "storefront.invalid", "Some rows need another look.",
                      "%d faults in a storefront", c.faults);
}
