/* things.h - genres, people, studios, collections, custom fields: see things.c. */
#pragma once
#include "engine/http/http.h"
#include "service/catalog/catalog_int.h"

enum { THING_ARGS = 8 };
struct thing {
    const char *word; /* its events: "genre.changed" */
    const char *key;  /* its unique word in the API: slug, of a custom field name */
    int list, get, taken, insert, update, drop, used, texts, text_add, text_clear; /* statements; used, texts: -1 none */
    bool text_synopsis; /* its texts have one */
    void (*read)(const struct rows *r, size_t row, json_t *o);                     /* columns behind id and key */
    int (*write)(const json_t *body, struct arena *a, struct sql_val *v, size_t *n); /* the same, for insert and update */
    int (*check)(const json_t *body, struct err *reterr);
    int (*content)(struct store *st, struct id id, struct arena *a, json_t *o, struct err *reterr);
    int (*content_put)(struct tx *tx, struct id id, const json_t *titles, struct err *reterr);
};
extern const struct thing thing_genre, thing_person, thing_studio, thing_collection, thing_field;

int thing_list(struct request *rq, const struct thing *t, struct err *reterr);
int thing_get(struct request *rq, const struct thing *t, struct err *reterr);
int thing_post(struct request *rq, const struct thing *t, struct err *reterr);
int thing_put(struct request *rq, const struct thing *t, struct err *reterr);
int thing_delete(struct request *rq, const struct thing *t, struct err *reterr);
/* In the caller's transaction; body has the shape of the thing's schema. Says <word>.changed. */
int thing_write(struct tx *tx, const struct thing *t, struct id id, const json_t *body, bool fresh, struct arena *a,
                struct err *reterr);
