/*
 * upload_turn.c - who writes to an upload, in this process. A sender that lost its connection comes again on a new
 * one long before the old one is known to be dead: the newcomer ends it. Between processes the part's lock decides.
 */
#include "service/ingest/upload.h"
#include <errno.h>
#include <pthread.h>
#include <time.h>

enum { WAIT_S = 10 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t left;
    struct upload_turn *list;
} turns = {.lock = PTHREAD_MUTEX_INITIALIZER, .left = PTHREAD_COND_INITIALIZER};

static struct upload_turn *turn_find(struct upload_id id) {
    struct upload_turn *t = turns.list;
    while (t && !str_eq(id_str(&t->id.v), id_str(&id.v)))
        t = t->next;
    return t;
}

/* Holding the lock; nobody has the turn when it returns 0. */
static int others_end(struct upload_id id, struct err *reterr) {
    struct timespec until;
    struct upload_turn *t, *told = NULL;
    int rc = 0;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    while ((t = turn_find(id)) && rc != ETIMEDOUT) {
        if (t != told) {
            told = t;
            request_break(t->rq, ERR_LOCKED, "the sender came again on another connection");
        }
        rc = pthread_cond_timedwait(&turns.left, &turns.lock, &until);
    }
    return t ? err_refuse(reterr, ERR_LOCKED, "upload.locked",
                          "An earlier request of this upload is still being ended. Try again in a moment.",
                          "an older writer does not end")
             : 0;
}

int upload_turn_take(struct upload_turn *t, struct err *reterr) {
    pthread_mutex_lock(&turns.lock);
    int r = others_end(t->id, reterr);
    if (r == 0) {
        t->next = turns.list;
        turns.list = t;
    }
    pthread_mutex_unlock(&turns.lock);
    return r;
}

int upload_turn_break(struct upload_id id, struct err *reterr) {
    pthread_mutex_lock(&turns.lock);
    int r = others_end(id, reterr);
    pthread_mutex_unlock(&turns.lock);
    return r;
}

void upload_turn_leave(struct upload_turn *t) {
    pthread_mutex_lock(&turns.lock);
    struct upload_turn **at = &turns.list;
    while (*at != t)
        at = &(*at)->next;
    *at = t->next;
    pthread_cond_broadcast(&turns.left);
    pthread_mutex_unlock(&turns.lock);
}
