/*
 * postgres_tx.c - transactions that survive what a server does to them.
 *
 * Writers are SERIALIZABLE: whatever interleaves, the outcome is that of one after the other, which
 * is what SQLite's single writer gives and what every caller counts on. The price is that the
 * server may break any of them off (40001, 40P01), and that a server may go away in the middle. So
 * a transaction keeps a journal of its statements and of what they answered; broken off, it is run
 * again from the journal. Where all answers are the same as before, the caller, who has seen
 * nothing else, need not know; where one differs, it ends with ERR_BUSY "store.contended" and is
 * for the caller to run again from its first decision (the HTTP server does so by itself).
 *
 * A commit whose answer was lost is the hard case. Each writing transaction therefore inserts a
 * fresh id into store_commit with its COMMIT. Later a new connection inserts the same id as a fence:
 * if the commit's own row is there, it took place; if not, the fence has taken its place, and the
 * old transaction, should it still be on its way, fails on the duplicate. A fence that was set before
 * its own answer was lost is known by its mark. Nothing is lost, nothing done twice.
 */
#include "engine/store/postgres_int.h"
#include "base/log.h"
#include <errno.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <unistd.h>

enum { ASKS_MAX = 16, JOURNAL_MAX = 8 << 20, ATTEMPTS_MAX = 12, IN_DOUBT_MS = 60000, SWEEP_S = 60 };
enum { COMMIT_PUT, COMMIT_FENCE, COMMIT_SWEEP };

/* The server's own clock, so that machines whose clocks differ agree on what is old. */
static const struct sql commit_sql[] = {
    {"COMMIT_PUT", STORE_MAIN, "INSERT INTO store_commit (id) VALUES ($1)"},
    {"COMMIT_FENCE", STORE_MAIN,
     "INSERT INTO store_commit (id, fence) VALUES ($1, true) ON CONFLICT (id) DO UPDATE SET "
     "fence = store_commit.fence RETURNING fence"},
    {"COMMIT_SWEEP", STORE_MAIN,
     "DELETE FROM store_commit WHERE at < now() - interval '10 minutes'"},
    SQL_END};

struct journal_entry {
    struct journal_entry *next;
    const struct sql *q;
    struct sql_args args;
    int count;
    uint8_t digest[32];
};

/* What is to be done next: a statement or the commit. */
struct step {
    const struct sql *q;
    struct sql_args args;
    struct arena *a;
    struct rows *rows; /* NULL: only the count is wanted */
    bool commit;
    bool alone; /* a single reading statement needs no transaction around it */
};

static const char *begin_text(enum tx_mode mode) {
    return mode == TX_WRITE ? "BEGIN ISOLATION LEVEL SERIALIZABLE"
                            : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
}

static bool res_ok(const PGresult *r) {
    ExecStatusType s = PQresultStatus(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

static int digest_make(const struct rows *rows, uint8_t *digest) {
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex(md, EVP_sha256(), NULL);
    for (size_t i = 0; ok && i < rows->n * rows->cols; i++) {
        const struct sql_val *v = &rows->v[i];
        uint64_t head[4] = {(uint64_t)v->type, (uint64_t)v->i, v->s.n};
        memcpy(&head[3], &v->f, sizeof head[3]);
        ok = EVP_DigestUpdate(md, head, sizeof head) && EVP_DigestUpdate(md, v->s.p, v->s.n);
    }
    ok = ok && EVP_DigestFinal_ex(md, digest, NULL);
    EVP_MD_CTX_free(md);
    return ok ? 0 : ERR_NO_MEMORY;
}

static bool args_copy(struct arena *a, struct sql_args args, struct sql_args *ret) {
    struct sql_val *v = args.n ? arena_copy(a, args.v, args.n * sizeof *v) : NULL;
    for (size_t i = 0; v && i < args.n; i++)
        if (v[i].s.p && v[i].s.n && !(v[i].s.p = arena_copy(a, v[i].s.p, v[i].s.n)))
            return false;
    *ret = (struct sql_args){v, args.n};
    return args.n == 0 || v;
}

/* What does not fit is no error now: only, this transaction can't be run again by itself. */
static void journal_add(struct conn *c, const struct step *s, int count) {
    struct journal_entry *e = c->too_long ? NULL : arena_new(&c->memory, struct journal_entry);
    if (!e || !args_copy(&c->memory, s->args, &e->args) ||
        (s->rows && digest_make(s->rows, e->digest) < 0)) {
        c->too_long = true;
        return;
    }
    e->q = s->q;
    e->count = count;
    *c->journal_end = e;
    c->journal_end = &e->next;
}

/* The answers of one journey, in order. Keeps the first that failed, or the statement's own. */
struct answers {
    PGresult *failed, *statement;
};

static void answer_take(struct link *l, struct answers *an, bool is_statement) {
    PGresult *r = link_result(l);
    if (r && !res_ok(r) && !an->failed && PQresultStatus(r) != PGRES_PIPELINE_ABORTED)
        an->failed = r;
    else if (is_statement)
        an->statement = r;
    else
        PQclear(r);
}

static void answer_prepared(struct link *l, struct answers *an, const struct sql *q) {
    PGresult *r = link_result(l);
    if (r && res_ok(r))
        link_prepared(l, q);
    if (r && !res_ok(r) && !an->failed && PQresultStatus(r) != PGRES_PIPELINE_ABORTED)
        an->failed = r;
    else
        PQclear(r);
}

/* One journey to the server and back. */
static int journey(struct link *l, const char *begin, const struct step *s, const char *marker,
                   PGresult **ret_r, enum pg_fate *ret_fate, struct err *reterr) {
    struct answers an = {0};
    bool prepares = false, prepares_marker = false;
    const struct sql *put = &commit_sql[COMMIT_PUT];
    bool sent = (!begin || link_send(l, begin)) &&
                (!s->q || link_send_prepared(l, s->q, s->args, &prepares)) &&
                (!marker || link_send_prepared(l, put, ARGS(A_CSTR(marker)), &prepares_marker)) &&
                (!s->commit || link_send(l, "COMMIT")) && link_flush(l);
    if (sent) {
        if (begin)
            answer_take(l, &an, false);
        if (prepares)
            answer_prepared(l, &an, s->q);
        if (s->q)
            answer_take(l, &an, true);
        if (prepares_marker)
            answer_prepared(l, &an, put);
        if (marker)
            answer_take(l, &an, false);
        if (s->commit)
            answer_take(l, &an, false);
        link_sync(l);
    }
    int r = 0;
    if (an.failed || l->broken)
        r = pg_error(l, an.failed, ret_fate, reterr);
    PQclear(an.failed);
    if (r < 0) {
        PQclear(an.statement);
        an.statement = NULL;
    }
    *ret_r = an.statement;
    return r;
}

/* The answer is read by whoever uses the connection next. */
static void link_end_later(struct link *l) {
    if (!l->broken && link_send(l, "ROLLBACK") && link_flush(l))
        l->ending = true;
}

/* After a failure: nothing of this transaction is on any server any more. */
static void conn_unbegin(struct conn *c) {
    struct link *l = c->link;
    if (l && !l->broken && c->begun) {
        link_end_later(l);
        link_drain(l);
    }
    c->begun = false;
    if (l && l->broken) {
        link_give(c->pg, l, c->generation);
        c->link = NULL;
    }
}

/* Inserts the marker in the place of a commit whose answer was lost. 1: it had taken place; 0: it
 * has not and never will; negative: nobody knows. */
static int commit_look(struct conn *c, const char *marker, struct err *reterr) {
    int64_t until = store_until(clock_mono_ns() + (int64_t)IN_DOUBT_MS * 1000000);
    struct rows rows;
    struct step s = {.q = &commit_sql[COMMIT_FENCE], .args = ARGS(A_CSTR(marker))};
    for (;;) {
        struct err e = {0};
        enum pg_fate fate = PG_FINAL;
        PGresult *res = NULL;
        int64_t left = (until - clock_mono_ns()) / 1000000;
        int r = c->link ? 0 : link_take(c->pg, MAX(left, 0), &c->link, &c->generation, &e);
        if (r == 0)
            r = journey(c->link, NULL, &s, NULL, &res, &fate, &e);
        struct arena a = ARENA(64 << 10);
        if (r == 0)
            r = pg_rows(res, &a, &rows, &e);
        PQclear(res);
        bool fence = r > 0 && row_i64(&rows, 0, 0);
        arena_done(&a);
        if (r > 0)
            return !fence;
        conn_unbegin(c);
        if (clock_mono_ns() >= until) {
            log_event(LOG_ERROR, "store.unknown", LS("commit", marker), LS("error", e.msg));
            return err_refuse(reterr, ERR_BUSY, "store.unknown",
                              "The database went away while this was being saved. See whether it "
                              "was before you do it again.",
                              "whether a transaction was committed is not known: %s", e.msg);
        }
        usleep(50000);
    }
}

static int step_try(struct conn *c, const struct step *s, bool writes, enum pg_fate *ret_fate,
                    struct err *reterr) {
    PGresult *res = NULL;
    bool marks = s->commit && writes;
    struct id id = {0};
    if (marks)
        id = id_new(clock_now_ms(NULL));
    const char *marker = id.s;
    const char *begin = c->begun || s->alone ? NULL : begin_text(c->mode);
    if (begin)
        c->begun = true;
    int r = journey(c->link, begin, s, marks ? marker : NULL, &res, ret_fate, reterr);
    if (r < 0 && marks && *ret_fate == PG_LOST) {
        conn_unbegin(c);
        int done = commit_look(c, marker, reterr);
        if (done <= 0) {
            if (done < 0)
                *ret_fate = PG_FINAL;
            return done < 0 ? done : r;
        }
        r = 0;
    }
    if (r == 0 && res)
        r = s->rows ? pg_rows(res, s->a, s->rows, reterr) : pg_changed(res);
    if (r < 0 && res)
        *ret_fate = PG_FINAL;
    PQclear(res);
    if (s->commit && r >= 0)
        c->begun = false;
    return r;
}

static int contended(struct err *reterr) {
    return err_refuse(reterr, ERR_BUSY, "store.contended",
                      "Somebody else changed the same thing at the same moment; try again.",
                      "what the transaction had read was changed by another");
}

/* Everything up to now once more, where it is not on the server. */
static int catch_up(struct conn *c, int64_t until_ns, enum pg_fate *ret_fate, struct err *reterr) {
    *ret_fate = PG_FINAL;
    if (!c->link) {
        int64_t left_ms = MAX((until_ns - clock_mono_ns()) / 1000000, (int64_t)0);
        int r = link_take(c->pg, left_ms, &c->link, &c->generation, reterr);
        if (r < 0)
            return r;
    }
    if (c->begun || (!c->journal && !c->too_long))
        return 0;
    if (c->too_long)
        return contended(reterr);
    struct arena a = ARENA(256 << 20);
    int r = 0;
    for (const struct journal_entry *e = c->journal; e && r >= 0; e = e->next) {
        struct rows rows = {0};
        uint8_t digest[32] = {0}, none[32] = {0};
        bool had_rows = memcmp(e->digest, none, sizeof none) != 0;
        struct step s = {.q = e->q, .args = e->args, .a = &a, .rows = had_rows ? &rows : NULL};
        r = step_try(c, &s, false, ret_fate, reterr);
        if (r >= 0 && had_rows && digest_make(&rows, digest) < 0)
            r = err_errno(reterr, ENOMEM, "running a transaction again");
        if (r >= 0 && (r != e->count || memcmp(digest, e->digest, sizeof digest) != 0)) {
            *ret_fate = PG_FINAL;
            r = contended(reterr);
        }
        arena_reset(&a);
    }
    arena_done(&a);
    return MIN(r, 0);
}

static void pause_a_little(useconds_t first_us, int attempt) {
    uint16_t dice = 0;
    if (getrandom(&dice, sizeof dice, GRND_NONBLOCK) < 0)
        dice = 0;
    useconds_t most = first_us << MIN(attempt, 6);
    usleep(most / 2 + most * dice / UINT16_MAX / 2);
}

/* When what a server that went away broke off may be tried for the last time. A wait that we gave up ourselves has
 * had its time already. */
struct patience {
    int64_t until_ns;
    int attempt;
};
static struct patience patience_new(const struct store *st) {
    return (struct patience){.until_ns = store_until(clock_mono_ns() + st->busy_ms * INT64_C(1000000))};
}

static bool patience_has(struct patience *p, const struct store *st, enum pg_fate fate, bool gave_up) {
    int attempt = p->attempt++;
    if (attempt >= ATTEMPTS_MAX || (fate != PG_AGAIN && fate != PG_LOST && fate != PG_ELSEWHERE))
        return false;
    if (fate == PG_AGAIN) {
        pause_a_little(1000, attempt);
        return true;
    }
    if (attempt == 0 && !gave_up)
        p->until_ns = patience_new(st).until_ns;
    if (attempt > 0)
        pause_a_little(10000, attempt);
    return clock_mono_ns() < p->until_ns && !store_is_late();
}

static int step_run(struct conn *c, const struct step *s, bool writes, struct err *reterr) {
    struct patience p = patience_new(c->st);
    struct err refused = {0}; /* says more than that no other connection was had in time */
    for (;;) {
        struct err e = {0};
        enum pg_fate fate;
        int r = catch_up(c, p.until_ns, &fate, &e);
        if (r == 0)
            r = step_try(c, s, writes, &fate, &e);
        if (r >= 0)
            return r;
        bool gave_up = c->link && c->link->why;
        if (fate != PG_FINAL)
            conn_unbegin(c);
        if (fate == PG_ELSEWHERE)
            refused = e;
        else if (refused.code && r == ERR_BUSY && fate == PG_FINAL)
            e = refused;
        if (!patience_has(&p, c->st, fate, gave_up)) {
            if (reterr)
                *reterr = e;
            return fate == PG_AGAIN ? contended(reterr) : r;
        }
    }
}

int pg_tx_begin(struct store *st, enum store_db db, enum tx_mode mode, struct conn **ret_c,
                struct err *reterr) {
    struct conn *c = calloc(1, sizeof *c);
    if (!c)
        return err_errno(reterr, ENOMEM, "beginning a transaction");
    *c = (struct conn){
        .st = st, .pg = st->impl, .db = db, .mode = mode, .memory = ARENA(JOURNAL_MAX)};
    c->journal_end = &c->journal;
    /* Here, so that a transaction that cannot be had fails before anything was decided in it. */
    int r = link_take(c->pg, st->busy_ms, &c->link, &c->generation, reterr);
    if (r < 0) {
        free(c);
        return r;
    }
    *ret_c = c;
    return 0;
}

static bool journal_writes(const struct conn *c) {
    for (const struct journal_entry *e = c->journal; e; e = e->next)
        if (!sql_is_read(e->q->text))
            return true;
    return c->too_long;
}

/* Now and then whoever has committed takes out what nobody can ask for any more. */
static void commits_sweep(struct conn *c) {
    int64_t now = clock_mono_ns();
    pthread_mutex_lock(&c->pg->lock);
    bool due = now - c->pg->swept_ns > (int64_t)SWEEP_S * 1000000000;
    if (due)
        c->pg->swept_ns = now;
    pthread_mutex_unlock(&c->pg->lock);
    if (!due || !c->link || c->link->broken)
        return;
    struct step s = {.q = &commit_sql[COMMIT_SWEEP]};
    enum pg_fate fate;
    PGresult *res = NULL;
    journey(c->link, NULL, &s, NULL, &res, &fate, NULL);
    PQclear(res);
}

static void conn_done(struct conn *c) {
    if (c->link) {
        if (c->begun)
            link_end_later(c->link);
        link_give(c->pg, c->link, c->generation);
    }
    arena_done(&c->memory);
}

int pg_tx_end(struct store *st, struct conn *c, enum tx_mode mode, bool commit,
              struct err *reterr) {
    int r = 0;
    if (commit && mode == TX_WRITE && (c->journal || c->too_long)) {
        bool writes = journal_writes(c);
        struct step s = {.commit = true};
        r = step_run(c, &s, writes, reterr);
        if (r == 0 && writes)
            commits_sweep(c);
    }
    conn_done(c);
    free(c);
    return r;
}

int pg_tx_run(struct conn *c, const struct sql *q, struct sql_args args, struct arena *a,
              struct rows *ret_rows, struct err *reterr) {
    struct step s = {.q = q, .args = args, .a = a, .rows = ret_rows};
    int r = step_run(c, &s, false, reterr);
    if (r >= 0)
        journal_add(c, &s, r);
    return r;
}

/* In two journeys: were the statement's answer to travel with the commit's, both could be lost, and what was written
 * could neither be told nor be done again. Nobody has seen anything of an attempt that is contended. */
static int once_written(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
                        struct rows *ret_rows, struct err *reterr) {
    for (int attempt = 0;; attempt++) {
        struct conn *c = NULL;
        int r = pg_tx_begin(st, q->db, TX_WRITE, &c, reterr);
        if (r < 0)
            return r;
        int n = pg_tx_run(c, q, args, a, ret_rows, reterr);
        r = pg_tx_end(st, c, TX_WRITE, n >= 0, n >= 0 ? reterr : NULL);
        r = n < 0 || r == 0 ? n : r;
        if (!store_again(r, attempt, reterr))
            return r;
    }
}

int pg_once(struct store *st, const struct sql *q, struct sql_args args, struct arena *a,
            struct rows *ret_rows, struct err *reterr) {
    if (!sql_is_read(q->text))
        return once_written(st, q, args, a, ret_rows, reterr);
    struct conn c = {.st = st, .pg = st->impl, .db = q->db, .mode = TX_READ, .memory = ARENA(JOURNAL_MAX)};
    struct step s = {.q = q, .args = args, .a = a, .rows = ret_rows, .alone = true};
    int r = step_run(&c, &s, false, reterr);
    conn_done(&c);
    return r;
}

/* All questions and then all answers: one journey. */
static int ask_try(struct link *l, struct store_ask *asks, size_t n, struct arena *a,
                   enum pg_fate *ret_fate, struct err *reterr) {
    struct answers an = {0};
    bool prepares[ASKS_MAX] = {false}, sent = true;
    int r = 0;
    for (size_t i = 0; i < n && sent; i++) {
        struct sql_args args = {asks[i].v, asks[i].n_args};
        sent = link_send_prepared(l, asks[i].q, args, &prepares[i]);
        if (sent && prepares[i]) /* the same statement may follow in this journey */
            link_prepared(l, asks[i].q);
    }
    sent = sent && link_flush(l);
    for (size_t i = 0; i < n && sent; i++) {
        if (prepares[i])
            answer_take(l, &an, false);
        answer_take(l, &an, true);
        PGresult *res = take(an.statement);
        if (res && !an.failed && r >= 0 && (r = pg_rows(res, a, &asks[i].rows, reterr)) < 0)
            *ret_fate = PG_FINAL;
        PQclear(res);
    }
    if (sent)
        link_sync(l);
    if (an.failed || l->broken)
        r = pg_error(l, an.failed, ret_fate, reterr);
    for (size_t i = 0; an.failed && i < n; i++)
        l->broken |= prepares[i]; /* which of them the server knows is not known here */
    PQclear(an.failed);
    return MIN(r, 0);
}

int pg_ask_all(struct store *st, struct store_ask *asks, size_t n, struct arena *a,
               struct err *reterr) {
    struct postgres *pg = st->impl;
    struct patience p = patience_new(st);
    assert(n <= ASKS_MAX);
    for (;;) {
        struct err e = {0};
        enum pg_fate fate = PG_FINAL;
        struct link *l;
        uint64_t generation;
        bool gave_up = false;
        int64_t left_ms = MAX((p.until_ns - clock_mono_ns()) / 1000000, (int64_t)0);
        int r = link_take(pg, left_ms, &l, &generation, &e);
        if (r == 0) {
            r = ask_try(l, asks, n, a, &fate, &e);
            gave_up = l->why != NULL;
            link_give(pg, l, generation);
        }
        if (r == 0)
            return 0;
        if (!patience_has(&p, st, fate, gave_up)) {
            if (reterr)
                *reterr = e;
            return r;
        }
    }
}

int pg_prepare(struct conn *c, const struct sql *q, struct err *reterr) {
    scoped(mem_free) char *text = sql_rewrite_postgres(q->text);
    enum pg_fate fate;
    struct link *l = c->link;
    if (!text)
        return err_errno(reterr, ENOMEM, "preparing a statement");
    if (l->broken || !PQsendPrepare(l->pg, "", text, 0, NULL) || !link_flush(l))
        return pg_error(l, NULL, &fate, reterr);
    PGresult *res = link_result(l);
    int r = res && res_ok(res) ? 0 : pg_error(l, res, &fate, reterr);
    PQclear(res);
    link_sync(l);
    return r;
}
