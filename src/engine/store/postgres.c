/*
 * postgres.c - the PostgreSQL driver: a pool of connections, and what to do while there is no
 * server.
 *
 * The three databases of the interface are one here (decision 5): a transaction still belongs to
 * one of them, but they share the pool. A thread that holds a connection already never waits for a
 * second one, it gets one beyond the pool's size: else threads could wait for each other for ever.
 *
 * While the server is away one thread at a time tries it, with pauses that grow from 0.1 to 2 s;
 * the others wait for the outcome, each until its own deadline (busy_ms), then ERR_BUSY, which HTTP
 * answers as 503 with Retry-After.
 */
#include "engine/store/postgres_int.h"
#include "base/log.h"
#include <errno.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 2000, CONNECT_LEAST_MS = 100, DOWN_SHORT_MS = 1000, WAITING_MAX = 4 };

/* Connections that this thread holds, of whichever store. */
static __thread int held;

static void timespec_at(int64_t mono_ns, struct timespec *ret) {
    *ret = (struct timespec){.tv_sec = mono_ns / 1000000000, .tv_nsec = mono_ns % 1000000000};
}

static void down_locked(struct postgres *pg, const struct err *why) {
    if (!pg->down)
        log_event(LOG_ERROR, "store.down", LS("store", pg->masked), LS("error", why->msg));
    if (!pg->down)
        pg->down_ns = clock_mono_ns();
    pg->down = true;
    pg->why = *why;
    int64_t pause = MIN((int64_t)RETRY_FIRST_MS << MIN(pg->failures, 10), (int64_t)RETRY_MAX_MS);
    uint16_t dice = 0;
    if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) < 0)
        dice = 0;
    pg->failures++;
    pg->retry_ns = clock_mono_ns() + (pause * 3 / 4 + pause / 2 * dice / UINT16_MAX) * 1000000;
}

void pool_lost(struct postgres *pg) {
    struct err why = {0};
    err_refuse(&why, ERR_BUSY, "store.unreachable", "The database does not answer; try again in a moment.",
               "database: the server is silent, and takes no new connection either");
    pthread_mutex_lock(&pg->lock);
    down_locked(pg, &why);
    atomic_fetch_add(&pg->lost, 1);
    pthread_cond_broadcast(&pg->changed);
    pthread_mutex_unlock(&pg->lock);
}

/* Under the lock, which is let go meanwhile. 0, or the attempt's error. */
static int connect_locked(struct postgres *pg, int64_t until_ns, struct link **ret, enum pg_fate *ret_fate,
                          struct err *reterr) {
    *ret_fate = PG_FINAL;
    pg->n_links++;
    pg->n_connecting++;
    pthread_mutex_unlock(&pg->lock);
    struct err e = {0};
    int r = link_open(pg->st, until_ns, ret, ret_fate, &e);
    pthread_mutex_lock(&pg->lock);
    pg->n_connecting--;
    if (r == 0) {
        if (pg->down)
            log_event(LOG_INFO, "store.up", LS("store", pg->masked));
        pg->down = false;
        pg->failures = 0;
    } else {
        pg->n_links--;
        pg->why = e;
        /* Those that are open are well: everybody makes do with them. */
        if (*ret_fate == PG_FULL && pg->n_links > pg->n_connecting)
            pg->full_ns = clock_mono_ns() + RETRY_MAX_MS * INT64_C(1000000);
        else
            down_locked(pg, &e);
        if (reterr)
            *reterr = e;
    }
    pthread_cond_broadcast(&pg->changed);
    return r;
}

static int wait_error(const struct postgres *pg, int64_t wait_ms, struct err *reterr) {
    if (pg->down || clock_mono_ns() < pg->full_ns) {
        if (reterr)
            *reterr = pg->why;
        return pg->why.code;
    }
    return err_refuse(reterr, ERR_BUSY, "store.pool", "The database is busy; try again in a moment.",
                      "no connection to the database was free within %d ms; store-connections is "
                      "%zu",
                      (int)wait_ms, pg->size);
}

/* An idle connection whose last answer has come, or NULL. Under the lock, which is let go
 * meanwhile. */
static struct link *idle_take(struct postgres *pg) {
    while (pg->idle) {
        struct link *l = pg->idle;
        pg->idle = l->next;
        pthread_mutex_unlock(&pg->lock);
        bool ok = link_drain(l) && link_alive(l);
        if (!ok)
            link_close(l);
        pthread_mutex_lock(&pg->lock);
        if (ok)
            return l;
        pg->n_links--;
    }
    return NULL;
}

/* A server that is away for more than a moment must not hold all threads that answer requests: a few wait for it, the
 * others are told at once, and who needs no database is served. */
static bool crowded(const struct postgres *pg, int64_t now_ns) {
    return pg->down && store_has_deadline() && pg->waiting >= WAITING_MAX && now_ns - pg->down_ns > DOWN_SHORT_MS * INT64_C(1000000);
}

int link_take(struct postgres *pg, int64_t wait_ms, struct link **ret, uint64_t *ret_generation,
              struct err *reterr) {
    int64_t until = store_until(clock_mono_ns() + wait_ms * 1000000);
    struct link *l = NULL;
    int r = 0;
    if (store_is_late())
        return err_refuse(reterr, ERR_BUSY, "store.slow", "The database took too long; try again in a moment.",
                          "no time was left to ask the database");
    pthread_mutex_lock(&pg->lock);
    while (!(l = idle_take(pg))) {
        int64_t now = clock_mono_ns(), wake = until;
        enum pg_fate fate;
        if (pg->down && now < pg->retry_ns) {
            wake = MIN(until, pg->retry_ns);
        } else if (now < pg->full_ns) {
            wake = MIN(until, pg->full_ns);
        } else if ((pg->down && pg->n_connecting == 0) ||
                   (!pg->down && (pg->n_links < pg->size || held > 0))) {
            r = connect_locked(pg, MAX(until, now + CONNECT_LEAST_MS * INT64_C(1000000)), &l, &fate, reterr);
            if (r == 0 || fate == PG_REFUSED)
                break;
            if (clock_mono_ns() < until)
                continue;
            now = until;
        }
        if (now >= until) {
            r = wait_error(pg, wait_ms, reterr);
            break;
        }
        if (crowded(pg, now)) {
            r = wait_error(pg, wait_ms, reterr);
            break;
        }
        struct timespec ts;
        timespec_at(wake, &ts);
        pg->waiting += store_has_deadline();
        pthread_cond_timedwait(&pg->changed, &pg->lock, &ts);
        pg->waiting -= store_has_deadline();
        r = 0;
    }
    if (l) {
        r = 0;
        held++;
        *ret = l;
        *ret_generation = pg->generation;
    }
    pthread_mutex_unlock(&pg->lock);
    return r;
}

/* When one is lost the idle ones most likely are too: better to find out at once for all. */
static struct link *idle_drop(struct postgres *pg) {
    struct link *all = take(pg->idle);
    for (struct link *l = all; l; l = l->next)
        pg->n_links--;
    pg->generation++;
    return all;
}

static void links_close(struct link *l) {
    for (struct link *next; l; l = next) {
        next = l->next;
        link_close(l);
    }
}

void link_give(struct postgres *pg, struct link *l, uint64_t generation) {
    struct link *gone = NULL;
    held--;
    pthread_mutex_lock(&pg->lock);
    if (l->broken && generation == pg->generation)
        gone = idle_drop(pg);
    bool keep = !l->broken && generation == pg->generation && pg->n_links <= pg->size;
    if (keep) {
        l->next = pg->idle;
        pg->idle = l;
    } else {
        pg->n_links--;
        l->next = gone;
        gone = l;
    }
    pthread_cond_signal(&pg->changed);
    pthread_mutex_unlock(&pg->lock);
    links_close(gone);
}

/* libpq's own words about an address it can't read may quote the password. */
static int url_check(const char *url, struct err *reterr) {
    char *text = NULL;
    PQconninfoOption *o = PQconninfoParse(url, &text);
    PQfreemem(text);
    if (!o)
        return err_refuse(reterr, ERR_INVALID, "store.url",
                          "It reads postgresql://USER@HOST:PORT/DATABASE; characters like @ : / in "
                          "a password are written %40 %3A %2F.",
                          "store-url is not an address that PostgreSQL's library understands");
    PQconninfoFree(o);
    return 0;
}

static const struct sql ping_sql = {"PING", STORE_MAIN, "SELECT current_setting('transaction_read_only') = 'on'"};

int pg_ping(struct store *st, struct err *reterr) {
    struct postgres *pg = st->impl;
    struct arena a = ARENA(4 << 10);
    struct rows rows;
    pthread_mutex_lock(&pg->lock);
    struct err why = pg->why;
    bool known = pg->down && clock_mono_ns() < pg->retry_ns;
    pthread_mutex_unlock(&pg->lock);
    if (known) {
        if (reterr)
            *reterr = why;
        return why.code;
    }
    int r = pg_once(st, &ping_sql, NO_ARGS, &a, &rows, reterr);
    bool reads = r > 0 && row_i64(&rows, 0, 0);
    arena_done(&a);
    if (reads)
        return err_refuse(reterr, ERR_BUSY, "store.read_only",
                          "The database only reads at the moment; try again in a moment.", "the database is read-only");
    return MIN(r, 0);
}

static void pg_close(struct store *st) {
    struct postgres *pg = st->impl;
    links_close(take(pg->idle));
    pthread_cond_destroy(&pg->changed);
    pthread_mutex_destroy(&pg->lock);
    free(pg->masked);
    free(pg);
}

static int pg_open(struct store *st, struct err *reterr) {
    int r = url_check(st->url, reterr);
    if (r < 0)
        return r;
    struct postgres *pg = calloc(1, sizeof *pg);
    if (!pg || !(pg->masked = url_mask(st->url))) {
        free(pg);
        return err_errno(reterr, ENOMEM, "opening the store");
    }
    pg->st = st;
    pg->size = (size_t)st->connections;
    pg->swept_ns = clock_mono_ns();
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&pg->lock, NULL);
    pthread_cond_init(&pg->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    st->impl = pg;
    /* One connection now, so that what is wrong with the address is said at once. */
    struct link *l;
    uint64_t generation;
    r = link_take(pg, st->busy_ms, &l, &generation, reterr);
    if (r < 0) {
        if (reterr && reterr->code == ERR_BUSY)
            snprintf(reterr->hint, sizeof reterr->hint,
                     "Is PostgreSQL running there? store-url is %.300s", pg->masked);
        pg_close(st);
        return r;
    }
    link_give(pg, l, generation);
    return 0;
}

#define PG_DRIVER(prefix)                                                                          \
    {                                                                                              \
        .scheme = prefix, .open = pg_open, .close = pg_close, .migrate = pg_migrate,               \
        .begin = pg_tx_begin, .end = pg_tx_end, .run = pg_tx_run, .once = pg_once, .ask_all = pg_ask_all,                 \
        .prepare = pg_prepare, .backup = pg_backup, .ping = pg_ping                                                 \
    }
const struct store_driver postgres_driver = PG_DRIVER("postgresql://");
const struct store_driver postgres_short_driver = PG_DRIVER("postgres://");
