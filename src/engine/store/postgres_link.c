/* postgres_link.c - one connection: its prepared statements, commands that travel together and are answered in order. */
#include "engine/store/postgres_int.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* What was queued goes out; what comes in meanwhile is taken, since the server may wait for that. */
static bool link_push(struct link *l) {
    int64_t until = clock_mono_ns() + l->timeout_ms * 1000000;
    link_spoke(l);
    for (int left; (left = PQflush(l->pg)) != 0;) {
        if (left < 0 || !link_wait(l, true, until) || !PQconsumeInput(l->pg))
            return link_break(l);
    }
    return true;
}

bool link_flush(struct link *l) {
    return (!l->broken && PQpipelineSync(l->pg) && link_push(l)) || link_break(l);
}

static PGresult *result_next(struct link *l) {
    int64_t until = clock_mono_ns() + l->timeout_ms * 1000000;
    link_spoke(l);
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

int link_script_last(struct link *l, const char *text, PGresult **ret_last, struct err *reterr) {
    bool pipeline = PQpipelineStatus(l->pg) != PQ_PIPELINE_OFF;
    enum pg_fate fate;
    int r = 0;
    *ret_last = NULL;
    if ((pipeline && !PQexitPipelineMode(l->pg)) || l->broken || !PQsendQuery(l->pg, text) || !link_push(l)) {
        link_break(l);
        return pg_error(l, NULL, &fate, reterr);
    }
    for (PGresult *res; (res = result_next(l));) {
        ExecStatusType s = PQresultStatus(res);
        if (r == 0 && s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK)
            r = pg_error(l, res, &fate, reterr);
        PQclear(*ret_last);
        *ret_last = res;
    }
    if (PQstatus(l->pg) == CONNECTION_BAD)
        link_break(l);
    if (r == 0 && l->broken)
        r = pg_error(l, NULL, &fate, reterr);
    if (pipeline && !l->broken && !PQenterPipelineMode(l->pg))
        link_break(l);
    return r;
}

int link_script(struct link *l, const char *text, struct err *reterr) {
    PGresult *last;
    int r = link_script_last(l, text, &last, reterr);
    PQclear(last);
    return r;
}
