/* world.h - an engine on a folder that goes with the test: real store, real blobs, a clock to move.
 */
#pragma once
#include "../engine/fixture.h"
#include "base/log.h"
#include "service/catalog/catalog.h"
#include "service/identity/identity.h"
#include "service/keys/keys.h"
#include "service/service.h"

#define HOUR_MS (3600LL * 1000)
#define DAY_MS (24 * HOUR_MS)
#define PASSWORD STR("correct horse battery")

struct world {
    struct fixture f;
    struct engine e;
};
/* Opened, migrated, keys loaded. */
void world_init(struct world *w);
void world_done(struct world *w);
#define SCOPED_WORLD(w)                                                                            \
    scoped(world_done) struct world w;                                                             \
    world_init(&w)

/* A viewer, not signed in. Hashing takes its 60 ms. */
struct account_id world_account(struct world *w, const char *email, unsigned roles);
/* A session of it as the router sees it. */
struct principal world_sign_in(struct world *w, struct account_id account);

/* A protected (cbcs) or clear asset of two video rungs (360, 1080), audio en and fr, English
 * subtitles and a storyboard, 60 s long, made known to the catalogue as ingest does. */
struct film {
    struct title_id title;
    struct asset_id asset;
    struct str slug;
};
/* The steps of the query's plan on SQLite, in the world's arena: a row each, its words in column 3. */
struct rows world_plan(struct world *w, const struct sql *q);
/* What every request asks costs one walk a table, not one more to the row (decision 26): each step of the query's plan
 * on SQLite is of an index that has all columns asked for. A
 * column that is added to such a query has to be added to its index. */
void world_expect_covered(struct world *w, const struct sql *q);
struct film world_film(struct world *w, const char *name, enum scheme scheme, bool published);
/* The description that world_film stores; key classes and kids set when it is protected. */
struct asset_desc world_asset_desc(struct world *w, struct asset_id asset, enum scheme scheme);
