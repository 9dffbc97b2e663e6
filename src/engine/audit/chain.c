/*
 * chain.c - links each row to the one before, and walks the links. A link is HMAC-SHA-256 over the link before, the row's
 * number and its digest, with a key that the database does not hold.
 */
#include "engine/audit/audit_int.h"
#include <inttypes.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>
#include <stdio.h>

static uint8_t chain_key[32];
static bool chain_keyed;

void audit_key_set(const uint8_t key[32]) {
    memcpy(chain_key, key, sizeof chain_key);
    chain_keyed = true;
}

static void hex(const uint8_t *bytes, char dst[AUDIT_HEX]) {
    for (size_t i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(dst + 2 * i, 3, "%02x", bytes[i]);
}

/* "5:hello": fields that stand side by side can't be shifted into one another. */
static void field_add(struct buf *b, struct str s) {
    buf_addf(b, "%zu:", s.n);
    buf_add(b, s);
}

static void buf_hash(const struct buf *b, char dst[AUDIT_HEX]) {
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256(b->p, b->n, hash);
    hex(hash, dst);
}

void audit_person(struct str salt, struct str account, struct str session, struct str address, char dst[AUDIT_HEX]) {
    scoped(buf_done) struct buf b = BUF(16 << 10);
    field_add(&b, salt);
    field_add(&b, account);
    field_add(&b, session);
    field_add(&b, address);
    buf_hash(&b, dst);
}

void audit_digest(struct str id, int64_t at, struct str person, const struct str rest[5], char dst[AUDIT_HEX]) {
    scoped(buf_done) struct buf b = BUF(64 << 10);
    field_add(&b, id);
    buf_addf(&b, "%" PRId64 ";", at);
    field_add(&b, person);
    for (size_t i = 0; i < 5; i++)
        field_add(&b, rest[i]);
    buf_hash(&b, dst);
}

static void link_make(struct str before, int64_t seq, struct str digest, char dst[AUDIT_HEX]) {
    scoped(buf_done) struct buf b = BUF(1 << 10);
    uint8_t mac[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    field_add(&b, before);
    buf_addf(&b, "%" PRId64 ";", seq);
    field_add(&b, digest);
    HMAC(EVP_sha256(), chain_key, sizeof chain_key, b.p, b.n, mac, &n);
    hex(mac, dst);
}

static int seal_in(struct tx *tx, struct arena *a, struct err *reterr) {
    struct rows head, open;
    char before[AUDIT_HEX] = "", link[AUDIT_HEX];
    int64_t seq = 0;
    int rc = tx_query(tx, &audit_sql[AUDIT_HEAD], NO_ARGS, a, &head, reterr);
    if (rc > 0) {
        seq = row_i64(&head, 0, 0);
        snprintf(before, sizeof before, STR_FMT, STR_ARG(row_str(&head, 0, 1)));
    }
    if (rc >= 0)
        rc = tx_query(tx, &audit_sql[AUDIT_OPEN], NO_ARGS, a, &open, reterr);
    for (size_t i = 0; rc >= 0 && i < open.n; i++) {
        link_make(str_of(before), ++seq, row_str(&open, i, 1), link);
        rc = tx_exec(tx, &audit_sql[AUDIT_LINK], ARGS(A_STR(row_str(&open, i, 0)), A_I64(seq), A_CSTR(link)), reterr);
        memcpy(before, link, sizeof before);
    }
    return rc < 0 ? rc : 0;
}

int audit_seal(struct store *st, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    scoped(tx_rollback) struct tx *tx = NULL;
    struct rows open;
    if (!chain_keyed)
        return err_set(reterr, ERR_INTERNAL, "the audit chain has no key");
    /* Most seconds have nothing to seal: no write transaction for them. */
    int rc = store_query(st, &audit_sql[AUDIT_OPEN], NO_ARGS, &a, &open, reterr);
    if (rc <= 0)
        return rc;
    rc = tx_begin(st, STORE_MAIN, TX_WRITE, &tx, reterr);
    if (rc == 0)
        rc = seal_in(tx, &a, reterr);
    return rc < 0 ? rc : tx_commit(&tx, reterr);
}

void audit_seal_soon(struct store *st) {
    struct err e = {0};
    if (chain_keyed)
        audit_seal(st, &e);
}

/* What is wrong with a row, or NULL. */
static const char *row_fault(const struct rows *r, size_t i, const char *before, int64_t seq) {
    char person[AUDIT_HEX], digest[AUDIT_HEX], link[AUDIT_HEX];
    struct str rest[5];
    for (size_t c = 0; c < 5; c++)
        rest[c] = row_str(r, i, 7 + c);
    if (row_i64(r, i, 13) != seq)
        return "a row is missing";
    if (!row_null(r, i, 5)) {
        struct str account = row_str(r, i, 2), session = row_str(r, i, 3), address = row_str(r, i, 4);
        audit_person(row_str(r, i, 5), account.p ? account : STR(""), session.p ? session : STR(""),
                     address.p ? address : STR(""), person);
        if (!str_eq(row_str(r, i, 6), str_of(person)))
            return "who did it was changed";
    }
    audit_digest(row_str(r, i, 0), row_i64(r, i, 1), row_str(r, i, 6), rest, digest);
    if (!str_eq(row_str(r, i, 12), str_of(digest)))
        return "what was done was changed";
    link_make(str_of(before), seq, row_str(r, i, 12), link);
    return str_eq(row_str(r, i, 14), str_of(link)) ? NULL : "the link to the row before does not hold";
}

int audit_verify(struct store *st, struct audit_verdict *ret, struct err *reterr) {
    *ret = (struct audit_verdict){0};
    if (!chain_keyed)
        return err_set(reterr, ERR_INTERNAL, "the audit chain has no key");
    for (;;) {
        scoped(arena_done) struct arena a = ARENA(16 << 20);
        struct rows r;
        int rc = store_query(st, &audit_sql[AUDIT_WALK], ARGS(A_I64(ret->rows)), &a, &r, reterr);
        if (rc < 0)
            return rc;
        for (size_t i = 0; i < r.n && !ret->broken; i++) {
            ret->why = row_fault(&r, i, ret->head, ret->rows + 1);
            if (ret->why)
                ret->broken = ret->rows + 1;
            ret->rows++;
            ret->erased += row_null(&r, i, 5);
            snprintf(ret->head, sizeof ret->head, STR_FMT, STR_ARG(row_str(&r, i, 14)));
        }
        if (r.n < 500 || ret->broken) {
            rc = store_row(st, &audit_sql[AUDIT_UNSEALED], ARGS(A_I64(store_now_ms(st) - 60000)), &a, &r, reterr);
            if (rc > 0)
                ret->unsealed = row_i64(&r, 0, 0);
            return MIN(rc, 0);
        }
    }
}
