/*
 * postgres_connect.c - opening a connection as we want it, by a deadline of our own: libpq's ends only when the
 * network or the server says something. Several hosts in an address are tried one after the other, each for its share of
 * the time, because libpq goes on to the next one only when the one before has refused.
 */
#include "engine/store/postgres_int.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>

enum { HOST_MS = 3000, SILENCE_MS = 5000, HOSTS_MAX = 16 };

static void notice_ignore(void *arg, const char *text) {}

/* One of the address' hosts. NULL: what the address, or the environment, says. */
struct host {
    const char *name, *address, *port;
};

static PGconn *connect_start(const char *url, const struct host *h) {
    /* What the address says itself wins over what stands before it, and loses to what stands behind. */
    const char *keys[9] = {"application_name", "tcp_user_timeout", "keepalives_idle", "keepalives_interval", "dbname"};
    const char *values[9] = {"matinee", "20000", "10", "5", url};
    size_t n = 5;
    if (h->name)
        keys[n] = "host", values[n++] = h->name;
    if (h->address)
        keys[n] = "hostaddr", values[n++] = h->address;
    if (h->port)
        keys[n] = "port", values[n++] = h->port;
    return PQconnectStartParams(keys, values, 1);
}

PGconn *connect_beside(const struct store *st, const struct link *l) {
    const char *address = PQhostaddr(l->pg);
    struct host h = {PQhost(l->pg), address && *address ? address : NULL, PQport(l->pg)};
    if (h.name && h.name[0] == '/')
        h.address = NULL;
    return connect_start(st->url, &h);
}

/* False: it failed, or the time was up (*ret_late). */
static bool connect_wait(PGconn *pg, int64_t until_ns, bool *ret_late) {
    PostgresPollingStatusType s = PGRES_POLLING_WRITING;
    *ret_late = false;
    while (s != PGRES_POLLING_OK && s != PGRES_POLLING_FAILED) {
        int64_t left = (until_ns - clock_mono_ns()) / 1000000;
        struct pollfd p = {.fd = PQsocket(pg), .events = s == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        int n = left > 0 ? poll(&p, 1, (int)MIN(left, (int64_t)60000)) : 0;
        if (n == 0 && clock_mono_ns() >= until_ns) {
            *ret_late = true;
            return false;
        }
        if (n > 0)
            s = PQconnectPoll(pg);
    }
    return s == PGRES_POLLING_OK;
}

/* libpq's text names host and user and never the password; but it may quote an address that it
 * could not read, so that is checked before and told in our own words (postgres.c). */
static int connect_error(struct str text, enum pg_fate *ret_fate, struct err *reterr) {
    struct str line;
    str_cut(text, '\n', &line);
    static const struct {
        const char *words;
        enum pg_fate fate;
        int code;
        const char *reason, *hint;
    } known[] = {
        {"password authentication failed", PG_REFUSED, ERR_PERMISSION, "store.refused",
         "The database refused the password; check store-url, PGPASSWORD or ~/.pgpass."},
        {"no password supplied", PG_REFUSED, ERR_PERMISSION, "store.refused",
         "The database wants a password: put it into store-url in matinee.conf or the environment, "
         "or into PGPASSWORD or ~/.pgpass."},
        {"pg_hba.conf", PG_REFUSED, ERR_PERMISSION, "store.refused",
         "The database server does not let this user in from here; see its pg_hba.conf."},
        {"does not exist", PG_REFUSED, ERR_NOT_FOUND, "store.refused",
         "There is no such database or user; make them with: createuser NAME; createdb -O NAME "
         "NAME"},
        {"too many clients", PG_FULL, ERR_BUSY, "store.connections",
         "The database has no connection left; try again in a moment."},
        {"too many connections", PG_FULL, ERR_BUSY, "store.connections",
         "The database has no connection left; try again in a moment."},
        {"connection slots are reserved", PG_FULL, ERR_BUSY, "store.connections",
         "The database has no connection left; try again in a moment."},
        {"session is read-only", PG_LOST, ERR_BUSY, "store.read_only",
         "The database only reads at the moment; try again in a moment."},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_find(line, str_of(known[i].words)) >= 0 &&
            str_find(line, STR("No such file")) < 0) {
            *ret_fate = known[i].fate;
            return err_refuse(reterr, known[i].code, known[i].reason, known[i].hint,
                              "database: " STR_FMT, STR_ARG(line));
        }
    *ret_fate = PG_LOST;
    return err_refuse(reterr, ERR_BUSY, "store.unreachable",
                      "The database does not answer; try again in a moment.",
                      "database: " STR_FMT, STR_ARG(line));
}

/* Sessions are ours alone: what the server's administrator set for others has no say in when we
 * give up. A transaction whose program died ends by itself. */
static int link_configure(struct store *st, struct link *l, struct err *reterr) {
    char text[700];
    snprintf(text, sizeof text,
             "SET statement_timeout = %d; SET lock_timeout = %d;"
             "SET idle_in_transaction_session_timeout = 60000; SET client_encoding = 'UTF8';"
             "SET standard_conforming_strings = on; SET bytea_output = 'hex'; SET TimeZone = 'UTC';"
             "SET client_min_messages = warning; SET extra_float_digits = 1;"
             "SET jit = off;" /* to compile a statement takes longer than any of ours runs */
             "SELECT pid || ' ' || backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()",
             st->statement_ms, st->busy_ms);
    PGresult *last = NULL;
    int r = link_script_last(l, text, &last, reterr);
    if (r == 0 && PQntuples(last) == 1)
        snprintf(l->backend, sizeof l->backend, "%s", PQgetvalue(last, 0, 0));
    PQclear(last);
    return r;
}

static int link_begin(struct store *st, struct link *l, int64_t until_ns, enum pg_fate *ret_fate, struct err *reterr) {
    PQsetNoticeProcessor(l->pg, notice_ignore, NULL);
    *ret_fate = PG_LOST;
    if (PQserverVersion(l->pg) < 130000) {
        *ret_fate = PG_REFUSED;
        return err_refuse(reterr, ERR_INVALID, "store.too_old", "Use PostgreSQL 15 or newer.",
                          "the database is PostgreSQL %d", PQserverVersion(l->pg) / 10000);
    }
    l->timeout_ms = MAX((until_ns - clock_mono_ns()) / 1000000, (int64_t)1);
    int r = PQsetnonblocking(l->pg, 1) == 0 ? link_configure(st, l, reterr)
                                            : err_set(reterr, ERR_BUSY, "the connection cannot be used without waiting");
    l->timeout_ms = st->statement_ms + SILENCE_MS;
    if (r == 0 && !PQenterPipelineMode(l->pg))
        r = err_set(reterr, ERR_BUSY, "the connection has no pipeline");
    return r;
}

static int host_open(struct store *st, const struct host *h, int64_t until_ns, struct link **ret, enum pg_fate *ret_fate,
                     struct err *reterr) {
    struct link *l = calloc(1, sizeof *l);
    bool late = false;
    int r = 0;
    if (!l)
        return err_errno(reterr, ENOMEM, "connecting to the database");
    l->pool = st->impl;
    l->lost_seen = atomic_load(&l->pool->lost);
    l->pg = connect_start(st->url, h);
    if (!l->pg)
        r = connect_error(STR("out of memory"), ret_fate, reterr);
    else if (PQstatus(l->pg) == CONNECTION_BAD || !connect_wait(l->pg, until_ns, &late))
        r = connect_error(late ? STR("the server does not answer") : str_of(PQerrorMessage(l->pg)), ret_fate, reterr);
    else
        r = link_begin(st, l, until_ns, ret_fate, reterr);
    if (r < 0) {
        link_close(l);
        return r;
    }
    *ret = l;
    return 0;
}

/* The nth of "a,b,c" in the arena; the only one there is, for every n; NULL where there is none. */
static const char *item(struct arena *a, const char *list, size_t n) {
    struct str rest = str_of(list ? list : ""), one = rest;
    bool single = str_find(rest, STR(",")) < 0;
    for (size_t i = 0; !single && i <= n; i++)
        rest = str_cut(rest, ',', &one);
    return one.n ? str_cstr(a, one) : NULL;
}

static size_t items(const char *list) {
    size_t n = 1;
    for (; list && *list; list++)
        n += *list == ',';
    return n;
}

int link_open(struct store *st, int64_t until_ns, struct link **ret, enum pg_fate *ret_fate, struct err *reterr) {
    PQconninfoOption *options = PQconninfoParse(st->url, NULL);
    struct arena a = ARENA(64 << 10);
    const char *name = NULL, *address = NULL, *port = NULL;
    for (PQconninfoOption *o = options; o && o->keyword; o++) {
        name = strcmp(o->keyword, "host") == 0 ? o->val : name;
        address = strcmp(o->keyword, "hostaddr") == 0 ? o->val : address;
        port = strcmp(o->keyword, "port") == 0 ? o->val : port;
    }
    size_t n = MIN(items(address ? address : name), (size_t)HOSTS_MAX);
    int r = 0;
    *ret_fate = PG_LOST;
    for (size_t i = 0; i < n; i++) {
        struct host h = {item(&a, name, i), item(&a, address, i), item(&a, port, i)};
        int64_t now = clock_mono_ns(), share = MAX((until_ns - now) / (int64_t)(n - i), (int64_t)10000000);
        int64_t until = now + MIN(share, (int64_t)HOST_MS * 1000000);
        err_clear(reterr);
        r = host_open(st, n > 1 ? &h : &(struct host){0}, until, ret, ret_fate, reterr);
        if (r == 0 || *ret_fate == PG_REFUSED)
            break;
    }
    PQconninfoFree(options);
    arena_done(&a);
    return r;
}

void link_close(struct link *l) {
    if (!l)
        return;
    PQfinish(l->pg);
    free(l->slots);
    free(l);
}
