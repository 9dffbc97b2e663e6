/*
 * audit.h - an append-only record of what staff did and of what happened to an account's security. README.md says how it is
 * chained and what erasure leaves. Strings of an entry are borrowed until audit_close. Any thread; an open entry
 * belongs to the thread that opened it.
 */
#pragma once
#include "engine/store/store.h"
#include <jansson.h>

struct audit_entry {
    struct account_id account; /* unset: nobody who is signed in (a command) */
    struct session_id session;
    struct str address, role, action, target, request_id;
    json_t *detail;            /* an object without secrets; owned by the entry */
    struct store *store;
    bool written;
    struct store_companion companion;
};

enum { AUDIT_DETAIL_MAX = 2048, AUDIT_TARGET_MAX = 500 };

/* From now on the next transaction of this thread that writes to STORE_MAIN carries the row. */
void audit_open(struct audit_entry *a, struct store *st);
/* The thread is free of the entry again. success and not yet written (nothing was changed in STORE_MAIN): written now, in a
 * transaction of its own. Then the row is given its place in the chain; where that fails, the worker's clock does it. Frees
 * detail. */
int audit_close(struct audit_entry *a, bool success, struct err *reterr);
/* Adds to the detail of the entry that is open on this thread ("before", "after"); steals value. Without one it does nothing. */
void audit_note(const char *name, json_t *value);

/* Whether this thread is in the middle of an entry. */
bool audit_is_open(void);

/* Whose act it is, where the request alone does not say (a letter's code does). */
void audit_who(struct account_id account);
/* The person, out of every row. In the caller's transaction. */
int audit_forget(struct tx *tx, struct account_id account, struct err *reterr);

/* chain.c. Of 32 bytes; set once a process before audit_seal and audit_verify. */
void audit_key_set(const uint8_t key[32]);
/* Gives rows that have none their place in the chain; the worker's clock calls it. */
int audit_seal(struct store *st, struct err *reterr);
struct audit_verdict {
    int64_t rows, erased; /* erased: of these the person is gone */
    int64_t unsealed;     /* that are older than a minute: the worker does not run, or somebody put them there */
    int64_t broken;       /* the first place where the chain does not hold; 0: it holds */
    const char *why;      /* static */
    char head[65];        /* the last link: note it elsewhere, and a chain that was cut off at its end shows, too */
};
int audit_verify(struct store *st, struct audit_verdict *ret, struct err *reterr);

/* Newest first. Empty filters match everything; before_id: the cursor. */
struct audit_filter {
    struct str account, action, before_id;
    int64_t from_ms, until_ms; /* 0: open */
    int64_t limit;
};
/* Columns: id, at, account_id, session_id, address, role, action, target, detail, request_id, seq. */
int audit_list(struct store *st, const struct audit_filter *f, struct arena *a, struct rows *ret, struct err *reterr);
/* What is held about a person: the same columns. */
int audit_export(struct store *st, struct account_id account, struct arena *a, struct rows *ret, struct err *reterr);

extern const struct sql audit_sql[];
