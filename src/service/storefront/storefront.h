/*
 * storefront.h - the page that a viewer meets first: a hero and rows of titles. Services that come
 * later (a recommender, an editor's collections) add rows by registering a provider; nobody else
 * knows of them.
 */
#pragma once
#include "service/service.h"

struct row_context {
    const struct engine *engine;
    struct profile_id profile;
    int maturity;        /* the profile's: nothing above it is shown */
    struct str langs;    /* Accept-Language */
    struct arena *arena; /* the request's */
    json_t *rows;        /* add with storefront_row_add */
};
struct row_provider {
    const char *name;
    int order; /* smaller stands higher: continue 100, new 200, languages 500, all 900 */
    /* Adds none, one or several rows. An error costs the page these rows, not the page. */
    int (*rows)(struct row_context *c, struct err *reterr);
};
/* At a service's start; the table is borrowed for the life of the process. ERR_LIMIT: over 16. */
int storefront_provider_add(const struct row_provider *p, struct err *reterr);

struct title_card;
/* A row {id, kind, title, items}; one without titles is left out. */
int storefront_row_add(struct row_context *c, const char *id, const char *kind, struct str title,
                       const struct title_card *cards, size_t n, struct err *reterr);
/* The page as the API has it. */
int storefront_home(const struct engine *e, struct profile_id profile, int maturity, struct str langs,
                    struct arena *a, json_t **ret, struct err *reterr);

extern const struct service storefront_service;
