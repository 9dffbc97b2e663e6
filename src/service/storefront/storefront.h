/*
 * storefront.h - the page that a viewer meets first (a hero and rows of titles) and how the house looks. What
 * stands on the page is a document that an editor arranges (layout.c); services that come later (a recommender)
 * add rows by registering a provider; nobody else knows of them. Tables storefront (STORE_MAIN), title_views,
 * title_views_event (STORE_VIEWING). Any thread.
 */
#pragma once
#include "service/service.h"

/* Who looks, from where and when: what decides which rows there are. Strings are borrowed. */
struct storefront_viewer {
    struct profile_id profile; /* unset: nobody's (a preview) */
    int maturity;              /* the profile's: nothing above it is shown */
    bool kids;
    struct str langs;    /* Accept-Language */
    struct str country;  /* ISO 3166-1 alpha-2; empty: not known */
    struct str platform; /* web, tv, phone, other */
    int64_t at_ms;
    bool then; /* at_ms is a moment of its own: what windows and schedules say of it counts, not what can be seen now */
};

struct row_context {
    const struct engine *engine;
    struct profile_id profile;
    int maturity;        /* the profile's: nothing above it is shown */
    struct str langs;    /* Accept-Language */
    struct arena *arena; /* the request's */
    json_t *rows;        /* add with storefront_row_add */
    const struct storefront_viewer *viewer;
    const struct catalog_here *here; /* what can be seen from the viewer's country: the rest is left out; then: unlimited */
    struct title_card *newest; /* storefront's own: asked for once a page */
    size_t n_newest;
    const char *shape; /* of the row that is being made; NULL: by its kind */
};
struct row_provider {
    const char *name;
    /* Where an editor has not said where its rows stand: smaller is higher. continue is 100, new 200, languages
     * 500, all 900. */
    int order;
    /* Adds none, one or several rows. An error costs the page these rows, not the page. */
    int (*rows)(struct row_context *c, struct err *reterr);
};
/* At a service's start; the table is borrowed for the life of the process. ERR_LIMIT: over 16. */
int storefront_provider_add(const struct row_provider *p, struct err *reterr);

struct title_card;
/* A row {id, kind, title, shape, items} of what can be seen here; one without titles is left out. */
int storefront_row_add(struct row_context *c, const char *id, const char *kind, struct str title,
                       const struct title_card *cards, size_t n, struct err *reterr);
/* The page as the API has it. */
int storefront_home(const struct engine *e, const struct storefront_viewer *v, struct arena *a,
                    json_t **ret, struct err *reterr);

extern const struct service storefront_service;
