/* play.h - a tap on Play as the tests read its answer. */
#pragma once
#include "base/buf.h"
#include "service/playback/playback.h"

/* As playback_start; *ret is a new reference, set on success only. */
static inline int play_start(const struct engine *e, const struct playback_ask *ask, struct arena *a,
                             json_t **ret, struct err *reterr) {
    scoped(buf_done) struct buf answer = BUF(64 << 10);
    int rc = playback_start(e, ask, a, &answer, reterr);
    if (rc == 0)
        *ret = json_loadb((const char *)answer.p, answer.n, 0, NULL);
    return rc;
}
