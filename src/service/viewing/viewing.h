/*
 * viewing.h - how far a profile has seen a title, and where it resumes. Table progress
 * (STORE_VIEWING).
 *
 * The resume rule, in one place (viewing_resume_ms): less than 5 s seen is not begun; within the
 * last 3 % or the last 30 s (of a short clip: the last 5 %) it is seen to the end, and Play starts
 * over. Progress belongs to a profile, so another device of the same profile resumes where the
 * first one stopped. Any thread.
 */
#pragma once
#include "service/service.h"

struct progress {
    struct title_id title;
    int64_t position_ms, duration_ms;
    int64_t resume_ms;  /* 0: from the start */
    int64_t updated_ms; /* our clock */
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
    int64_t client_at_ms;
};
/* A report that is older, by the player's clock, than the last one of the same playback is dropped.
 */
int viewing_report(const struct engine *e, const struct progress_report *r, struct err *reterr);
/* ERR_NOT_FOUND: nothing seen. */
int viewing_progress(const struct engine *e, struct profile_id profile, struct title_id title,
                     struct progress *ret_p, struct err *reterr);
/* What was begun and not ended, latest first, at most limit (1 to 50). */
int viewing_continue(const struct engine *e, struct profile_id profile, int limit, struct arena *a,
                     struct progress **ret, size_t *ret_n, struct err *reterr);

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

/* Play: STREAM_MINE or STREAM_FULL. */
enum stream_state stream_start(const struct engine *e, struct account_id account, struct stream s);
/* A heartbeat: STREAM_FULL when the slot had ended and others hold them all now; STREAM_REPLACED when
 * another playback of the same device has taken its place. */
enum stream_state stream_beat(const struct engine *e, struct account_id account, struct stream s);
void stream_end(const struct engine *e, struct account_id account, struct stream s);
/* Who watches now. ERR_BUSY without Redis. */
int stream_list(const struct engine *e, struct account_id account, struct arena *a,
                struct streams *ret, struct err *reterr);

extern const struct service viewing_service;
