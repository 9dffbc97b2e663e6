/*
 * events.c - the progress of imports as server-sent events. One thread looks at the imports that
 * somebody watches, twice a second, and sends what has changed; it lives while anybody watches.
 */
#include "base/buf.h"
#include "base/log.h"
#include "service/ingest/ingest_int.h"
#include <pthread.h>
#include <string.h>

enum { WATCHERS_MAX = 200, EVERY_MS = 500 };

struct watcher {
    struct watcher *next;
    struct sse *sse;
    struct import_id id; /* unset: the whole board of jobs */
    uint64_t last; /* a digest of what was sent last */
    bool closed;   /* atomic: the server is done with it */
    bool ended;    /* we are: sse_close was called */
    bool orphan;   /* on no list: on_close frees it */
};

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct watcher *list;
    size_t n;
    const struct engine *engine;
    pthread_t thread;
    bool running, stop;
} board = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

/* Called by the server once, whoever ended the stream: the thread frees the watcher at its next
 * round. */
static void watcher_closed(void *arg) {
    struct watcher *w = arg;
    if (w->orphan) {
        free(w);
        return;
    }
    __atomic_store_n(&w->closed, true, __ATOMIC_RELEASE);
}

static uint64_t digest(const char *s) {
    uint64_t h = 1469598103934665603u;
    for (; *s; s++)
        h = (h ^ (uint8_t)*s) * 1099511628211u;
    return h;
}

static bool changed_send(struct watcher *w, const char *event, json_t *j) {
    scoped(mem_free) char *text = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    if (!text || digest(text) == w->last)
        return true;
    w->last = digest(text);
    return sse_send(w->sse, event, NULL, str_of(text));
}

/* The board has no end. */
static bool board_look(const struct engine *e, struct watcher *w) {
    scoped(arena_done) struct arena a = ARENA(16 << 20);
    json_t *j = ingest_board_json(e, &a, NULL);
    return !j || changed_send(w, "jobs", j);
}

/* Returns false when this was the last event. */
static bool watcher_look(const struct engine *e, struct watcher *w) {
    if (!id_is_set(w->id.v))
        return board_look(e, w);
    struct arena a = ARENA(1 << 20);
    struct import_view v;
    bool more = false;
    if (import_get(e, w->id, &a, &v, NULL) >= 0) {
        more = v.state == IMPORT_QUEUED || v.state == IMPORT_RUNNING;
        more = changed_send(w, "import", import_json(&v)) && more;
    }
    arena_done(&a);
    return more;
}

static void *board_main(void *arg) {
    pthread_mutex_lock(&board.lock);
    while (!board.stop) {
        struct watcher **at = &board.list, *w;
        while ((w = *at)) {
            pthread_mutex_unlock(&board.lock); /* only this thread unlinks */
            bool gone = __atomic_load_n(&w->closed, __ATOMIC_ACQUIRE);
            bool more = !gone && !w->ended && watcher_look(board.engine, w);
            if (!more && !w->ended) {
                w->ended = true;
                sse_close(w->sse);
            }
            pthread_mutex_lock(&board.lock);
            if (gone) {
                at = &board.list; /* a newcomer may stand in front: find it again */
                while (*at != w)
                    at = &(*at)->next;
                *at = w->next;
                board.n--;
                free(w);
            } else {
                at = &w->next;
            }
        }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += EVERY_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        if (board.list)
            pthread_cond_timedwait(&board.wake, &board.lock, &until);
        else
            pthread_cond_wait(&board.wake, &board.lock);
    }
    pthread_mutex_unlock(&board.lock);
    return NULL;
}

static int board_join(const struct engine *e, struct watcher *w, struct err *reterr) {
    int r = 0;
    pthread_mutex_lock(&board.lock);
    if (board.n >= WATCHERS_MAX) {
        r = err_set(reterr, ERR_BUSY, "too many people watch imports");
    } else if (!board.running) {
        board.engine = e;
        board.stop = false;
        int failed = pthread_create(&board.thread, NULL, board_main, NULL);
        if (failed)
            r = err_errno(reterr, failed, "the thread that watches imports");
        board.running = !failed;
    }
    if (r == 0) {
        w->next = board.list;
        board.list = w;
        board.n++;
        pthread_cond_signal(&board.wake);
    }
    pthread_mutex_unlock(&board.lock);
    return r;
}

static int watch(struct request *rq, struct import_id id, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct watcher *w = calloc(1, sizeof *w);
    if (!w)
        return err_set(reterr, ERR_NO_MEMORY, "out of memory");
    w->id = id;
    int r = reply_sse(rq, watcher_closed, w, &w->sse);
    if (r < 0) {
        free(w);
        return r;
    }
    struct err why = {0};
    if (board_join(e, w, &why) < 0) { /* the stream is open already: end it */
        log_event(LOG_WARN, "import.events", LS("error", why.msg));
        w->orphan = true;
        sse_close(w->sse);
    }
    return 0;
}

int import_events_get(struct request *rq, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    struct import_view v;
    struct id id;
    if (!id_parse(request_param(rq, "id"), &id))
        return err_set(reterr, ERR_NOT_FOUND, "no such import");
    int r = import_get(e, (struct import_id){id}, request_arena(rq), &v, reterr);
    return r < 0 ? r : watch(rq, (struct import_id){id}, reterr);
}

int job_events_get(struct request *rq, struct err *reterr) {
    return watch(rq, (struct import_id){{""}}, reterr);
}

void ingest_events_stop(void) {
    pthread_mutex_lock(&board.lock);
    bool was = board.running;
    board.stop = true;
    board.running = false;
    pthread_cond_signal(&board.wake);
    pthread_mutex_unlock(&board.lock);
    if (was)
        pthread_join(board.thread, NULL);
    for (struct watcher *w = board.list, *next; w;
         w = next) { /* the server has stopped: all are closed */
        next = w->next;
        if (!w->ended)
            sse_close(w->sse);
        free(w);
    }
    board.list = NULL;
    board.n = 0;
}
