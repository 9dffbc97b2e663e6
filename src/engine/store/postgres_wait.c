/*
 * postgres_wait.c - how long a server that says nothing is waited for.
 *
 * A statement may rightly take half a minute, and a network that swallows everything looks just the same. So whoever has
 * waited for a second asks, on another connection, what the server does for him. Nobody answers there: the server is gone,
 * and everybody who waits for it stops. The server waits for us, or has no such session: this connection is dead, though
 * others are well. It is at work: it is only slow, and has the time that the statement has. Decision 14.
 */
#include "engine/store/postgres_int.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>

enum { TICK_MS = 200, SILENT_MS = 1000, LOOK_MS = 2000, LOOK_AGAIN_MAX_MS = 5000, DEAF_MS = 2500 };
#define NS(ms) ((int64_t)(ms) * 1000000)

enum seen { SEEN_AT_WORK, SEEN_DEAF, SEEN_UNKNOWN, SEEN_GONE };

bool link_break(struct link *l) {
    l->broken = true;
    return false;
}

static bool give_up(struct link *l, const char *why) {
    l->why = why;
    return link_break(l);
}

void link_spoke(struct link *l) {
    l->look_ns = clock_mono_ns() + NS(SILENT_MS);
    l->deaf_ns = 0;
}

/* 1: what was asked of the socket beside can be done; 0: our own connection has something to say; -1: the time is up. */
static int wait_beside(const struct link *l, PGconn *beside, short events, int64_t until_ns) {
    for (;;) {
        int64_t left = (until_ns - clock_mono_ns()) / 1000000;
        struct pollfd p[] = {{.fd = PQsocket(beside), .events = events}, {.fd = PQsocket(l->pg), .events = POLLIN}};
        int n = left > 0 ? poll(p, 2, (int)left) : 0;
        if (n > 0 && p[1].revents)
            return 0;
        if (n > 0)
            return 1;
        if (clock_mono_ns() >= until_ns)
            return -1;
    }
}

/* A server that says why it takes nobody is there. Its word is in its own language, "FATAL" mostly is not. */
static enum seen refused(PGconn *beside) {
    return strstr(PQerrorMessage(beside), "FATAL") ? SEEN_AT_WORK : SEEN_GONE;
}

/* Every process that waits for what we say next waits for a "Client". */
static bool ask(PGconn *beside, const struct link *l) {
    const char *backend = l->backend;
    return PQsendQueryParams(beside,
                             "SELECT coalesce(wait_event_type, '') = 'Client' FROM pg_stat_activity "
                             "WHERE pid || ' ' || backend_start = $1",
                             1, NULL, &backend, NULL, NULL, 0) != 0;
}

static enum seen answer_read(PGconn *beside) {
    PGresult *r = PQgetResult(beside);
    enum seen s = SEEN_AT_WORK;
    if (PQresultStatus(r) == PGRES_TUPLES_OK)
        s = PQntuples(r) == 0 ? SEEN_UNKNOWN : PQgetvalue(r, 0, 0)[0] == 't' ? SEEN_DEAF : SEEN_AT_WORK;
    else if (PQstatus(beside) == CONNECTION_BAD)
        s = SEEN_GONE;
    PQclear(r);
    return s;
}

static enum seen look_with(PGconn *beside, const struct link *l, int64_t until_ns) {
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;
    while (s != PGRES_POLLING_OK) {
        int ready = wait_beside(l, beside, s == PGRES_POLLING_READING ? POLLIN : POLLOUT, until_ns);
        if (ready <= 0)
            return ready == 0 ? SEEN_AT_WORK : SEEN_GONE;
        if ((s = PQconnectPoll(beside)) == PGRES_POLLING_FAILED)
            return refused(beside);
    }
    if (PQsetnonblocking(beside, 1) != 0 || !ask(beside, l))
        return SEEN_AT_WORK;
    for (int left; (left = PQflush(beside)) != 0 || PQisBusy(beside);) {
        int ready = left < 0 ? -1 : wait_beside(l, beside, (short)(POLLIN | (left ? POLLOUT : 0)), until_ns);
        if (ready <= 0)
            return ready == 0 ? SEEN_AT_WORK : SEEN_GONE;
        if (!PQconsumeInput(beside))
            return SEEN_GONE;
    }
    return answer_read(beside);
}

static enum seen server_look(struct link *l) {
    PGconn *beside = connect_beside(l->pool->st, l);
    if (!beside)
        return SEEN_AT_WORK;
    enum seen s = PQstatus(beside) == CONNECTION_BAD ? refused(beside)
                                                     : look_with(beside, l, clock_mono_ns() + NS(LOOK_MS));
    PQfinish(beside);
    return s;
}

/* One at a time: what it finds out about the server is everybody's. */
static bool look_begin(struct postgres *pg) {
    pthread_mutex_lock(&pg->lock);
    bool mine = !pg->looking;
    pg->looking = true;
    pthread_mutex_unlock(&pg->lock);
    return mine;
}

static void look_end(struct postgres *pg) {
    pthread_mutex_lock(&pg->lock);
    pg->looking = false;
    pthread_mutex_unlock(&pg->lock);
}

/* False: the connection is given up. */
static bool link_look(struct link *l, int64_t silent_ns) {
    struct postgres *pg = l->pool;
    if (!look_begin(pg)) {
        l->look_ns = clock_mono_ns() + NS(TICK_MS);
        return true;
    }
    enum seen s = server_look(l);
    look_end(pg);
    int64_t now = clock_mono_ns();
    l->look_ns = now + CLAMP(silent_ns, NS(SILENT_MS), NS(LOOK_AGAIN_MAX_MS));
    if (s == SEEN_GONE) {
        pool_lost(pg);
        return give_up(l, "the database server is silent");
    }
    if (s == SEEN_UNKNOWN)
        return give_up(l, "the database server knows nothing of this connection");
    if (s != SEEN_DEAF) {
        l->deaf_ns = 0;
        return true;
    }
    if (!l->deaf_ns)
        l->deaf_ns = now;
    if (now - l->deaf_ns >= NS(DEAF_MS))
        return give_up(l, "the database server waits for what was sent to it");
    l->look_ns = now + NS(SILENT_MS);
    return true;
}

bool link_wait(struct link *l, bool write, int64_t until_ns) {
    int64_t since = clock_mono_ns();
    until_ns = store_until(until_ns);
    for (;;) {
        if (atomic_load(&l->pool->lost) != l->lost_seen)
            return give_up(l, "the database server is silent");
        int64_t wake = l->backend[0] ? MIN(until_ns, l->look_ns) : until_ns, now = clock_mono_ns();
        int64_t left = CLAMP((wake - now) / 1000000, (int64_t)0, (int64_t)TICK_MS);
        struct pollfd p = {.fd = PQsocket(l->pg), .events = (short)(POLLIN | (write ? POLLOUT : 0))};
        int n = poll(&p, 1, (int)left);
        if (n > 0) {
            link_spoke(l);
            return true;
        }
        now = clock_mono_ns();
        if (now >= until_ns)
            return give_up(l, "the database did not answer in time");
        if (n < 0 && errno != EINTR)
            return link_break(l);
        if (l->backend[0] && now >= l->look_ns && !link_look(l, now - since))
            return false;
    }
}
