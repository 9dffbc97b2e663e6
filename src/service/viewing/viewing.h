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

extern const struct service viewing_service;
