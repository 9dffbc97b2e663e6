/*
 * viewing.h - how far a profile has seen a title and where it resumes, its history, list and ratings, and
 * how many watch at a time. Tables progress, list_item, title_rating (STORE_VIEWING); slots in the cache.
 *
 * The resume rule, in one place (viewing_resume_ms): less than 5 s seen is not begun; within the
 * last 3 % or the last 30 s (of a short clip: the last 5 %) it is seen to the end, and Play starts
 * over. Progress belongs to a profile, so another device of the same profile resumes where the
 * first one stopped. Any thread.
 *
 * Event title.watched v1 {"country"} (subject: the title): a profile has got into it, once a day or each time
 * that it begins anew. Who it was is not said.
 */
#pragma once
#include "base/buf.h"
#include "service/service.h"

struct progress {
    struct title_id title;
    int64_t position_ms, duration_ms;
    int64_t resume_ms;  /* 0: from the start */
    int64_t viewed_ms;  /* when it was really watched last, our clock; 0: not, or taken out */
    int64_t watched_ms; /* when it was seen to its end, or marked so; 0: not yet */
};

/* Where Play starts. 0 where the duration is not known. */
int64_t viewing_resume_ms(int64_t position_ms, int64_t duration_ms);

struct progress_report {
    struct account_id account;
    struct profile_id profile;
    struct title_id title;
    struct playback_id playback;
    int64_t position_ms; /* brought into 0..duration_ms */
    int64_t duration_ms;
    struct str state; /* playing, paused, buffering, ended */
    int64_t client_at_ms; /* the player's clock; orders the reports of one playback without numbers */
    int64_t seq;          /* counts the reports of one playback; 0: not said */
    int64_t viewed_ms;    /* when it was watched, our clock: viewing_instant() */
    bool still;           /* nothing was watched since the last report: viewing_still() */
    struct str country;   /* where from, ISO 3166-1 alpha-2; may be empty */
};
/* The later real viewing wins (rule.c, docs/decisions/0008); what loses is dropped and is no error. Tells
 * the profile's devices. */
int viewing_report(const struct engine *e, const struct progress_report *r, struct err *reterr);
/* ERR_NOT_FOUND: nothing seen. */
int viewing_progress(const struct engine *e, struct profile_id profile, struct title_id title,
                     struct progress *ret_p, struct err *reterr);
/* The same, its question asked together with others: ids borrowed until it is answered. */
struct store_ask viewing_progress_ask(const struct profile_id *profile,
                                      const struct title_id *title);
int viewing_progress_take(const struct store_ask *answered, struct progress *ret_p,
                          struct err *reterr);
/* The API's Progress as JSON; null for what cannot be resumed. */
void viewing_progress_text(const struct progress *p, struct buf *into);
/* What was begun and not ended, latest first, at most limit (1 to 50). */
int viewing_continue(const struct engine *e, struct profile_id profile, int limit, struct arena *a,
                     struct progress **ret, size_t *ret_n, struct err *reterr);

/* The profile's list, newest first, at most limit (1 to 50). */
int viewing_listed(const struct engine *e, struct profile_id profile, int limit, struct arena *a,
                   struct title_id **ret, size_t *ret_n, struct err *reterr);

/* Marks a title as seen, or takes it out of history and continue; a report of an earlier viewing does not
 * bring it back. */
int viewing_mark(const struct engine *e, const struct principal *who, struct title_id title,
                 int64_t duration_ms, bool watched, int64_t at_ms, struct err *reterr);
/* Tells the devices of the profile that this playback has to stop. */
void viewing_stopped(const struct engine *e, struct profile_id profile, struct playback_id playback);
/* When it was watched, by our clock: now, less how long ago the player says it was by its own clock, both
 * at_ms (then) and sent_ms (now) read from it; 0: not said, so now. Never before begun_ms. */
int64_t viewing_instant(int64_t now_ms, int64_t at_ms, int64_t sent_ms, int64_t begun_ms);
/* A pause where the last report was already (of a new playback: where it was to begin): nothing was
 * watched in between. */
bool viewing_still(struct str state, int64_t position_ms, int64_t last_ms);

/* ---- Streams at a time (streams.c) ----
 * An account may watch on so many devices at once. A slot is one device's, held by the playback that runs
 * there and prolonged by its heartbeats; it ends by itself "stream-slot" after the last one. A second
 * playback on the same device takes the first one's place. Without Redis (cache.h) nobody is refused and
 * nobody stopped: those calls say STREAM_MINE. */
enum stream_state { STREAM_MINE, STREAM_FULL, STREAM_REPLACED };
struct stream {
    struct device_id device;
    struct playback_id playback;
};
struct streams {
    struct stream *v; /* in the arena */
    size_t n;
};
/* How many the account's plan allows; 0: no limit. Billing registers this at its start; until then, and
 * when it fails, "streams-max" counts. */
typedef int viewing_limit_fn(const struct engine *e, struct account_id account, int *ret_limit,
                             struct err *reterr);
void viewing_limit_provider(viewing_limit_fn *fn);

/* Play: STREAM_MINE or STREAM_FULL. plan: what the account's plan allows (0: no limit); STREAMS_UNKNOWN
 * has it asked for. */
enum { STREAMS_UNKNOWN = -1 };
enum stream_state stream_start(const struct engine *e, struct account_id account, struct stream s,
                               int64_t plan);
/* A heartbeat: STREAM_FULL when the slot had ended and others hold them all now; STREAM_REPLACED when
 * another playback of the same device has taken its place. */
enum stream_state stream_beat(const struct engine *e, struct account_id account, struct stream s);
void stream_end(const struct engine *e, struct account_id account, struct stream s);
/* Who watches now. ERR_BUSY without Redis. */
int stream_list(const struct engine *e, struct account_id account, struct arena *a,
                struct streams *ret, struct err *reterr);

extern const struct service viewing_service;
