/*
 * note.c - who came in and who was refused: a line of the log each, and for staff's accounts a row of the record. A refusal is
 * written down first for everybody alike (sign_in_note) and looked at by the worker, so that a stranger can't tell staff's
 * address by what the answer costs. A worker that dies between the two writes a row twice, never none.
 */
#include "service/identity/identity_int.h"
#include "engine/audit/audit.h"
#include "base/log.h"
#include <stdio.h>

enum { NOTES_AT_ONCE = 200 };

static bool is_staff(unsigned roles) { return roles & ~(unsigned)ROLE_VIEWER; }

static struct str role_name(unsigned roles) {
    return roles & ROLE_OPERATOR ? STR("operator") : is_staff(roles) ? STR("editor") : STR("viewer");
}

int sign_in_granted(struct request *rq, const struct session *s, struct err *reterr) {
    const struct engine *e = request_engine(rq);
    char network[NETWORK_CAP];
    struct account account;
    int rc = account_get(e, s->account, request_arena(rq), &account, reterr);
    if (rc)
        return rc;
    struct str address = request_address(rq), action = request_action(rq);
    log_event(LOG_INFO, "security.signed_in", LSTR("account", id_str(&s->account.v)), LSTR("session", id_str(&s->id.v)),
              LSTR("role", s->paired ? STR("viewer") : role_name(account.roles)), LSTR("by", action), LSTR("network", network_of(address, network)));
    if (s->paired || !is_staff(account.roles) || audit_is_open())
        return 0;
    /* The session is written, but its token is nobody's until the answer goes: a kill here lets no one in unseen. */
    struct audit_entry a = {.account = s->account, .session = s->id, .address = address, .role = role_name(account.roles),
                            .action = action, .target = STR("signed in"), .request_id = request_id(rq)};
    audit_open(&a, e->store);
    return audit_close(&a, true, reterr);
}

int sign_in_refused(const struct engine *e, struct account_id account, struct str address, const char *action, const char *reason,
                    struct err *reterr) {
    char network[NETWORK_CAP];
    int64_t now = clock_now_ms(e->clock);
    struct id id = id_new(now);
    log_event(LOG_INFO, "security.sign_in_refused", LSTR("account", id_is_set(account.v) ? id_str(&account.v) : STR("-")),
              LS("by", action), LS("code", reason), LSTR("network", network_of(address, network)));
    int rc = store_exec(e->store, &identity_sql[NOTE_INSERT],
                        ARGS(A_STR(id_str(&id)), A_ID(account), A_STR(address.p ? address : STR("")), A_CSTR(action), A_CSTR(reason), A_I64(now)), reterr);
    return MIN(rc, 0);
}

/* Columns: id, account_id, address, action, reason, created_at. */
static int note_record(const struct engine *e, const struct rows *r, size_t i, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(16 << 10);
    struct account account;
    char at[RFC3339_LEN + 1];
    int rc = account_get(e, (struct account_id){row_id(r, i, 1)}, &a, &account, reterr);
    if (rc == ERR_NOT_FOUND) { /* erased meanwhile */
        err_clear(reterr);
        return 0;
    }
    if (rc || !is_staff(account.roles))
        return rc;
    rfc3339_write(row_i64(r, i, 5), at);
    struct audit_entry entry = {.account = account.id, .address = row_str(r, i, 2), .role = role_name(account.roles),
                                .action = row_str(r, i, 3), .target = STR("refused"), .request_id = STR("")};
    audit_open(&entry, e->store);
    audit_note("code", json_stringn(row_str(r, i, 4).p, row_str(r, i, 4).n));
    audit_note("at", json_string(at));
    return audit_close(&entry, true, reterr);
}

int sign_in_notes_record(const struct engine *e, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(256 << 10);
    struct rows r;
    int rc = store_query(e->store, &identity_sql[NOTE_LIST], ARGS(A_I64(NOTES_AT_ONCE)), &a, &r, reterr);
    for (size_t i = 0; rc >= 0 && i < r.n; i++) {
        rc = row_null(&r, i, 1) ? 0 : note_record(e, &r, i, reterr);
        if (rc >= 0)
            rc = store_exec(e->store, &identity_sql[NOTE_DELETE], ARGS(A_STR(row_str(&r, i, 0))), reterr);
    }
    return MIN(rc, 0);
}
