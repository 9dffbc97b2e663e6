/* window.c - windows in the store: read, checked, replaced. */
#include "service/rights/rights_int.h"
#include "engine/audit/audit.h"
#include "engine/place/place.h"
#include <stdlib.h>

const struct sql rights_sql[] = {RIGHTS_SQL(SQL_ROW) SQL_END};

enum { LICENSOR_MAX = 200, NOTE_MAX = 1000, CODES_MAX = 300 };
#define YEAR_9999_MS 253370764800000LL

void window_row_read(const struct rows *r, size_t i, struct window_row *ret) {
    struct window_row x = {.title = {row_id(r, i, 1)}, .state = (enum window_state)row_i64(r, i, 12)};
    x.w = (struct rights_window){.id = {row_id(r, i, 0)},
                                 .territories = row_str(r, i, 2),
                                 .except = row_str(r, i, 3),
                                 .starts_ms = row_i64(r, i, 6),
                                 .ends_ms = row_i64(r, i, 7),
                                 .holdback = row_i64(r, i, 8) != 0,
                                 .exclusive = row_i64(r, i, 9) != 0,
                                 .licensor = row_str(r, i, 10),
                                 .note = row_str(r, i, 11)};
    platforms_parse(row_str(r, i, 4), &x.w.platforms);
    models_parse(row_str(r, i, 5), &x.w.models);
    *ret = x;
}

int windows_load(struct tx *tx, struct title_id title, struct arena *a, struct window_row **ret, size_t *ret_n,
                 struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &rights_sql[WINDOWS_OF], ARGS(A_ID(title)), a, &r, reterr);
    if (rc < 0)
        return rc;
    struct window_row *v = arena_news(a, struct window_row, MAX(r.n, 1u));
    if (!v)
        return err_set(reterr, ERR_LIMIT, "no room for %zu windows", r.n);
    for (size_t i = 0; i < r.n; i++)
        window_row_read(&r, i, &v[i]);
    *ret = v;
    *ret_n = r.n;
    return 0;
}

int schedule_load(struct tx *tx, struct title_id title, struct arena *a, struct schedule *ret, struct err *reterr) {
    struct rows r;
    int rc = tx_query(tx, &rights_sql[SCHEDULE_GET], ARGS(A_ID(title)), a, &r, reterr);
    if (rc < 0)
        return rc;
    *ret = (struct schedule){0};
    if (r.n)
        *ret = (struct schedule){true, row_i64(&r, 0, 0), row_i64(&r, 0, 1), row_i64(&r, 0, 2), row_i64(&r, 0, 3)};
    return 0;
}

/* ---- What an editor sends ---- */

static int refuse(struct err *reterr, const char *reason, const char *hint) {
    return err_refuse(reterr, ERR_INVALID, reason, hint, "%s", hint);
}

static int code_cmp(const void *a, const void *b) {
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* "fr DE  fr" becomes "DE FR". */
static int codes_tidy(struct str *io, struct arena *a, struct err *reterr) {
    struct str codes[CODES_MAX], rest = io->p ? str_trim(*io) : STR(""), one;
    size_t n = 0;
    while (rest.n) {
        rest = str_cut(rest, ' ', &one);
        if (!one.n)
            continue;
        char *up = n < CODES_MAX ? str_cstr(a, one) : NULL;
        for (size_t i = 0; up && i < one.n; i++)
            up[i] -= up[i] >= 'a' && up[i] <= 'z' ? 'a' - 'A' : 0;
        if (!up || !country_is(str_of(up)))
            return refuse(reterr, "rights.country_invalid", "Write countries as codes of two letters, as ISO 3166-1 has them: DE, FR.");
        codes[n++] = str_of(up);
    }
    qsort(codes, n, sizeof *codes, code_cmp);
    struct str out = STR("");
    for (size_t i = 0; i < n; i++)
        if (!i || !str_eq(codes[i], codes[i - 1]))
            out = out.n ? str_printf(a, STR_FMT " " STR_FMT, STR_ARG(out), STR_ARG(codes[i])) : codes[i];
    *io = out;
    return out.p ? 0 : err_set(reterr, ERR_LIMIT, "no room for countries");
}

static int window_check(struct rights_window *w, struct arena *a, struct err *reterr) {
    int rc = codes_tidy(&w->territories, a, reterr);
    if (rc == 0)
        rc = codes_tidy(&w->except, a, reterr);
    if (rc)
        return rc;
    w->platforms = w->platforms ? w->platforms & PLATFORMS_ALL : PLATFORMS_ALL;
    w->models = w->models ? w->models & MODELS_ALL : MODELS_ALL;
    if (w->starts_ms < 0 || w->ends_ms < 0 || w->starts_ms > YEAR_9999_MS || w->ends_ms > YEAR_9999_MS)
        return refuse(reterr, "rights.time_invalid", "Give times between 1970 and 9999.");
    if (w->ends_ms && w->ends_ms <= w->starts_ms)
        return refuse(reterr, "rights.window_empty", "Let each window end after it starts.");
    w->licensor = w->licensor.p ? str_trim(w->licensor) : STR("");
    w->note = w->note.p ? w->note : STR("");
    if (w->licensor.n > LICENSOR_MAX || w->note.n > NOTE_MAX || !str_is_utf8(w->licensor) || !str_is_utf8(w->note))
        return refuse(reterr, "rights.text_invalid", "Shorten the licensor to 200 bytes and the note to 1000, of UTF-8 text.");
    return 0;
}

static int plan_check(struct rights_plan *plan, struct arena *a, struct err *reterr) {
    if (plan->n > RIGHTS_WINDOWS_MAX)
        return refuse(reterr, "rights.too_many", "A title has at most 100 windows: let some of them name more countries.");
    if (plan->publish_ms && plan->unpublish_ms && plan->unpublish_ms <= plan->publish_ms)
        return refuse(reterr, "rights.schedule_invalid", "Take the title back after it is published, not before.");
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < plan->n; i++) {
        rc = window_check(&plan->v[i], a, reterr);
        for (size_t k = 0; rc == 0 && k < i; k++)
            if (id_is_set(plan->v[i].id.v) && str_eq(id_str(&plan->v[i].id.v), id_str(&plan->v[k].id.v)))
                rc = refuse(reterr, "rights.window_twice", "Name each window once.");
    }
    return rc;
}

/* ---- Into the store ---- */

static const struct window_row *row_of(const struct window_row *rows, size_t n, struct window_id id) {
    for (size_t i = 0; id_is_set(id.v) && i < n; i++)
        if (str_eq(id_str(&rows[i].w.id.v), id_str(&id.v)))
            return &rows[i];
    return NULL;
}

static int window_write(struct tx *tx, struct title_id title, struct rights_window *w, bool known, struct arena *a,
                        struct err *reterr) {
    struct str platforms = platforms_text(w->platforms, a), models = models_text(w->models, a);
    if (!platforms.p || !models.p)
        return err_set(reterr, ERR_LIMIT, "no room for a window");
    if (known)
        return tx_exec(tx, &rights_sql[WINDOW_UPDATE],
                       ARGS(A_ID(w->id), A_ID(title), A_STR(w->territories), A_STR(w->except), A_STR(platforms),
                            A_STR(models), A_I64(w->starts_ms), A_I64(w->ends_ms), A_BOOL(w->holdback),
                            A_BOOL(w->exclusive), A_STR(w->licensor), A_STR(w->note)),
                       reterr);
    int64_t now = store_now_ms(tx_store(tx));
    bool history = w->ends_ms && w->ends_ms <= now; /* written down afterwards: nobody is told */
    w->id.v = id_new(now);
    return tx_exec(tx, &rights_sql[WINDOW_INSERT],
                   ARGS(A_ID(w->id), A_ID(title), A_STR(w->territories), A_STR(w->except), A_STR(platforms),
                        A_STR(models), A_I64(w->starts_ms), A_I64(w->ends_ms), A_BOOL(w->holdback),
                        A_BOOL(w->exclusive), A_STR(w->licensor), A_STR(w->note),
                        A_I64(history ? WINDOW_OVER : WINDOW_AHEAD)),
                   reterr);
}

static int windows_replace(struct tx *tx, struct title_id title, struct rights_plan *plan, struct arena *a,
                           struct err *reterr) {
    struct window_row *had;
    size_t n;
    int rc = windows_load(tx, title, a, &had, &n, reterr);
    for (size_t i = 0; rc >= 0 && i < plan->n; i++) {
        const struct window_row *old = row_of(had, n, plan->v[i].id);
        if (id_is_set(plan->v[i].id.v) && !old)
            return err_refuse(reterr, ERR_CONFLICT, "rights.changed", "Somebody else changed these rights. Load them again.",
                              "no window " ID_FMT " of this title", ID_ARG(plan->v[i].id.v));
        rc = window_write(tx, title, &plan->v[i], old != NULL, a, reterr);
    }
    for (size_t i = 0; rc >= 0 && i < n; i++) {
        bool kept = false;
        for (size_t k = 0; k < plan->n; k++)
            kept |= str_eq(id_str(&plan->v[k].id.v), id_str(&had[i].w.id.v));
        if (kept)
            continue;
        if (had[i].state == WINDOW_OPEN) /* whoever was told that it opened is told that it is gone */
            rc = rights_tell(tx, &had[i], false, a, reterr);
        if (rc >= 0)
            rc = tx_exec(tx, &rights_sql[WINDOW_DELETE], ARGS(A_ID(had[i].w.id)), reterr);
    }
    return MIN(rc, 0);
}

int rights_set(struct tx *tx, const struct engine *e, struct title_id title, struct rights_plan *plan, struct arena *a,
               struct err *reterr) {
    struct schedule s;
    int rc = plan_check(plan, a, reterr);
    if (rc == 0)
        rc = schedule_load(tx, title, a, &s, reterr);
    if (rc == 0 && plan->revision >= 0 && plan->revision != s.revision)
        rc = err_refuse(reterr, ERR_CONFLICT, "rights.changed", "Somebody else changed these rights. Load them again.",
                        "revision %lld of %lld", (long long)plan->revision, (long long)s.revision);
    if (rc)
        return rc;
    s = (struct schedule){true, s.revision + 1, plan->publish_ms, plan->unpublish_ms, 0};
    /* First of all: it says whether there is such a title. */
    rc = tx_exec(tx, &rights_sql[SCHEDULE_SET],
                 ARGS(A_ID(title), A_I64(s.revision), A_I64(s.publish_ms), A_I64(s.unpublish_ms), A_I64(0)), reterr);
    if (rc == ERR_CONFLICT)
        return err_refuse(reterr, ERR_NOT_FOUND, "catalog.title_not_found", "There is no such title.", "no title " ID_FMT,
                          ID_ARG(title.v));
    rc = rc < 0 ? rc : windows_replace(tx, title, plan, a, reterr);
    return rc < 0 ? rc : rights_settle(tx, title, &s, clock_now_ms(e->clock), a, reterr);
}
