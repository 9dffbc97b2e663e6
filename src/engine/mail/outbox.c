/* outbox.c - letters that wait: put in by a transaction, taken out by the worker, tried again. */
#include "base/log.h"
#include "engine/engine.h"
#include "engine/mail/mail_int.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define MAIL_SQL(Q)                                                                                \
    Q(MAIL_INSERT, MAIN,                                                                           \
      "INSERT INTO mail_outbox (id, account_id, recipient, body, created_at, next_at, attempts)"   \
      " VALUES ($1, $2, $3, $4, $5, $5, 0)")                                                       \
    Q(MAIL_DUE, MAIN,                                                                              \
      "SELECT id, recipient, body, created_at, next_at, attempts, account_id FROM mail_outbox"     \
      " WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2")                                        \
    Q(MAIL_CLAIM, MAIN, "UPDATE mail_outbox SET next_at = $3 WHERE id = $1 AND next_at = $2")      \
    Q(MAIL_FAILED, MAIN,                                                                           \
      "UPDATE mail_outbox SET next_at = $2, attempts = attempts + 1, last_error = $3 WHERE id = $1") \
    Q(MAIL_DELETE, MAIN, "DELETE FROM mail_outbox WHERE id = $1")                                  \
    Q(MAIL_DELETE_ACCOUNT, MAIN, "DELETE FROM mail_outbox WHERE account_id = $1")

enum { MAIL_SQL(SQL_ENUM) };
const struct sql mail_sql[] = {MAIL_SQL(SQL_ROW) SQL_END};

enum { SENT, FAILED, GIVEN_UP };
struct metric mail_metrics[] = {
    [SENT] = {"matinee_mail_sent_total", METRIC_COUNTER, "Letters handed over"},
    [FAILED] = {"matinee_mail_failed_total", METRIC_COUNTER, "Attempts to hand one over that failed"},
    [GIVEN_UP] = {"matinee_mail_given_up_total", METRIC_COUNTER, "Letters dropped after three days"},
    {NULL}};

/* While one sends, no other worker may: longer than the longest attempt. */
static const int64_t claim_ms = 5 * 60000, first_pause_ms = 30000, longest_pause_ms = 4 * 3600000,
                     patience_ms = 3 * 24 * 3600000ll;
enum { BODY_MAX = 32 << 10, MESSAGE_MAX = 256 << 10 };

static bool one_line(struct str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
            return false;
    return s.n > 0 && str_is_utf8(s);
}

int mail_enqueue(struct tx *tx, const struct mail *m, struct err *reterr) {
    if (!one_line(m->to) || !one_line(m->subject) || str_index(m->to, ' ') >= 0 ||
        str_index(m->to, '@') <= 0 || str_index(m->to, '<') >= 0 || !m->button.n != !m->link.n ||
        (m->link.n && !one_line(m->link)))
        return err_set(reterr, ERR_INVALID, "a letter without a proper address, subject or button");
    scoped(buf_done) struct buf body = BUF(BODY_MAX);
    const struct {
        const char *name;
        struct str value;
    } members[] = {{"subject", m->subject}, {"lead", m->lead}, {"button", m->button},
                   {"link", m->link}, {"tail", m->tail}, {"lang", m->lang}};
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        buf_addf(&body, "%c\"%s\":", i ? ',' : '{', members[i].name);
        buf_json_str(&body, members[i].value);
    }
    buf_addc(&body, "}");
    if (body.failed)
        return err_set(reterr, ERR_LIMIT, "a letter of over %d bytes", BODY_MAX);
    int64_t now = store_now_ms(tx_store(tx));
    struct id id = id_new(now);
    int rc = tx_exec(tx, &mail_sql[MAIL_INSERT],
                     ARGS(A_STR(id_str(&id)), A_ID(m->account), A_STR(m->to), A_STR(buf_str(&body)),
                          A_I64(now)),
                     reterr);
    return rc < 0 ? rc : 0;
}

int mail_forget(struct tx *tx, struct account_id account, struct err *reterr) {
    int rc = tx_exec(tx, &mail_sql[MAIL_DELETE_ACCOUNT], ARGS(A_ID(account)), reterr);
    return rc < 0 ? rc : 0;
}

static struct str member(const json_t *o, const char *name) {
    const json_t *v = json_object_get(o, name);
    return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR_NULL;
}

/* One row of MAIL_DUE, claimed. */
static int letter_send(const struct engine *e, const struct rows *r, size_t i, struct err *reterr) {
    struct str text = row_str(r, i, 2);
    json_t *o = json_loadb(text.p, text.n, 0, NULL);
    if (!o)
        return err_set(reterr, ERR_CORRUPT, "a letter that can't be read");
    struct mail m = {.to = row_str(r, i, 1), .subject = member(o, "subject"), .lead = member(o, "lead"),
                     .button = member(o, "button"), .link = member(o, "link"), .tail = member(o, "tail"), .lang = member(o, "lang")};
    scoped(buf_done) struct buf message = BUF(MESSAGE_MAX);
    mail_render(&m, str_of(config_str(e->config, "mail-from")), row_str(r, i, 0), row_i64(r, i, 3), &message);
    json_decref(o);
    if (message.failed)
        return err_set(reterr, ERR_LIMIT, "a letter of over %d bytes", MESSAGE_MAX);
    char name[80]; /* whose it is, so that an erased person's files can go */
    int n = snprintf(name, sizeof name, STR_FMT "%s" STR_FMT, STR_ARG(row_str(r, i, 0)), row_null(r, i, 6) ? "" : "-", STR_ARG(row_str(r, i, 6)));
    return mail_transmit(e, row_str(r, i, 1), str_make(name, (size_t)n), buf_str(&message), reterr);
}

static int64_t pause_ms(int64_t attempts) {
    int64_t p = first_pause_ms << MIN(attempts, (int64_t)10);
    return MIN(p, longest_pause_ms);
}

static int letter_failed(const struct engine *e, const struct rows *r, size_t i, const struct err *why,
                         struct err *reterr) {
    int64_t now = clock_now_ms(e->clock), attempts = row_i64(r, i, 5);
    struct str id = row_str(r, i, 0);
    bool over = now - row_i64(r, i, 3) > patience_ms;
    metric_add(&mail_metrics[over ? GIVEN_UP : FAILED], 1);
    log_event(over ? LOG_ERROR : LOG_WARN, over ? "mail.given_up" : "mail.failed", LS("mail", id.p),
              LI("attempts", attempts + 1), LS("error", why->msg));
    if (over)
        return store_exec(e->store, &mail_sql[MAIL_DELETE], ARGS(A_STR(id)), reterr);
    return store_exec(e->store, &mail_sql[MAIL_FAILED],
                      ARGS(A_STR(id), A_I64(now + pause_ms(attempts)), A_CSTR(why->msg)), reterr);
}

int mail_send_due(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(2 << 20);
    struct rows r;
    int sent = 0;
    int64_t now = clock_now_ms(e->clock);
    int rc = store_query(e->store, &mail_sql[MAIL_DUE], ARGS(A_I64(now), A_I64(MAIL_BATCH)), &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        struct err why = {0};
        rc = store_exec(e->store, &mail_sql[MAIL_CLAIM],
                        ARGS(A_STR(row_str(&r, i, 0)), A_I64(row_i64(&r, i, 4)),
                             A_I64(clock_now_ms(e->clock) + claim_ms)),
                        reterr);
        if (rc <= 0) /* 0: another worker has it */
            continue;
        if (letter_send(e, &r, i, &why) < 0) {
            rc = letter_failed(e, &r, i, &why, reterr);
            continue;
        }
        metric_add(&mail_metrics[SENT], 1);
        sent++;
        rc = store_exec(e->store, &mail_sql[MAIL_DELETE], ARGS(A_STR(row_str(&r, i, 0))), reterr);
    }
    return rc < 0 ? rc : sent;
}
