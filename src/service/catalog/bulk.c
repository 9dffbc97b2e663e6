/*
 * bulk.c - a file of titles, from its bytes to the store and back. First every row is planned, nothing written: that is the dry run, and
 * its report. Then rows are written a batch at a time, so that nobody else waits long, each batch with a note of what the titles were
 * before: that is what undo goes by. A batch that fails is written row by row, so that one row costs only itself.
 */
#include "service/catalog/bulk_run.h"
#include "service/catalog/bulk_sql.h"
#include "service/json.h"

const struct sql bulk_sql[] = {BULK_SQL(SQL_ROW) SQL_END};

static const char *const actions[] = {
    [BULK_CREATE] = "create", [BULK_UPDATE] = "update", [BULK_UNCHANGED] = "unchanged", [BULK_WRONG] = "error"};

struct read_row {
    int64_t line;
    json_t *row, *faults;
};

struct run {
    const struct bulk_order *o;
    struct store *st;
    struct read_row *rows;
    size_t n, cap;
    struct bulk_id id;
    json_t *report;    /* a line a row */
    json_t *series;    /* names that were looked up */
    int64_t counts[4]; /* by action */
    int64_t made, changed;
    size_t noted; /* rows of bulk_row */
};

static void run_done(struct run *r) {
    for (size_t i = 0; i < r->n; i++) {
        json_decref(r->rows[i].row);
        json_decref(r->rows[i].faults);
    }
    free(r->rows);
    json_decref(r->report);
    json_decref(r->series);
}

static int row_keep(void *arg, int64_t line, json_t *row, json_t *faults, struct err *reterr) {
    struct run *r = arg;
    if (r->n == r->cap) {
        size_t cap = MAX(r->cap * 2, (size_t)256);
        struct read_row *more = realloc(r->rows, cap * sizeof *more);
        if (!more) {
            json_decref(row);
            json_decref(faults);
            return err_set(reterr, ERR_NO_MEMORY, "no memory for %zu rows", cap);
        }
        r->rows = more;
        r->cap = cap;
    }
    r->rows[r->n++] = (struct read_row){line, row, faults};
    return 0;
}

static int file_read(struct run *r, struct arena *a, struct str *ret_encoding, struct err *reterr) {
    struct str text = r->o->body;
    *ret_encoding = STR("UTF-8");
    if (str_eq(r->o->format, STR("mrss")))
        return bulk_read_mrss(text, row_keep, r, reterr);
    int rc = sheet_decode(text, r->o->encoding, a, &text, ret_encoding, reterr);
    if (rc)
        return rc;
    return str_eq(r->o->format, STR("csv")) ? bulk_read_csv(text, a, row_keep, r, reterr) : bulk_read_json(text, row_keep, r, reterr);
}

/* ---- The report ---- */

static json_t *changes_json(const json_t *change) {
    json_t *list = json_array(), *unused;
    const char *name;
    json_object_foreach((json_t *)(uintptr_t)change, name, unused)
        json_array_append_new(list, json_string(name));
    return list;
}

static void line_set(struct run *r, size_t at, const struct bulk_plan *p, enum bulk_action action, json_t *faults) {
    const json_t *row = r->rows[at].row, *texts = json_object_get(p->change, "texts");
    struct str name = json_get_str(row, "name");
    if (!name.n)
        name = json_get_str(json_array_get(texts ? texts : json_object_get(p->was, "texts"), 0), "name");
    json_t *line = json_pack("{s:I, s:s, s:o, s:o, s:o, s:o}", "row", (json_int_t)r->rows[at].line, "action", actions[action], "title_id",
                             json_of_id(p->id.v), "name", json_of_text(name), "changes",
                             action == BULK_CREATE || action == BULK_UPDATE ? changes_json(p->change) : json_array(), "errors",
                             faults ? json_incref(faults) : json_array());
    if (at < json_array_size(r->report))
        json_array_set_new(r->report, at, line);
    else
        json_array_append_new(r->report, line);
}

static int row_plan(struct tx *tx, struct run *r, size_t at, struct arena *a, struct bulk_plan *p, struct err *reterr) {
    int rc = bulk_plan(tx, r->rows[at].row, r->series, a, p, reterr);
    for (size_t i = 0; i < json_array_size(r->rows[at].faults); i++) {
        if (!p->faults)
            p->faults = json_array();
        json_array_insert(p->faults, i, json_array_get(r->rows[at].faults, i));
        p->action = BULK_WRONG;
    }
    return rc;
}

static int all_planned(struct run *r, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(r->st, STORE_MAIN, TX_READ, &tx, reterr);
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        scoped(arena_done) struct arena a = ARENA(16 << 20);
        scoped(bulk_plan_done) struct bulk_plan p;
        rc = row_plan(tx, r, i, &a, &p, reterr);
        if (rc == 0) {
            r->counts[p.action]++;
            line_set(r, i, &p, p.action, p.faults);
        }
    }
    return rc;
}

/* ---- Writing ---- */

static int note(struct tx *tx, struct run *r, size_t *io_noted, struct title_id id, const json_t *was, struct err *reterr) {
    char *text = was ? json_dumps(was, JSON_COMPACT) : NULL;
    int rc = tx_exec(tx, &bulk_sql[BULK_ROW_INSERT],
                     ARGS(A_ID(r->id), A_I64((int64_t)(*io_noted)++), A_ID(id), text ? A_CSTR(text) : A_NULL), reterr);
    free(text);
    return MIN(rc, 0);
}

struct tally {
    int64_t made, changed;
    size_t noted;
};

static int row_write(struct tx *tx, struct run *r, size_t at, struct tally *t, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 20);
    scoped(bulk_plan_done) struct bulk_plan p;
    struct title_id made[3];
    size_t n = 0;
    int rc = row_plan(tx, r, at, &a, &p, reterr);
    if (rc || p.action == BULK_UNCHANGED || p.action == BULK_WRONG) {
        if (rc == 0)
            line_set(r, at, &p, p.action, p.faults);
        return rc;
    }
    json_t *names = json_deep_copy(p.change);
    rc = bulk_write(tx, &p, &a, made, &n, reterr);
    if (n > 1) /* a series is there that was not */
        json_object_clear(r->series);
    for (size_t i = 0; rc == 0 && i < n; i++)
        rc = note(tx, r, &t->noted, made[i], i + 1 == n ? p.was : NULL, reterr);
    if (rc == 0) {
        struct bulk_plan shown = p;
        shown.change = names;
        line_set(r, at, &shown, p.action, NULL);
        t->made += (int64_t)n - (p.action == BULK_UPDATE);
        t->changed += p.action == BULK_UPDATE;
    }
    json_decref(names);
    return rc;
}

static int batch_once(struct run *r, size_t from, size_t to, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    struct tally t = {r->made, r->changed, r->noted};
    json_object_clear(r->series); /* of a batch that was rolled back nothing is there */
    int rc = tx_begin(r->st, STORE_MAIN, TX_WRITE, &tx, reterr);
    for (size_t i = from; rc == 0 && i < to; i++)
        rc = row_write(tx, r, i, &t, reterr);
    if (rc == 0)
        rc = MIN(tx_exec(tx, &bulk_sql[BULK_COUNTS], ARGS(A_ID(r->id), A_I64(t.made), A_I64(t.changed)), reterr), 0);
    if (rc == 0)
        rc = tx_commit(&tx, reterr);
    if (rc)
        return rc;
    r->made = t.made;
    r->changed = t.changed;
    r->noted = t.noted;
    return 0;
}

static bool is_the_rows_fault(int rc) { return rc == ERR_INVALID || rc == ERR_CONFLICT || rc == ERR_NOT_FOUND || rc == ERR_LIMIT; }

static int batch_write(struct run *r, size_t from, size_t to, struct err *reterr) {
    int rc;
    STORE_RETRY(rc, reterr, batch_once(r, from, to, reterr));
    if (rc == 0 || !is_the_rows_fault(rc))
        return rc;
    if (to - from > 1) {
        rc = 0;
        for (size_t i = from; rc == 0 && i < to; i++)
            rc = batch_write(r, i, i + 1, reterr);
        return rc;
    }
    struct bulk_plan none = {0};
    json_t *faults = NULL;
    bulk_fault(&faults, "", reterr && reterr->hint[0] ? reterr->hint : "It could not be written.");
    line_set(r, from, &none, BULK_WRONG, faults);
    json_decref(faults);
    err_clear(reterr);
    return 0;
}

static int state_set(struct run *r, const char *state, struct err *reterr) {
    int rc;
    STORE_RETRY(rc, reterr, store_exec(r->st, &bulk_sql[BULK_STATE], ARGS(A_ID(r->id), A_CSTR(state)), reterr));
    return MIN(rc, 0);
}

static int all_written(struct run *r, struct err *reterr) {
    int64_t now = store_now_ms(r->st);
    int rc, end;
    r->id.v = id_new(now);
    STORE_RETRY(rc, reterr, store_exec(r->st, &bulk_sql[BULK_INSERT],
                                       ARGS(A_ID(r->id), A_STR(r->o->format), A_I64((int64_t)r->n), A_I64(now)), reterr));
    for (size_t i = 0; rc >= 0 && i < r->n; i += BULK_BATCH)
        rc = batch_write(r, i, MIN(i + BULK_BATCH, r->n), reterr);
    struct err later = {0}; /* what was written can be taken back, whatever became of the rest */
    STORE_RETRY(end, &later, store_exec(r->st, &bulk_sql[BULK_ROWS_TOUCHED], ARGS(A_ID(r->id)), &later));
    if (rc < 0 || end < 0)
        return rc < 0 ? rc : err_set(reterr, end, "%s", later.msg);
    return state_set(r, "applied", reterr);
}

int bulk_run(struct store *st, const struct bulk_order *o, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(160 << 20);
    scoped(run_done) struct run r = {.o = o, .st = st, .report = json_array(), .series = json_object()};
    struct str encoding;
    int rc = file_read(&r, &a, &encoding, reterr);
    if (rc == 0)
        rc = all_planned(&r, reterr);
    bool writes = rc == 0 && !o->dry_run && (!r.counts[BULK_WRONG] || o->skip_errors);
    if (writes)
        rc = all_written(&r, reterr);
    if (rc < 0)
        return rc;
    if (writes) {
        memset(r.counts, 0, sizeof r.counts);
        for (size_t i = 0; i < json_array_size(r.report); i++)
            for (int k = 0; k < 4; k++)
                r.counts[k] += str_eq(json_get_str(json_array_get(r.report, i), "action"), str_of(actions[k]));
    }
    *ret = json_pack("{s:o, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:O}", "id", json_of_id(r.id.v), "state",
                     writes ? "applied" : o->dry_run ? "dry_run" : "refused", "encoding", json_of_str(encoding), "total", (json_int_t)r.n,
                     "created", (json_int_t)r.counts[BULK_CREATE], "updated", (json_int_t)r.counts[BULK_UPDATE], "unchanged",
                     (json_int_t)r.counts[BULK_UNCHANGED], "wrong", (json_int_t)r.counts[BULK_WRONG], "rows", r.report);
    return *ret ? 0 : err_set(reterr, ERR_NO_MEMORY, "no memory for a report");
}
