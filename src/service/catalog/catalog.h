/*
 * catalog.h - what there is to watch: title -> version -> asset -> track, with locale-aware text
 * and artwork; series with their seasons and episodes, trailers, people, genres, collections. Tables: README.md (STORE_MAIN).
 *
 * A title is made unpublished and shown to editors only until it is published. An asset is
 * immutable once it is ready: a re-encode makes a new one and the version moves over in one
 * transaction.
 *
 * Events: asset.ready v1 {"asset_id","title_id","version_id"} (subject: the asset),
 * title.published v1 and title.unpublished v1 {"title_id","slug"} (subject: the title);
 * title.changed v1 {"title_id"} after whatever describes a title, or who may see it, has changed;
 * title.deleted v1 {"title_id"}; genre.changed, person.changed, studio.changed, collection.changed v1 {"id"}, and .deleted.
 *
 * Functions that take a tx need one of STORE_MAIN (WRITE where they change something), so that a
 * caller can change rows of its own with them. Any thread.
 */
#pragma once
#include "base/buf.h"
#include "engine/store/store.h"
#include "media/presentation.h"
#include "service/identity/identity.h"
#include "service/service.h"

enum { CATALOG_ALIASES = 100 /* of one title */, CATALOG_ALIAS_MAX = 200, CATALOG_NAME_MAX = 300, CATALOG_SYNOPSIS_MAX = 5000, CATALOG_SLUG_MAX = 80, CATALOG_TAG_MAX = 60 };
#define EXTERNAL_SCHEMES "eidr|imdb|tmdb|wikidata|own"
#define CREDIT_JOBS "actor|director|writer|producer|composer|cinematographer|editor|narrator|presenter|guest|creator|crew"
#define MARKER_KINDS "chapter|intro|recap|credits"

/* ---- Making and changing (ingest, the editor's routes, the CLI) ---- */

enum title_kind { TITLE_FILM, TITLE_SERIES, TITLE_SEASON, TITLE_EPISODE, TITLE_TRAILER, TITLE_EXTRA, TITLE_KINDS };
#define TITLE_KIND_VALUES "film|series|season|episode|trailer|extra"
const char *title_kind_name(enum title_kind kind);
bool title_kind_parse(struct str s, enum title_kind *ret);

struct title_new {
    struct str name;     /* required, 1 to CATALOG_NAME_MAX bytes of UTF-8 */
    struct str synopsis; /* may be empty */
    struct str lang;     /* BCP 47 of name and synopsis; empty: "en" */
    int year;            /* 0: not known */
    enum title_kind kind;
    struct title_id parent; /* what it is part of: a season's series, an episode's season, a trailer's or an extra's title */
    int number;             /* of a season or an episode; the order of extras */
    struct str original_lang; /* BCP 47; may be empty */
    struct str released_on;   /* YYYY-MM-DD; may be empty */
};
/* One name more that it is found by; one that it has already changes nothing. ERR_NOT_FOUND; ERR_INVALID "catalog.alias_invalid",
 * "catalog.aliases". Says title.changed. */
int catalog_title_alias_add(struct tx *tx, struct title_id title, struct str name, struct arena *a, struct err *reterr);
/* An unpublished title with one version. The slug is unique: "-2", "-3" ... is put behind a taken
 * one. ERR_INVALID: name or text too long, not UTF-8, or an impossible year; "catalog.parent": a parent that such a kind
 * cannot have, or none where it needs one. */
int catalog_title_create(struct tx *tx, const struct title_new *n, struct arena *a,
                         struct title_id *ret_id, struct str *ret_slug, struct err *reterr);
/* Sets or replaces the text of one language. */
int catalog_title_text_set(struct tx *tx, struct title_id title, struct str lang, struct str name,
                           struct str synopsis, struct err *reterr);
/* 0 to MATURITY_ALL (identity.h). ERR_INVALID "catalog.maturity". */
int catalog_title_maturity_set(struct tx *tx, struct title_id title, int maturity, struct err *reterr);
/* Removes a title that was never published, with text, artwork rows and assets (a cancelled
 * import). ERR_CONFLICT when it is or was published; ERR_NOT_FOUND. Blobs and keys are the
 * caller's. */
int catalog_title_discard(struct tx *tx, struct title_id title, struct err *reterr);
/* What a row of a JSON file would say of it (docs/BULK.md): lists are replaced, texts and ids elsewhere join what is there, genres, studios
 * and people that nobody has heard of are made. ERR_INVALID "catalog.row": something of it is wrong. */
int catalog_title_describe(struct tx *tx, struct title_id title, const json_t *row, struct arena *a, struct err *reterr);
/* ERR_CONFLICT "catalog.not_ready": no ready asset yet (a series and a season need none). Setting what is already so changes nothing
 * and tells nobody. Publishes title.published or title.unpublished. An episode can be seen when it, its season and its
 * series are published. */
int catalog_title_publish(struct tx *tx, struct title_id title, bool published, struct err *reterr);

/* A row for an asset that is being made (state "preparing"); the title keeps the asset it has. */
int catalog_asset_create(struct tx *tx, struct title_id title, struct asset_id *ret_id,
                         struct err *reterr);
/* The asset is complete in the blob store: stores its description and tracks, moves the title's
 * version over to it and publishes asset.ready, all in tx. desc->id must be the asset's id; json is
 * the text of asset.json. Calling it again for a ready asset is fine and changes nothing. */
int catalog_asset_ready(struct tx *tx, struct asset_id asset, const struct asset_desc *desc,
                        struct str json, struct err *reterr);
/* Forgets an asset that never became ready, or was replaced. ERR_CONFLICT when it is the one in use. */
int catalog_asset_discard(struct tx *tx, struct asset_id asset, struct err *reterr);
/* ---- Subtitles, which change after an asset is ready (presentation.h). All of the title's main version ---- */

struct text_place {
    struct version_id version;
    struct asset_id asset; /* unset: nothing playable yet */
    int64_t duration_ms;
    int64_t list;          /* which list of subtitles is in force; 0: the asset's own */
};
int catalog_text_place(struct tx *tx, struct title_id title, struct text_place *ret, struct err *reterr); /* ERR_NOT_FOUND */
/* A name for a track that this asset never had: "t101". ERR_CONFLICT: the version has moved to another asset. */
enum { TEXT_NAME_CAP = 16 };
int catalog_text_name(struct tx *tx, const struct text_place *at, char ret[TEXT_NAME_CAP], struct err *reterr);
/* The number of the next list, whose file the caller writes before it commits; then what the list says. From the commit
 * on new playbacks get it. ERR_CONFLICT as above. */
int catalog_text_next(struct tx *tx, const struct text_place *at, int64_t *ret_list, struct err *reterr);
int catalog_text_set(struct tx *tx, struct title_id title, const struct text_place *at, const struct track_desc *tracks,
                     size_t n, struct err *reterr);
/* Up to 100 assets that were their version's until another took their place, before then. They stay playable for
 * who watches them; whoever knows that nobody does discards them. */
int catalog_assets_replaced(struct store *st, int64_t before_ms, struct arena *a, struct asset_id **ret, size_t *ret_n,
                            struct err *reterr);
/* Whether some title's picture is the file of this name in "art/" ("01J...-poster-480.avif"), or was before an editor chose
 * another. */
int catalog_artwork_used(struct store *st, struct str name, bool *ret, struct err *reterr);
/* Whether a row exists, in any state; `matinee gc` keeps blobs of those only. */
/* Whether it is recorded; one that does not exist is not. */
int catalog_asset_is_ready(struct store *st, struct asset_id asset, bool *ret, struct err *reterr);
int catalog_asset_exists(struct store *st, struct asset_id asset, bool *ret, struct err *reterr);

enum artwork_kind { ART_POSTER, ART_STILL, ART_BACKDROP, ART_LOGO, ART_KINDS };
enum art_format { ART_WEBP = 1, ART_AVIF = 2 }; /* bits */
struct artwork {
    enum artwork_kind kind;
    struct str
        name; /* file in blob "art/": "01J...-poster-480.jpg"; immutable; served as /art/<name> */
    int width, height;
    uint32_t color; /* 0xRRGGBB, the ground shown until the picture is there */
    unsigned formats; /* bits: the same picture also as "01J...-poster-480.webp", ".avif" */
    struct str blur;  /* a data: address of a few pixels; may be empty */
    bool by_hand;     /* an editor chose it: what an import makes does not take its place */
};
/* Replaces all artwork of one kind by these sizes of one picture (their .kind is not looked at).
 * The largest is Image.src, all of them srcset. n 0 removes the kind. Where a picture that an editor chose stands, the
 * film's own (not by_hand) is kept aside, and stands again once that one is removed. */
int catalog_artwork_set(struct tx *tx, struct title_id title, enum artwork_kind kind,
                        const struct artwork *sizes, size_t n, struct err *reterr);

/* ---- Where (scope.c): rights says, lists obey ---- */

enum { CATALOG_LEVELS = 3 }; /* a title, and what it is part of: an episode's season, its series */
#define CATALOG_NOWHERE "--" /* the country of who is nowhere that is known */
struct title_places {
    struct str name;      /* one name for each set of countries; empty: nothing limits the title */
    struct str countries; /* the set: codes of two letters parted by single blanks, CATALOG_NOWHERE among them */
};
/* A title's windows as text, and where they let it be seen from now on. */
int catalog_title_rights_set(struct tx *tx, struct title_id title, struct str rights, const struct title_places *places,
                             struct arena *a, struct err *reterr);
/* What can be seen from a country at this moment. */
struct catalog_here {
    bool limited; /* false: everything (an editor looks) */
    bool closed;  /* what nothing is said about is not seen: rights-default */
    struct str country;
    const int64_t *scopes; /* ascending */
    size_t n;
};
/* One short statement. country as request_country says; empty becomes the setting billing-country. */
int catalog_here_find(const struct engine *e, struct str country, struct arena *a, struct catalog_here *ret,
                      struct err *reterr);
/* Forgets sets of countries that no title has any more. */
int catalog_scopes_prune(const struct engine *e, struct err *reterr);
/* ---- Reading (playback, viewing, storefront) ---- */

/* Of which series, where a card is a season's or an episode's. */
struct title_series {
    struct title_id id;
    struct str slug, name;
    int season, episode; /* numbers; episode 0: it is the season itself */
};

struct title_card {
    struct title_id id;
    enum title_kind kind;
    struct title_id parent; /* unset: part of nothing */
    int number;
    struct title_series series; /* id unset: of none */
    struct asset_id asset;           /* unset: nothing playable yet */
    struct str slug, name, synopsis; /* name and synopsis in the best language for the asker */
    struct str lang;                 /* of name */
    int year;                        /* 0: not known */
    int64_t runtime_ms;
    int max_height;
    int maturity;          /* years: for this age and older; MATURITY_ALL where nobody rated it */
    struct str *languages; /* of its audio, BCP 47 */
    size_t n_languages;
    bool published;       /* itself; who may see it is another matter: shown */
    bool shown;           /* published, and so is all that it is part of */
    int64_t published_ms; /* 0: never */
    struct artwork *art;  /* all kinds, widest first */
    size_t n_art;
    int64_t scopes[CATALOG_LEVELS]; /* where it, its season and its series can be seen now; 0: nothing limits */
};

/* Cards by id in the order given; ids that do not exist (or are unpublished, unless all) are left
 * out. langs is an Accept-Language value or one tag; STR_NULL: the title's own. */
int catalog_cards(struct store *st, const struct title_id *ids, size_t n, struct str langs,
                  bool all, struct arena *a, struct title_card **ret_cards, size_t *ret_n,
                  struct err *reterr);
/* Leaves out what is not for this age, in place; returns how many are left. */
size_t catalog_cards_for(struct title_card *cards, size_t n, int maturity);
/* The same with what cannot be seen from here. */
size_t catalog_cards_here(struct title_card *cards, size_t n, const struct catalog_here *h);
bool catalog_seen_here(const struct catalog_here *h, const struct title_card *c);
/* One title by id or slug. ERR_NOT_FOUND, also for unpublished ones unless all. */
int catalog_card_by_id(struct store *st, struct title_id id, struct str langs, bool all,
                       struct arena *a, struct title_card *ret_card, struct err *reterr);
int catalog_card_by_slug(struct store *st, struct str slug, struct str langs, bool all,
                         struct arena *a, struct title_card *ret_card, struct err *reterr);
/* Published films and series, newest first; seasons, episodes, trailers and extras only where kind asks for them. cursor STR_NULL:
 * from the start; *ret_next STR_NULL: no more. q may be STR_NULL; it is found in names of every language, case and accents
 * folded. ERR_INVALID: the cursor is not one of ours, or sort and kind do not go together. */
enum title_sort { SORT_NEW, SORT_NAME, SORT_YEAR, SORT_UPDATED /* editors' tables only */, SORTS };
struct title_query {
    struct str cursor, q, lang; /* lang: only titles with audio of this language; STR_NULL: any */
    int limit;                  /* 1 to 50; 0: 24 */
    bool limited;               /* only titles for maturity and younger */
    int maturity;
    bool all;                   /* unpublished too, by creation time where never published */
    const struct catalog_here *here; /* only what can be seen there now; NULL: whatever there is */
    struct genre_id genre;      /* unset: any; so the next two */
    struct person_id person;
    struct collection_id collection;
    struct str tag;             /* STR_NULL: any */
    struct str kind;            /* of TITLE_KIND_VALUES; STR_NULL: films and series */
    int year_from, year_to;     /* 0: open */
    enum title_sort sort;       /* names: of the title's own language */
};
int catalog_list(struct store *st, const struct title_query *tq, struct str langs, struct arena *a,
                 struct title_card **ret_cards, size_t *ret_n, struct str *ret_next,
                 struct err *reterr);
/* Everything that describes a title, in all languages: EditorTitle of the API, a new reference (who indexes titles reads this after
 * title.changed). ERR_NOT_FOUND. */
int catalog_title_whole(struct store *st, struct title_id id, struct arena *a, json_t **ret, struct err *reterr);
/* Audio languages of the newest titles that stand in lists, with how many of those have each, commonest first: what it
 * costs does not grow with the catalogue. */
enum { CATALOG_LANGUAGES_OF = 5000 };
struct catalog_language {
    struct str lang;
    int64_t titles, of; /* of: so many were looked at */
};
int catalog_languages(struct store *st, struct arena *a, struct catalog_language **ret,
                      size_t *ret_n, struct err *reterr);

/* The film of one version of a title; unset: none yet. ERR_NOT_FOUND "catalog.version_not_found". */
int catalog_version_asset(struct store *st, struct title_id title, struct id version, struct arena *a, struct asset_id *ret,
                          struct err *reterr);

/* For who keeps an index of titles (search): what a title is found by, of titles that may be seen. */
struct title_name {
    char kind; /* 't' its own name in some language, 'a' what else people call it, 'p' a person's, 'c' a collection's, 'g' a genre's, 'k' a tag */
    struct str text;
};
struct title_words {
    struct id id;
    struct str kind; /* "film"; "person", "genre" */
    int year, maturity;
    struct title_name *names;
    struct str *genres, *languages; /* ids of genres; languages of the audio */
    size_t n_names, n_genres, n_languages;
};
/* At most 50 ids; those that may not be seen are left out. */
int catalog_words(struct tx *tx, const struct title_id *ids, size_t n, struct arena *a, struct title_words **ret,
                  size_t *ret_n, struct err *reterr);
/* People and genres, which can be looked for as titles can: kind and names alone. */
enum catalog_thing { THING_PERSON, THING_GENRE, CATALOG_THINGS };
int catalog_thing_words(struct tx *tx, enum catalog_thing what, const struct id *ids, size_t n, struct arena *a,
                        struct title_words **ret, size_t *ret_n, struct err *reterr);
int catalog_thing_walk(struct tx *tx, enum catalog_thing what, struct id after, struct id ids[], struct err *reterr);
/* {slug, name} of one, the name in the best language; in the order of the ids. Those that no title has which may be seen at
 * this age and from here (NULL: titles of any age, country and state) are left out. At most 50 ids. */
struct thing_card {
    struct id id;
    struct str slug, name;
};
int catalog_thing_cards(struct store *st, enum catalog_thing what, const struct id *ids, size_t n, struct str langs, int maturity,
                        const struct catalog_here *here, struct arena *a, struct thing_card **ret, size_t *ret_n,
                        struct err *reterr);
/* The titles that name it, in the order of their ids, behind one of them (unset: from the first): at most max; returns how many. */
int catalog_thing_titles(struct store *st, enum catalog_thing what, struct id id, struct title_id after, struct title_id *ids, size_t max,
                         struct err *reterr);
/* The ids of all titles, seen or not, in their order; after unset: from the first. Returns how many; 0 at the end. */
enum { CATALOG_WALK = 50 };
int catalog_walk(struct tx *tx, struct title_id after, struct title_id ids[CATALOG_WALK], struct err *reterr);
int catalog_count(struct store *st, int64_t *ret, struct err *reterr);
/* Whether there are more than n titles, published or not: costs n rows at most. */
int catalog_titles_over(struct store *st, int n, bool *ret, struct err *reterr);

/* TitleCard of the API; progress is stolen, NULL gives null. Image of the API or null. New
 * references. */
json_t *catalog_card_json(const struct title_card *c, json_t *progress);
json_t *catalog_image_json(const struct title_card *c, enum artwork_kind kind);

/* For Play, which is frequent: what decides, of one row by its key, to be asked together with what other
 * rooms want to know; and the card, kept in memory for as long as nothing that it shows has changed. */
struct title_brief {
    struct asset_id asset; /* unset: nothing playable yet */
    bool published;
    int maturity;
    int64_t revision; /* grows with whatever a card shows */
    int64_t text;     /* which list of subtitles: view.text */
    struct str rights[CATALOG_LEVELS]; /* windows as service/rights/text.c writes them; borrowed from the answer */
};
struct store_ask catalog_brief_ask(const struct title_id *id); /* borrowed until it is answered */
int catalog_brief_take(const struct store_ask *answered, struct title_brief *ret,
                       struct err *reterr); /* ERR_NOT_FOUND */
/* Adds the API's TitleCard with this progress (JSON; NULL: null). revision is of a brief. ERR_NOT_FOUND. */
int catalog_card_kept(struct store *st, const struct title_id *id, int64_t revision,
                      struct str langs, const char *progress, struct buf *into,
                      struct err *reterr);

/* Who knows how far a profile has seen titles registers here (viewing, at its start; the catalogue
 * may not ask it). It sets out[i] to the Progress of ids[i], a new reference, or leaves the NULL.
 */
typedef int catalog_progress_fn(const struct engine *e, struct profile_id profile,
                                const struct title_id *ids, size_t n, json_t **out,
                                struct err *reterr);
void catalog_progress_provider(catalog_progress_fn *fn);
/* Cards with the profile's progress as an array; an unset profile: none. A new reference. */
int catalog_cards_json(const struct engine *e, struct profile_id profile,
                       const struct title_card *cards, size_t n, json_t **ret, struct err *reterr);

/* The index of the best of the tags offered for an Accept-Language value (RFC 9110 section 12.5.4,
 * RFC 4647 section 3.4 lookup), or -1. */
int catalog_language_best(struct str accept, const struct str *offered, size_t n);

extern const struct service catalog_service, editor_service; /* editor: the editors' routes */
