/*
 * postgres_link.c - one connection: opening it as we want it, its prepared statements, commands
 * that travel together, and waiting for answers no longer than is sensible.
 */
#include "engine/store/postgres_int.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { CONNECT_S = 5, SILENCE_MS = 5000 };

static void notice_ignore(void *arg, const char *text) {}

/* Sessions are ours alone: what the server's administrator set for others has no say in when we
 * give up. A transaction whose program died ends by itself. */
static int link_configure(struct store *st, struct link *l, struct err *reterr) {
    char text[512];
    snprintf(text, sizeof text,
             "SET statement_timeout = %d; SET lock_timeout = %d;"
             "SET idle_in_transaction_session_timeout = 60000; SET client_encoding = 'UTF8';"
             "SET standard_conforming_strings = on; SET bytea_output = 'hex'; SET TimeZone = 'UTC';"
             "SET client_min_messages = warning; SET extra_float_digits = 1;",
             st->statement_ms, st->busy_ms);
    l->timeout_ms = st->statement_ms + SILENCE_MS;
    return link_script(l, text, reterr);
}

/* libpq's text names host and user and never the password; but it may quote an address that it
 * could not read, so that is checked before and told in our own words (postgres.c). */
static int connect_error(struct store *st, PGconn *pg, enum pg_fate *ret_fate, struct err *reterr) {
    struct str line, text = str_of(pg ? PQerrorMessage(pg) : "out of memory");
    str_cut(text, '\n', &line);
    static const struct {
        const char *words;
        int code;
        const char *hint;
    } known[] = {
        {"password authentication failed", ERR_PERMISSION,
         "The database refused the password; check store-url, PGPASSWORD or ~/.pgpass."},
        {"no password supplied", ERR_PERMISSION,
         "The database wants a password: put it into store-url in matinee.conf or the environment, "
         "or into PGPASSWORD or ~/.pgpass."},
        {"pg_hba.conf", ERR_PERMISSION,
         "The database server does not let this user in from here; see its pg_hba.conf."},
        {"does not exist", ERR_NOT_FOUND,
         "There is no such database or user; make them with: createuser NAME; createdb -O NAME "
         "NAME"},
    };
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_find(line, str_of(known[i].words)) >= 0 &&
            str_find(line, STR("No such file")) < 0) {
            *ret_fate = PG_REFUSED;
            return err_refuse(reterr, known[i].code, "store.refused", known[i].hint,
                              "database: " STR_FMT, STR_ARG(line));
        }
    *ret_fate = PG_LOST;
    return err_refuse(reterr, ERR_BUSY, "store.unreachable",
                      "The database does not answer; try again in a moment.",
                      "database: " STR_FMT, STR_ARG(line));
}

int link_open(struct store *st, struct link **ret, enum pg_fate *ret_fate, struct err *reterr) {
    char timeout[16];
    snprintf(timeout, sizeof timeout, "%d", CONNECT_S);
    /* What the address says itself wins: libpq expands dbname last. */
    const char *const keys[] = {"application_name", "connect_timeout",    "tcp_user_timeout",
                                "keepalives_idle",  "keepalives_interval", "dbname", NULL};
    const char *const values[] = {"matinee", timeout, "20000", "10", "5", st->url, NULL};
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        return err_errno(reterr, ENOMEM, "connecting to the database");
    l->timeout_ms = 60000;
    l->pg = PQconnectdbParams(keys, values, 1);
    int r = 0;
    if (!l->pg || PQstatus(l->pg) != CONNECTION_OK) {
        r = connect_error(st, l->pg, ret_fate, reterr);
    } else {
        PQsetNoticeProcessor(l->pg, notice_ignore, NULL);
        r = link_configure(st, l, reterr);
        if (r < 0)
            *ret_fate = PG_LOST;
        else if (PQserverVersion(l->pg) < 130000) {
            *ret_fate = PG_REFUSED;
            r = err_refuse(reterr, ERR_INVALID, "store.too_old",
                           "Use PostgreSQL 15 or newer.", "the database is PostgreSQL %d",
                           PQserverVersion(l->pg) / 10000);
        }
    }
    if (r == 0 && (PQsetnonblocking(l->pg, 1) != 0 || !PQenterPipelineMode(l->pg))) {
        *ret_fate = PG_LOST;
        r = err_set(reterr, ERR_BUSY, "the connection has no pipeline");
    }
    if (r < 0) {
        link_close(l);
        return r;
    }
    *ret = l;
    return 0;
}

void link_close(struct link *l) {
    if (!l)
        return;
    PQfinish(l->pg);
    free(l->slots);
    free(l);
}

static bool link_break(struct link *l) {
    l->broken = true;
    return false;
}

/* Until the socket is ready or the server has been silent for too long. */
static bool link_wait(struct link *l, bool write, int64_t until_ns) {
    int64_t left = (until_ns - clock_mono_ns()) / 1000000;
    struct pollfd p = {.fd = PQsocket(l->pg), .events = (short)(POLLIN | (write ? POLLOUT : 0))};
    int n = left <= 0 ? 0 : poll(&p, 1, (int)MIN(left, (int64_t)60000));
    if (n < 0 && errno == EINTR)
        return true;
    if (n <= 0 && clock_mono_ns() >= until_ns)
        return link_break(l);
    return true;
}

bool link_flush(struct link *l) {
    int64_t until = clock_mono_ns() + l->timeout_ms * 1000000;
    if (l->broken || !PQpipelineSync(l->pg))
        return link_break(l);
    for (int left; (left = PQflush(l->pg)) != 0;) {
        if (left < 0 || !link_wait(l, true, until) || !PQconsumeInput(l->pg))
            return link_break(l);
    }
    return true;
}

static PGresult *result_next(struct link *l) {
    int64_t until = clock_mono_ns() + l->timeout_ms * 1000000;
    while (PQisBusy(l->pg)) {
        if (!link_wait(l, false, until))
            return NULL;
        if (!PQconsumeInput(l->pg)) {
            link_break(l);
            break; /* what had arrived before may say why */
        }
    }
    return l->broken ? NULL : PQgetResult(l->pg);
}

PGresult *link_result(struct link *l) {
    if (l->broken)
        return NULL;
    PGresult *r = result_next(l);
    if (!r) {
        link_break(l);
        return NULL;
    }
    PGresult *end = result_next(l); /* the NULL that ends a command's results */
    if (end) {
        PQclear(end);
        link_break(l);
    }
    if (PQstatus(l->pg) == CONNECTION_BAD)
        link_break(l);
    return r;
}

bool link_sync(struct link *l) {
    if (l->broken)
        return false;
    PGresult *r = result_next(l);
    bool ok = r && PQresultStatus(r) == PGRES_PIPELINE_SYNC;
    PQclear(r);
    return ok || link_break(l);
}

bool link_drain(struct link *l) {
    if (!l->ending)
        return !l->broken;
    l->ending = false;
    PQclear(link_result(l));
    return link_sync(l) && PQtransactionStatus(l->pg) == PQTRANS_IDLE;
}

/* An idle connection has nothing to say but that it has ended. To learn it before anything is sent
 * spares a commit the doubt whether it arrived. */
bool link_alive(struct link *l) {
    struct pollfd p = {.fd = PQsocket(l->pg), .events = POLLIN};
    return !l->broken && (poll(&p, 1, 0) == 0 || link_break(l));
}

bool link_send(struct link *l, const char *text) {
    return !l->broken && (PQsendQueryParams(l->pg, text, 0, NULL, NULL, NULL, NULL, 1) ||
                          link_break(l));
}

static const struct sql **slot_find(const struct sql **slots, size_t cap, const struct sql *q) {
    size_t i = ((uintptr_t)q / sizeof *q) & (cap - 1);
    while (slots[i] && slots[i] != q)
        i = (i + 1) & (cap - 1);
    return &slots[i];
}

static bool slots_grow(struct link *l) {
    size_t cap = l->cap ? l->cap * 2 : 128;
    const struct sql **slots = calloc(cap, sizeof *slots);
    if (!slots)
        return false;
    for (size_t i = 0; i < l->cap; i++)
        if (l->slots[i])
            *slot_find(slots, cap, l->slots[i]) = l->slots[i];
    free(l->slots);
    l->slots = slots;
    l->cap = cap;
    return true;
}

/* A row's address is its name: rows are constants of the program. */
static void statement_name(const struct sql *q, char *dst, size_t n) {
    snprintf(dst, n, "s%zx", (size_t)(uintptr_t)q);
}

void link_prepared(struct link *l, const struct sql *q) {
    *slot_find(l->slots, l->cap, q) = q;
    l->n++;
}

bool link_send_prepared(struct link *l, const struct sql *q, struct sql_args args,
                        bool *ret_prepares) {
    char name[24];
    statement_name(q, name, sizeof name);
    if (l->broken || (l->n * 2 >= l->cap && !slots_grow(l)))
        return link_break(l);
    *ret_prepares = *slot_find(l->slots, l->cap, q) != q;
    if (*ret_prepares) {
        scoped(mem_free) char *text = sql_rewrite_postgres(q->text);
        if (!text || !PQsendPrepare(l->pg, name, text, 0, NULL))
            return link_break(l);
    }
    return link_send_again(l, q, args);
}

bool link_send_again(struct link *l, const struct sql *q, struct sql_args args) {
    char name[24];
    statement_name(q, name, sizeof name);
    struct pg_params p;
    bool ok = !l->broken && pg_params_make(&p, args) &&
              PQsendQueryPrepared(l->pg, name, (int)args.n, p.value, p.length, p.format, 1);
    pg_params_done(&p);
    return ok || link_break(l);
}

int link_script(struct link *l, const char *text, struct err *reterr) {
    bool pipeline = PQpipelineStatus(l->pg) != PQ_PIPELINE_OFF;
    enum pg_fate fate;
    if (pipeline && !PQexitPipelineMode(l->pg)) {
        link_break(l);
        return pg_error(l, NULL, &fate, reterr);
    }
    PGresult *res = PQexec(l->pg, text);
    ExecStatusType s = PQresultStatus(res);
    if (PQstatus(l->pg) == CONNECTION_BAD)
        link_break(l);
    int r = s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK ? 0 : pg_error(l, res, &fate, reterr);
    PQclear(res);
    if (pipeline && !PQenterPipelineMode(l->pg))
        link_break(l);
    return r;
}
