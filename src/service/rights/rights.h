/*
 * rights.h - where, on what, how sold and when a title may be shown: what its licensors allow.
 *
 * The rules:
 *  1. A window allows, in its territories, on its platforms, in its business models, from its start up to its end.
 *     A title without a window is allowed everywhere (setting rights-default: or nowhere).
 *  2. A holdback takes away, in its own territories, platforms, models and time, whatever windows allow. A title that
 *     has holdbacks only is allowed wherever they do not count.
 *  3. An episode obeys its own windows, its season's and its series': all of them must allow. A level without
 *     windows says nothing. A trailer obeys its own only: it is shown before what it is for may be.
 *  4. Who is nowhere that is known is in no window that names countries, and in every holdback that does.
 *  5. What was bought or rented outlives the window that it was sold in, but not its territory nor a holdback.
 *
 * The decision (rights_allow) is pure. What it needs lies, as text, in the title's own row (title.rights), which
 * Play reads anyway: a title without windows costs nothing. Tables rights_window, rights_title (STORE_MAIN).
 *
 * Events, subject and "title_id" the title that has the window, each once, in the transaction of the change:
 * rights.opened, rights.closed v1 {"title_id","window_id","licensor","territories","at"}: a window began, ended;
 * rights.held, rights.released v1: a holdback did. Any thread.
 */
#pragma once
#include "service/catalog/catalog.h"
#include "service/service.h"

enum rights_model { MODEL_SVOD, MODEL_TVOD, MODEL_EST, MODEL_AVOD, MODELS };
enum rights_platform { PLATFORM_WEB, PLATFORM_TV, PLATFORM_PHONE, PLATFORM_OTHER, PLATFORMS };
enum { MODELS_ALL = (1 << MODELS) - 1, PLATFORMS_ALL = (1 << PLATFORMS) - 1 };
enum { RIGHTS_LEVELS = CATALOG_LEVELS, RIGHTS_WINDOWS_MAX = 100 /* of a title */ };

struct rights_window {
    struct window_id id;
    struct str territories;    /* ISO 3166-1 alpha-2 codes in order, parted by blanks; empty: everywhere */
    struct str except;         /* but not here */
    unsigned platforms;        /* 1u << enum rights_platform */
    unsigned models;           /* 1u << enum rights_model */
    int64_t starts_ms, ends_ms; /* 0: since always, for ever; the end is not in it */
    bool holdback, exclusive;
    struct str licensor, note;
};
struct rights_level {
    const struct rights_window *v;
    size_t n;
};

struct rights_facts {
    int64_t now_ms;
    struct str country; /* empty: not known */
    unsigned platforms; /* on one of these; 0: on any */
    bool closed;        /* rights-default */
    struct rights_level levels[RIGHTS_LEVELS]; /* the title's own, and what it is part of */
};
enum rights_refusal {
    RIGHTS_OK,
    RIGHTS_NOT_HERE, /* "playback.rights_not_here": in no window of this country */
    RIGHTS_NOT_YET,  /* "playback.rights_not_yet": from from_ms */
    RIGHTS_OVER,     /* "playback.rights_over" */
    RIGHTS_PLATFORM, /* "playback.rights_platform": here and now, but on others */
};
/* All zero: everything is allowed. */
struct rights_verdict {
    enum rights_refusal refusal; /* RIGHTS_OK: at least one model is allowed */
    unsigned barred;             /* models in which it may not be shown here and now */
    unsigned barred_bought;      /* the same for what was bought or rented before: rule 5 */
    int64_t from_ms;             /* RIGHTS_NOT_YET */
    unsigned on;                 /* RIGHTS_PLATFORM: where it may */
};
void rights_allow(const struct rights_facts *f, struct rights_verdict *ret);
/* When a title that is allowed now in one of the models stops to be so, for whoever has not bought it; 0: never. */
int64_t rights_until(const struct rights_facts *f, unsigned models);
/* The refusal as an error with its code and a sentence; 0 for RIGHTS_OK. */
int rights_refuse(const struct rights_verdict *v, struct err *reterr);
const char *rights_refusal_code(enum rights_refusal r); /* "" for RIGHTS_OK */

/* The facts of a title that was asked for with catalog_brief_ask. country as request_country says; empty becomes the
 * setting billing-country (docs/decisions/0013). ret borrows from brief and a. ERR_CORRUPT. */
int rights_facts(const struct engine *e, const struct title_brief *brief, struct str country, unsigned platforms,
                 struct arena *a, struct rights_facts *ret, struct err *reterr);
/* Both; a title that nothing limits is told so at once. */
int rights_verdict_of(const struct engine *e, const struct title_brief *brief, struct str country, unsigned platforms,
              struct arena *a, struct rights_verdict *ret, struct err *reterr);
/* "web", "tv", "phone", "other"; what is none of them is "other". */
unsigned rights_platform_of(struct str device_kind);

/* ---- Another moment than this, as windows and schedules are written now: for an editor who looks ahead ---- */

/* Of cards that were read with all: those that are published then and may be seen from that country, in place.
 * published_ms is set where that is still to come. */
int rights_cards_at(const struct engine *e, struct title_card *cards, size_t *io_n, struct str country, int64_t at_ms,
                    struct arena *a, struct err *reterr);
/* Titles that the clock publishes by then, the last one first; ret holds limit. */
int rights_scheduled(const struct engine *e, int64_t until_ms, int limit, struct arena *a, struct title_id *ret, size_t *ret_n,
                     struct err *reterr);

/* What can be seen from a country at at_ms and within that time not any more, in the order in which windows end; ret holds
 * limit. Of two hundred windows that end next: for a row of titles, not for accounts. */
struct rights_leave {
    struct title_id title;
    int64_t until_ms;
};
int rights_leaving(const struct engine *e, struct str country, int64_t at_ms, int64_t within_ms, int limit, struct arena *a,
                   struct rights_leave *ret, size_t *ret_n, struct err *reterr);

/* ---- Changing: editors, bulk imports ---- */

struct rights_plan {
    struct rights_window *v; /* an id that is set keeps the window that has it; the rest of the title's windows go */
    size_t n;
    int64_t publish_ms, unpublish_ms; /* when the title is to be published and taken back; 0: not by the clock */
    int64_t revision;                 /* that was read; -1: whatever it is now */
};
/* Replaces a title's windows and schedule. What has begun or ended by now takes effect, and is told, in tx. Sorts
 * each window's territories in place (allocated from a). ERR_INVALID "rights.*": names what is wrong; ERR_CONFLICT
 * "rights.changed": revision is an older one; ERR_NOT_FOUND. */
int rights_set(struct tx *tx, const struct engine *e, struct title_id title, struct rights_plan *plan, struct arena *a,
               struct err *reterr);
/* What the clock owes: windows that begin and end, titles to publish and to take back. Cron calls it; so do tests. */
int rights_tick(const struct engine *e, struct err *reterr);

/* Who knows how titles are sold registers here (billing, at its start), for the warning "offer without right": each
 * offer of a title that an editor could still mend. */
struct rights_offer {
    struct str name;
    unsigned model; /* 1u << enum rights_model */
    struct str countries;
    int64_t starts_ms, ends_ms;
};
typedef int rights_offers_fn(const struct engine *e, struct title_id title, struct arena *a, struct rights_offer **ret,
                             size_t *ret_n, struct err *reterr);
void rights_offers_provider(rights_offers_fn *fn);

extern const struct service rights_service;
