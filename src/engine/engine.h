/* engine.h - the engine that the program runs on: made once by app, borrowed by everybody, never
 * changed. */
#pragma once
#include "base/clock.h"

struct store;
struct blob;
struct cache;
struct config;
struct engine {
    struct store *store;
    struct blob *blob;
    struct cache *cache;
    struct place *place; /* NULL: no database of countries */
    const struct clock *clock;
    const struct config *config;
    const char *data_dir, *run_dir; /* absolute */
    const char *public_url; /* "https://tv.example.org:8443", what links in letters begin with */
};
