/*
 * clock.c - what happens by itself at its moment: windows begin and end, titles are published and taken back. What was
 * told last stands in the window's row and moves in the transaction that holds the event: so each is told once, whoever
 * is killed where. A title's row in rights_title says when it has to be looked at next, by index: a catalogue in which
 * nothing is due costs one look.
 */
#include "service/rights/rights_int.h"
#include "base/log.h"
#include "service/json.h"
#include <stdlib.h>

enum { DUE_BATCH = 100 };
#define RETRY_MS 60000 /* what could not be done now: a title to publish that has nothing to play yet */

int rights_tell(struct tx *tx, const struct window_row *w, bool begun, struct arena *a, struct err *reterr) {
    static const char *const names[2][2] = {{"rights.closed", "rights.opened"}, {"rights.released", "rights.held"}};
    int64_t now = store_now_ms(tx_store(tx)), ended = w->w.ends_ms ? MIN(w->w.ends_ms, now) : now; /* or taken away */
    json_t *body = json_pack("{s:o, s:o, s:o, s:o, s:o}", "title_id", json_of_id(w->title.v), "window_id",
                             json_of_id(w->w.id.v), "licensor", json_of_str(w->w.licensor), "territories",
                             json_of_str(w->w.territories), "at", json_of_time(begun ? w->w.starts_ms : ended));
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an event");
    int rc = event_publish(tx, names[w->w.holdback][begun], 1, id_str(&w->title.v), str_of(text), reterr);
    free(text);
    return rc;
}

static enum window_state state_at(const struct rights_window *w, int64_t now) {
    if (w->starts_ms > now)
        return WINDOW_AHEAD;
    return w->ends_ms && w->ends_ms <= now ? WINDOW_OVER : WINDOW_OPEN;
}

/* One that began and ended while nobody looked is told of both. */
static int window_settle(struct tx *tx, struct window_row *w, int64_t now, struct arena *a, struct err *reterr) {
    enum window_state to = state_at(&w->w, now), from = w->state;
    int rc = 0;
    if (to == from)
        return 0;
    if (from != WINDOW_OPEN && (to == WINDOW_OPEN || from == WINDOW_AHEAD))
        rc = rights_tell(tx, w, true, a, reterr);
    if (rc == 0 && to != WINDOW_OPEN && (from == WINDOW_OPEN || to == WINDOW_OVER))
        rc = rights_tell(tx, w, false, a, reterr);
    w->state = to;
    if (rc == 0)
        rc = tx_exec(tx, &rights_sql[WINDOW_STATE], ARGS(A_ID(w->w.id), A_I64(to)), reterr);
    return MIN(rc, 0);
}

static void sooner(int64_t *io, int64_t at, int64_t now) {
    if (at > now && (!*io || at < *io))
        *io = at;
}

/* A title that has nothing to play yet is published once it has. */
static int publish_settle(struct tx *tx, struct title_id title, struct schedule *s, int64_t now, struct err *reterr) {
    struct err why = {0};
    bool take_back = s->unpublish_ms && s->unpublish_ms <= now;
    int rc = 0;
    if (s->publish_ms && s->publish_ms <= now) {
        rc = catalog_title_publish(tx, title, true, &why);
        if (rc == ERR_CONFLICT && !take_back)
            sooner(&s->next_ms, now + RETRY_MS, now);
        else if (rc && rc != ERR_CONFLICT)
            return err_refuse(reterr, rc, why.reason, why.hint, "%s", why.msg);
        if (rc == 0 || take_back)
            s->publish_ms = 0;
    }
    rc = take_back ? catalog_title_publish(tx, title, false, reterr) : 0;
    if (rc == 0 && take_back)
        s->unpublish_ms = 0;
    return rc;
}

static int shown_settle(struct tx *tx, struct title_id title, const struct window_row *rows, size_t n, int64_t now,
                        struct arena *a, struct err *reterr) {
    struct title_places places = {STR(""), STR("")};
    struct rights_window *v = arena_news(a, struct rights_window, MAX(n, 1u));
    int rc = 0;
    for (size_t i = 0; v && i < n; i++)
        v[i] = rows[i].w;
    struct str text = v ? rights_text(v, n, a) : STR_NULL;
    if (!text.p)
        return err_set(reterr, ERR_LIMIT, "the rights of a title are too much text");
    if (n)
        rc = rights_places(&(struct rights_level){v, n}, now, a, &places, reterr);
    return rc ? rc : catalog_title_rights_set(tx, title, text, &places, a, reterr);
}

int rights_settle(struct tx *tx, struct title_id title, struct schedule *s, int64_t now, struct arena *a,
                  struct err *reterr) {
    struct window_row *rows;
    size_t n;
    int rc = windows_load(tx, title, a, &rows, &n, reterr);
    s->next_ms = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = window_settle(tx, &rows[i], now, a, reterr);
        sooner(&s->next_ms, rows[i].w.starts_ms, now);
        sooner(&s->next_ms, rows[i].w.ends_ms, now);
    }
    if (rc == 0)
        rc = publish_settle(tx, title, s, now, reterr);
    if (rc == 0)
        rc = shown_settle(tx, title, rows, n, now, a, reterr);
    if (rc)
        return rc;
    sooner(&s->next_ms, s->publish_ms, now);
    sooner(&s->next_ms, s->unpublish_ms, now);
    rc = tx_exec(tx, &rights_sql[SCHEDULE_SET],
                 ARGS(A_ID(title), A_I64(s->revision), A_I64(s->publish_ms), A_I64(s->unpublish_ms), A_I64(s->next_ms)),
                 reterr);
    return MIN(rc, 0);
}

static int title_tick(struct store *st, struct title_id title, int64_t now, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(4 << 20);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct schedule s;
    int rc = tx_begin(st, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = schedule_load(tx, title, &a, &s, reterr);
    if (rc || !s.next_ms || s.next_ms > now) /* another process was here first */
        return rc;
    rc = rights_settle(tx, title, &s, now, &a, reterr);
    return rc ? rc : tx_commit(&tx, reterr);
}

/* One title that cannot be settled must not hold up the others. */
static int title_later(struct store *st, struct title_id title, int64_t now, struct err *why, struct err *reterr) {
    log_event(LOG_ERROR, "rights.not_settled", LS("title", title.v.s), LS("err", why->msg));
    int rc = store_exec(st, &rights_sql[SCHEDULE_LATER], ARGS(A_ID(title), A_I64(now + RETRY_MS)), reterr);
    return MIN(rc, 0);
}

int rights_tick(const struct engine *e, struct err *reterr) {
    int64_t now = clock_now_ms(e->clock);
    for (;;) {
        scoped(arena_done) struct arena a = ARENA(256 << 10);
        struct rows r;
        int rc = store_query(e->store, &rights_sql[SCHEDULE_DUE], ARGS(A_I64(now)), &a, &r, reterr);
        for (size_t i = 0; rc >= 0 && i < r.n; i++) {
            struct title_id title = {row_id(&r, i, 0)};
            struct err why = {0};
            STORE_RETRY(rc, &why, title_tick(e->store, title, now, &why));
            if (rc < 0)
                rc = title_later(e->store, title, now, &why, reterr);
        }
        if (rc < 0 || r.n < DUE_BATCH)
            return MIN(rc, 0);
    }
}
