/*
 * family.c - what is part of what, and what of it may be seen. title.shown is kept by whoever publishes, takes back or moves a
 * title: 0 not to be seen, 1 to be seen, 2 to be seen and to stand in lists by itself. It follows from the title's own
 * `published` and from its parent's `shown`, so that nobody who reads has to climb.
 */
#include "service/catalog/catalog_int.h"

static const char *const kinds[TITLE_KINDS] = {"film", "series", "season", "episode", "trailer", "extra"};

#define IN(kind) (1u << TITLE_##kind)
/* Of which kinds a parent may be; 0: it has none. */
static const unsigned parents[TITLE_KINDS] = {
    [TITLE_SEASON] = IN(SERIES),
    [TITLE_EPISODE] = IN(SEASON),
    [TITLE_TRAILER] = IN(FILM) | IN(SERIES) | IN(SEASON) | IN(EPISODE),
    [TITLE_EXTRA] = IN(FILM) | IN(SERIES) | IN(SEASON) | IN(EPISODE),
};
static const char *const parent_hints[TITLE_KINDS] = {
    "A film is part of nothing: leave its parent out.",
    "A series is part of nothing: leave its parent out.",
    "A season is part of a series: name that as its parent.",
    "An episode is part of a season: name that as its parent.",
    "A trailer belongs to a film, a series, a season or an episode: name that as its parent.",
    "An extra belongs to a film, a series, a season or an episode: name that as its parent.",
};

const char *title_kind_name(enum title_kind kind) { return kinds[kind]; }

bool title_kind_parse(struct str s, enum title_kind *ret) {
    for (int i = 0; i < TITLE_KINDS; i++)
        if (str_eq(s, str_of(kinds[i]))) {
            *ret = (enum title_kind)i;
            return true;
        }
    return false;
}

int title_check_parent(struct tx *tx, enum title_kind kind, struct title_id parent, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    struct rows r;
    enum title_kind of;
    if (!parents[kind] && !id_is_set(parent.v))
        return 0;
    int rc = 0;
    if (parents[kind] && id_is_set(parent.v)) {
        rc = tx_query(tx, &catalog_sql[TITLE_STATE], ARGS(A_ID(parent)), &a, &r, reterr);
        if (rc < 0)
            return rc;
        if (rc && title_kind_parse(row_str(&r, 0, 5), &of) && (parents[kind] & 1u << of))
            return 0;
    }
    return err_refuse(reterr, ERR_INVALID, "catalog.parent", parent_hints[kind], "%s %s of what it cannot be part of",
                      kinds[kind], id_is_set(parent.v) ? parent.v.s : "(none)");
}

int title_say_changed(struct tx *tx, struct title_id id, struct err *reterr) {
    char body[64];
    snprintf(body, sizeof body, "{\"title_id\":\"" ID_FMT "\"}", ID_ARG(id.v));
    return event_publish(tx, "title.changed", 1, id_str(&id.v), str_of(body), reterr);
}

int title_touch(struct tx *tx, struct title_id id, struct err *reterr) {
    int rc = tx_exec(tx, &catalog_sql[TITLE_TOUCH], ARGS(A_ID(id)), reterr);
    return rc < 0 ? rc : title_say_changed(tx, id, reterr);
}

/* A series' name stands on the cards of its episodes. */
int title_family_touch(struct tx *tx, struct title_id id, struct err *reterr) {
    int rc = tx_exec(tx, &catalog_sql[FAMILY_TOUCH], ARGS(A_ID(id)), reterr);
    return rc < 0 ? rc : 0;
}

enum { DEPTH_MAX = 4 }; /* series, season, episode, trailer */

static int shown_below(struct tx *tx, struct title_id id, int depth, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 20);
    struct rows now, children;
    int rc = tx_row(tx, &catalog_sql[SHOWN_SET], ARGS(A_ID(id)), &a, &now, reterr);
    if (rc >= 0)
        rc = title_say_changed(tx, id, reterr);
    if (rc >= 0 && depth < DEPTH_MAX)
        rc = tx_query(tx, &catalog_sql[CHILDREN], ARGS(A_ID(id)), &a, &children, reterr);
    if (rc < 0 || depth == DEPTH_MAX)
        return rc < 0 ? rc : 0;
    bool shown = row_i64(&now, 0, 0) > 0;
    /* Below what was hidden nothing is shown: what is shown below goes, what might be is looked at. */
    for (size_t i = 0; rc >= 0 && i < children.n; i++)
        if (shown || row_i64(&children, i, 1) > 0)
            rc = shown_below(tx, (struct title_id){row_id(&children, i, 0)}, depth + 1, reterr);
    return rc < 0 ? rc : 0;
}

int shown_update(struct tx *tx, struct title_id id, struct err *reterr) { return shown_below(tx, id, 1, reterr); }
