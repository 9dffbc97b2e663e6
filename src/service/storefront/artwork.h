/*
 * artwork.h - pictures that editors send or take from a film: made in a sandboxed child (media operation "artwork"), stored
 * as files of blob "art/" under names that are never used twice.
 */
#pragma once
#include "service/catalog/catalog.h"

struct made_art {
    struct artwork sizes[8]; /* names and blur in the arena */
    size_t n;
};
/* kind: "poster", "still", "backdrop", "logo"; prefix: what the files' names begin with ("" or "brand-"). fd: the picture, or
 * with at_us >= 0 a packaged track whose key (32 hex digits; NULL: clear) opens it. Errors of the operation: artwork.*. */
int artwork_make(const struct engine *e, const char *kind, const char *prefix, int fd, int64_t at_us, const char *key,
                 struct arena *a, struct made_art *ret, struct err *reterr);
/* Collects a request's body in memory. The descriptor is the caller's. */
struct request;
int artwork_receive(struct request *rq, struct err *reterr);

int artwork_put(struct request *rq, struct err *reterr);
int artwork_from_film(struct request *rq, struct err *reterr);
int artwork_delete(struct request *rq, struct err *reterr);
int theme_logo_put(struct request *rq, struct err *reterr);
int theme_logo_delete(struct request *rq, struct err *reterr);
