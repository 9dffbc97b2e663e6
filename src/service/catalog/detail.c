/*
 * detail.c - what a title's page shows beside its card: who made it, what it is about, its seasons and episodes, what comes
 * next. All of it is asked for at once, and its cards are read as one list.
 */
#include "service/catalog/catalog_int.h"
#include "service/json.h"

enum { D_SELF, D_TEXTS, D_GENRES, D_PEOPLE, D_TAGS, D_STUDIOS, D_COLLECTIONS, D_RATINGS, D_MARKERS, D_VERSIONS, D_TRACKS, D_CHILDREN,
       D_EPISODES, D_NEXT, D_ASKS };

struct page {
    const struct title_card *c;
    struct str langs;
    struct store_ask asks[D_ASKS];
    struct title_card *cards;
    size_t n_cards, at; /* at: where the last one was found */
    json_t *json;       /* of the cards */
};

static int page_ask(const struct engine *e, struct page *p, struct arena *a, struct err *reterr) {
    static const int plain[D_ASKS] = {[D_SELF] = OF_SELF, [D_TEXTS] = OF_TEXTS, [D_GENRES] = OF_GENRES, [D_PEOPLE] = OF_PEOPLE,
                                      [D_TAGS] = OF_TAGS, [D_STUDIOS] = OF_STUDIOS, [D_COLLECTIONS] = OF_COLLECTIONS,
                                      [D_RATINGS] = OF_RATINGS, [D_MARKERS] = OF_MARKERS, [D_VERSIONS] = OF_VERSIONS};
    bool all = !p->c->shown; /* who may look at what is not published sees it whole */
    for (int i = 0; i < D_TRACKS; i++)
        p->asks[i] = ASK(&catalog_sql[plain[i]], A_ID(p->c->id));
    p->asks[D_TRACKS] = ASK(&catalog_sql[TRACK_BY_ASSET], A_ID(p->c->asset));
    p->asks[D_CHILDREN] = ASK(&catalog_sql[OF_CHILDREN], A_ID(p->c->id), A_I64(all));
    p->asks[D_EPISODES] = ASK(&catalog_sql[OF_EPISODES], A_ID(p->c->id), A_I64(all));
    p->asks[D_NEXT] = ASK(&catalog_sql[OF_NEXT], A_ID(p->c->id), A_I64(all));
    return store_ask_all(e->store, p->asks, D_ASKS, a, reterr);
}

/* Every card that the page shows, in one list. */
static int page_cards(const struct engine *e, const struct principal *who, struct page *p, const struct catalog_here *here,
                      struct arena *a, struct err *reterr) {
    static const int lists[] = {D_CHILDREN, D_EPISODES, D_NEXT};
    size_t n = 0;
    struct title_id ids[1 + 2 * DETAIL_EPISODES + 1];
    if (id_is_set(p->c->parent.v))
        ids[n++] = p->c->parent;
    for (size_t l = 0; l < ARRAY_LEN(lists); l++)
        for (size_t i = 0; i < p->asks[lists[l]].rows.n && n < ARRAY_LEN(ids); i++)
            ids[n++].v = row_id(&p->asks[lists[l]].rows, i, 0);
    int rc = catalog_cards(e->store, ids, n, p->langs, !p->c->shown, a, &p->cards, &p->n_cards, reterr);
    if (rc == 0 && here)
        p->n_cards = catalog_cards_here(p->cards, catalog_cards_for(p->cards, p->n_cards, who->maturity), here);
    return rc ? rc : catalog_cards_json(e, who->profile, p->cards, p->n_cards, &p->json, reterr);
}

/* They are looked for in about the order in which they lie. A new reference; NULL: not to be shown. */
static json_t *page_card(struct page *p, struct str id, size_t *ret_at) {
    for (size_t i = 0; i < p->n_cards; i++, p->at++) {
        p->at %= p->n_cards;
        if (str_eq(id_str(&p->cards[p->at].id.v), id)) {
            *ret_at = p->at;
            return json_incref(json_array_get(p->json, p->at));
        }
    }
    return NULL;
}

/* One soundtrack in another format is not another one to choose. */
static bool told_already(const struct rows *r, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (row_i64(r, k, 1) == TRACK_AUDIO && row_i64(r, k, 5) == row_i64(r, i, 5) &&
            str_eq(row_str(r, k, 2), row_str(r, i, 2)) && str_eq(row_str(r, k, 3), row_str(r, i, 3)) &&
            str_eq(row_str(r, k, 4), row_str(r, i, 4)))
            return true;
    return false;
}

static json_t *tracks_json(const struct rows *r, int64_t kind) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++) {
        if (row_i64(r, i, 1) != kind || (kind == TRACK_AUDIO && told_already(r, i)))
            continue;
        json_t *t = json_pack("{s:o, s:o, s:o}", "lang", json_of_str(row_str(r, i, 2)), "label",
                              json_of_str(row_str(r, i, 4)), "role", json_of_str(row_str(r, i, 3)));
        if (kind == TRACK_AUDIO)
            json_object_set_new(t, "channels", json_integer(row_i64(r, i, 5)));
        json_array_append_new(list, t);
    }
    return list;
}

json_t *named_json(const struct rows *r, struct str langs) {
    json_t *list = json_array();
    for (size_t from = 0, to; from < r->n; from = to) {
        for (to = from; to < r->n && str_eq(row_str(r, to, 0), row_str(r, from, 0));)
            to++;
        size_t best = row_best(r, from, to, 2, langs, STR("en"), true);
        json_array_append_new(list, json_pack("{s:o, s:o}", "slug", json_of_str(row_str(r, best, 1)), "name",
                                              json_of_str(row_str(r, best, 3))));
    }
    return list;
}

static json_t *people_json(const struct rows *r, struct str langs) {
    json_t *list = json_array();
    for (size_t from = 0, to; from < r->n && json_array_size(list) < DETAIL_PEOPLE; from = to) {
        for (to = from; to < r->n && str_eq(row_str(r, to, 0), row_str(r, from, 0)) &&
                        str_eq(row_str(r, to, 3), row_str(r, from, 3));)
            to++;
        size_t best = row_null(r, from, 5) ? SIZE_MAX : row_best(r, from, to, 5, langs, STR(""), false);
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:o}", "slug", json_of_str(row_str(r, from, 1)), "name",
                            json_of_str(best == SIZE_MAX ? row_str(r, from, 2) : row_str(r, best, 6)), "job",
                            json_of_str(row_str(r, from, 3)), "character", json_of_text(row_str(r, from, 4))));
    }
    return list;
}

static json_t *plain_json(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o}", "slug", json_of_str(row_str(r, i, 1)), "name",
                                              json_of_str(row_str(r, i, 2))));
    return list;
}

json_t *ratings_json(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:i}", "system", json_of_str(row_str(r, i, 0)), "label",
                                              json_of_str(row_str(r, i, 1)), "age",
                                              MAX(rating_age(row_str(r, i, 0), row_str(r, i, 1)), 0)));
    return list;
}

json_t *markers_json(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o}", "kind", json_of_str(row_str(r, i, 0)), "from_s",
                                              json_of_seconds(row_i64(r, i, 1)), "to_s", json_of_seconds(row_i64(r, i, 2)), "name",
                                              json_of_text(row_str(r, i, 3))));
    return list;
}

static json_t *versions_json(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:o, s:b}", "id", json_of_id(row_id(r, i, 0)), "kind",
                                              json_of_str(row_str(r, i, 1)), "label", json_of_text(row_str(r, i, 2)), "lang",
                                              json_of_text(row_str(r, i, 3)), "playable", !row_null(r, i, 4)));
    return list;
}

static json_t *tags_json(const struct rows *r) {
    json_t *list = json_array();
    for (size_t i = 0; i < r->n; i++)
        json_array_append_new(list, json_of_str(row_str(r, i, 0)));
    return list;
}

static json_t *season_json(struct page *p, const struct title_card *season, json_t *o) {
    const struct rows *r = &p->asks[D_EPISODES].rows;
    json_t *episodes = json_array();
    size_t at;
    for (size_t i = 0; i < r->n; i++) {
        json_t *one = str_eq(row_str(r, i, 1), id_str(&season->id.v)) ? page_card(p, row_str(r, i, 0), &at) : NULL;
        if (!one)
            continue;
        json_object_set_new(one, "synopsis", json_of_str(p->cards[at].synopsis));
        json_array_append_new(episodes, one);
    }
    json_object_set_new(o, "number", json_integer(season->number));
    json_object_set_new(o, "synopsis", json_of_str(season->synopsis));
    json_object_set_new(o, "episodes", episodes);
    return o;
}

/* Of a series all seasons, of a season itself. */
static void children_add(struct page *p, json_t *o) {
    const struct rows *r = &p->asks[D_CHILDREN].rows;
    json_t *seasons = json_array(), *extras = json_array(), *one;
    size_t at;
    if (p->c->kind == TITLE_SEASON)
        json_array_append_new(seasons, season_json(p, p->c, json_copy(o)));
    for (size_t i = 0; i < r->n; i++) {
        bool season = str_eq(row_str(r, i, 1), STR("season"));
        if (str_eq(row_str(r, i, 1), STR("episode")) || !(one = page_card(p, row_str(r, i, 0), &at)))
            continue;
        if (season)
            json_array_append_new(seasons, season_json(p, &p->cards[at], one));
        else
            json_array_append_new(extras, one);
    }
    json_object_set_new(o, "seasons", seasons);
    json_object_set_new(o, "extras", extras);
}

static void texts_add(struct page *p, json_t *o) {
    const struct rows *r = &p->asks[D_TEXTS].rows, *self = &p->asks[D_SELF].rows;
    struct str tagline = STR("");
    for (size_t i = 0; i < r->n; i++)
        if (str_eq(row_str(r, i, 0), p->c->lang))
            tagline = row_str(r, i, 1);
    json_object_set_new(o, "synopsis", json_of_str(p->c->synopsis));
    json_object_set_new(o, "tagline", json_of_text(tagline));
    json_object_set_new(o, "original_lang", self->n ? json_of_text(row_str(self, 0, 0)) : json_null());
    json_object_set_new(o, "released_on", self->n ? json_of_text(row_str(self, 0, 1)) : json_null());
    json_object_set_new(o, "backdrop", catalog_image_json(p->c, ART_BACKDROP));
    json_object_set_new(o, "logo", catalog_image_json(p->c, ART_LOGO));
    json_object_set_new(o, "published", json_boolean(p->c->published));
}

static void page_add(struct page *p, json_t *o) {
    size_t at;
    json_t *parent = id_is_set(p->c->parent.v) ? page_card(p, id_str(&p->c->parent.v), &at) : NULL;
    json_t *next = p->asks[D_NEXT].rows.n ? page_card(p, row_str(&p->asks[D_NEXT].rows, 0, 0), &at) : NULL;
    children_add(p, o); /* first: a season's page has itself among its seasons, as a card */
    texts_add(p, o);
    json_object_set_new(o, "audio", tracks_json(&p->asks[D_TRACKS].rows, TRACK_AUDIO));
    json_object_set_new(o, "text", tracks_json(&p->asks[D_TRACKS].rows, TRACK_TEXT));
    json_object_set_new(o, "genres", named_json(&p->asks[D_GENRES].rows, p->langs));
    json_object_set_new(o, "people", people_json(&p->asks[D_PEOPLE].rows, p->langs));
    json_object_set_new(o, "tags", tags_json(&p->asks[D_TAGS].rows));
    json_object_set_new(o, "studios", plain_json(&p->asks[D_STUDIOS].rows));
    json_object_set_new(o, "collections", named_json(&p->asks[D_COLLECTIONS].rows, p->langs));
    json_object_set_new(o, "ratings", ratings_json(&p->asks[D_RATINGS].rows));
    json_object_set_new(o, "markers", markers_json(&p->asks[D_MARKERS].rows));
    json_object_set_new(o, "versions", versions_json(&p->asks[D_VERSIONS].rows));
    json_object_set_new(o, "parent", parent ? parent : json_null());
    json_object_set_new(o, "next", next ? next : json_null());
}

int title_page_json(const struct engine *e, const struct principal *who, const struct title_card *c, struct str langs,
                    const struct catalog_here *here, struct arena *a, json_t **ret, struct err *reterr) {
    struct page *p = arena_new(a, struct page);
    json_t *one = NULL;
    if (!p)
        return err_set(reterr, ERR_LIMIT, "no room for a title's page");
    p->c = c;
    p->langs = langs;
    int rc = page_ask(e, p, a, reterr);
    if (rc >= 0)
        rc = page_cards(e, who, p, here, a, reterr);
    if (rc == 0)
        rc = catalog_cards_json(e, who->profile, c, 1, &one, reterr);
    if (rc == 0) {
        *ret = json_incref(json_array_get(one, 0));
        page_add(p, *ret);
    }
    json_decref(one);
    json_decref(p->json);
    return rc < 0 ? rc : 0;
}
