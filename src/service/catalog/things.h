/* things.h - genres, people, studios, collections, custom fields: see things.c. */
#pragma once
#include "engine/http/http.h"
#include "service/catalog/catalog_int.h"

enum { THING_ARGS = 9 };
struct thing {
    const char *word; /* its events: "genre.changed" */
    const char *key;  /* its unique word in the API: slug, of a custom field name */
    int list, get, taken, insert, update, drop, used, texts, text_add, text_clear; /* statements; used, texts: -1 none */
    int titles, titles_count, detach; /* statements: the titles that name it, how many, taking it from them */
    int place; /* statement: $2 is its place among its like; 0 none */
    bool text_synopsis; /* its texts have one */
    void (*read)(const struct rows *r, size_t row, json_t *o);                     /* columns behind id and key; the last is the revision */
    int (*write)(const json_t *body, struct arena *a, struct sql_val *v, size_t *n); /* the same, for insert and update */
    int (*check)(const json_t *body, struct err *reterr);
    int (*may_change)(struct tx *tx, struct id id, const json_t *body, struct arena *a, struct err *reterr); /* NULL: always */
    int (*content)(struct store *st, struct id id, struct arena *a, json_t *o, struct err *reterr);
    int (*content_put)(struct tx *tx, struct id id, const json_t *titles, struct err *reterr);
};
extern const struct thing thing_genre, thing_person, thing_studio, thing_collection, thing_field;

int thing_absent(const struct thing *t, struct id id, struct err *reterr); /* ERR_NOT_FOUND "catalog.not_found" */
int thing_list(struct request *rq, const struct thing *t, struct err *reterr);
int thing_get(struct request *rq, const struct thing *t, struct err *reterr);
int thing_post(struct request *rq, const struct thing *t, struct err *reterr);
int thing_put(struct request *rq, const struct thing *t, struct err *reterr);
int thing_delete(struct request *rq, const struct thing *t, struct err *reterr);
/* things_use.c */
/* Body {items: [id]}: the order that people gave them; who is not named keeps the place. */
int thing_order(struct request *rq, const struct thing *t, struct err *reterr);
int thing_titles(struct request *rq, const struct thing *t, struct err *reterr);
int thing_detach(struct tx *tx, const struct thing *t, struct id id, struct arena *a, struct err *reterr);
/* "catalog.in_use": titles name it still, and detach is not wished. Says <word>.deleted. */
int thing_drop(struct tx *tx, const struct thing *t, struct id id, bool detach, struct arena *a, struct err *reterr);
int thing_say(struct tx *tx, const struct thing *t, struct id id, const char *what, struct err *reterr); /* "changed" */
/* In the caller's transaction; body has the shape of the thing's schema. Says <word>.changed. "catalog.changed": body names a revision that
 * it has no more. */
int thing_write(struct tx *tx, const struct thing *t, struct id id, const json_t *body, bool fresh, struct arena *a,
                struct err *reterr);
