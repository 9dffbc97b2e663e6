/* routes_int.h - the handlers of catalog's routes, by file. */
#pragma once
#include "engine/http/http.h"

/* routes.c */
bool may_edit(struct request *rq);

/* browse.c */
int genres_get(struct request *rq, struct err *reterr);
int person_get(struct request *rq, struct err *reterr);
int collections_get(struct request *rq, struct err *reterr);
int collection_get(struct request *rq, struct err *reterr);

/* editor.c */
int editor_titles_get(struct request *rq, struct err *reterr);
int editor_title_get(struct request *rq, struct err *reterr);
int editor_title_post(struct request *rq, struct err *reterr);
int editor_title_patch(struct request *rq, struct err *reterr);
int editor_title_delete(struct request *rq, struct err *reterr);
int rating_systems_get(struct request *rq, struct err *reterr);
#define EDITOR_LISTS(X) X(genres) X(people) X(tags) X(studios) X(ratings) X(markers) X(external_ids) X(custom) X(aliases)
#define X(name) int editor_##name##_put(struct request *rq, struct err *reterr);
EDITOR_LISTS(X)
#undef X
#define EDITOR_THINGS(X) X(genre) X(person) X(studio) X(collection) X(field)
#define X(name)                                                                                    \
    int editor_##name##_list(struct request *rq, struct err *reterr);                              \
    int editor_##name##_get(struct request *rq, struct err *reterr);                               \
    int editor_##name##_post(struct request *rq, struct err *reterr);                              \
    int editor_##name##_put(struct request *rq, struct err *reterr);                               \
    int editor_##name##_delete(struct request *rq, struct err *reterr);                            \
    int editor_##name##_titles(struct request *rq, struct err *reterr);
EDITOR_THINGS(X)
#undef X

/* versions.c */
int editor_version_post(struct request *rq, struct err *reterr);
int editor_version_patch(struct request *rq, struct err *reterr);
int editor_version_delete(struct request *rq, struct err *reterr);

/* things_use.c */
int editor_genre_order(struct request *rq, struct err *reterr);
int editor_collection_order(struct request *rq, struct err *reterr);
int editor_field_order(struct request *rq, struct err *reterr);
int people_merge_post(struct request *rq, struct err *reterr);

/* bulk_routes.c */
int bulk_post(struct request *rq, struct err *reterr);
int bulk_list(struct request *rq, struct err *reterr);
int bulk_undo_post(struct request *rq, struct err *reterr);
