/* audit.c - the entry of a thread, and the row it becomes. */
#include "engine/audit/audit_int.h"
#include "base/log.h"
#include <openssl/rand.h>
#include <stdio.h>

const struct sql audit_sql[] = {AUDIT_SQL(SQL_ROW) SQL_END};

static __thread struct audit_entry *here;

static struct str text_of(struct str s) { return s.p ? s : STR(""); }

/* A detail that is too large says how large it was: it is evidence of the act, not a copy of what was sent. */
static char *detail_text(const struct audit_entry *a) {
    char *text = a->detail ? json_dumps(a->detail, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    if (text && strlen(text) <= AUDIT_DETAIL_MAX)
        return text;
    int64_t n = text ? (int64_t)strlen(text) : 0;
    free(text);
    char cut[60];
    snprintf(cut, sizeof cut, n ? "{\"bytes\":%lld}" : "{}", (long long)n);
    return strdup(cut);
}

static int entry_write(struct tx *tx, void *arg, struct err *reterr) {
    struct audit_entry *a = arg;
    int64_t now = store_now_ms(tx_store(tx));
    struct id id = id_new(now);
    uint8_t random[16];
    char salt[33], person[AUDIT_HEX], digest[AUDIT_HEX];
    scoped(mem_free) char *detail = detail_text(a);
    if (!detail || RAND_bytes(random, sizeof random) != 1)
        return err_set(reterr, ERR_NO_MEMORY, "no memory for an audit row");
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(salt + 2 * i, 3, "%02x", random[i]);
    struct str account = text_of(id_str(&a->account.v)), session = text_of(id_str(&a->session.v));
    struct str rest[] = {text_of(a->role), text_of(a->action), text_of(a->target), str_of(detail), text_of(a->request_id)};
    audit_person(str_of(salt), account, session, text_of(a->address), person);
    audit_digest(id_str(&id), now, str_of(person), rest, digest);
    int rc = tx_exec(tx, &audit_sql[AUDIT_INSERT],
                     ARGS(A_STR(id_str(&id)), A_I64(now), A_ID(a->account), A_ID(a->session), A_STR(text_of(a->address)),
                          A_CSTR(salt), A_CSTR(person), A_STR(rest[0]), A_STR(rest[1]), A_STR(rest[2]), A_STR(rest[3]),
                          A_STR(rest[4]), A_CSTR(digest)),
                     reterr);
    return rc < 0 ? rc : 0;
}

void audit_open(struct audit_entry *a, struct store *st) {
    assert(!here);
    a->store = st;
    a->companion = (struct store_companion){.write = entry_write, .arg = a};
    here = a;
    store_companion_set(&a->companion);
}

static int write_alone(struct audit_entry *a, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int rc = tx_begin(a->store, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = entry_write(tx, a, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

int audit_close(struct audit_entry *a, bool success, struct err *reterr) {
    int rc = 0;
    store_companion_set(NULL);
    here = NULL;
    if (success && !a->companion.done)
        STORE_RETRY(rc, reterr, write_alone(a, reterr));
    if (rc >= 0 && (success || a->companion.done))
        audit_seal_soon(a->store);
    json_decref(a->detail);
    a->detail = NULL;
    return rc;
}

bool audit_is_open(void) { return here != NULL; }

void audit_note(const char *name, json_t *value) {
    if (here && !here->detail)
        here->detail = json_object();
    if (here && here->detail)
        json_object_set_new(here->detail, name, value);
    else
        json_decref(value);
}

void audit_who(struct account_id account) {
    if (here && !id_is_set(here->account.v))
        here->account = account;
}

int audit_forget(struct tx *tx, struct account_id account, struct err *reterr) {
    int rc = tx_exec(tx, &audit_sql[AUDIT_FORGET], ARGS(A_ID(account)), reterr);
    return rc < 0 ? rc : 0;
}

int audit_list(struct store *st, const struct audit_filter *f, struct arena *a, struct rows *ret, struct err *reterr) {
    return store_query(st, &audit_sql[AUDIT_LIST],
                       ARGS(A_STR(text_of(f->account)), A_STR(text_of(f->action)), A_STR(text_of(f->before_id)),
                            A_I64(f->from_ms), A_I64(f->until_ms ? f->until_ms : INT64_MAX), A_I64(f->limit)),
                       a, ret, reterr);
}

int audit_export(struct store *st, struct account_id account, struct arena *a, struct rows *ret, struct err *reterr) {
    return store_query(st, &audit_sql[AUDIT_BY_ACCOUNT], ARGS(A_ID(account)), a, ret, reterr);
}
