/*
 * postgres_value.c - values between our five types and PostgreSQL's, and what its SQLSTATEs mean.
 *
 * Numbers go as text, whose meaning the server takes from the column; text and bytes go as they
 * are, with a length, so that a NUL is refused by the server and never cuts a value short. Results
 * come in binary. What SQLite would give as an integer is one here too: a boolean, sum() of bigint
 * (which PostgreSQL makes a numeric).
 */
#include "engine/store/postgres_int.h"
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>

/* pg_type.h; fixed for ever by the server's own catalogue. */
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_UNKNOWN = 705,
    OID_VARCHAR = 1043,
    OID_NUMERIC = 1700,
    OID_VOID = 2278,
};

static const struct {
    const char *state; /* as many letters of the SQLSTATE as count */
    enum pg_fate fate;
    int code;
    const char *hint, *reason; /* NULL: the code's own */
} meanings[] = {
    {"40001", PG_AGAIN, ERR_BUSY, "Somebody else changed the same thing; try again."},
    {"40P01", PG_AGAIN, ERR_BUSY, "Somebody else changed the same thing; try again."},
    {"57P", PG_LOST, ERR_BUSY, "The database is being restarted; try again in a moment."},
    {"08", PG_LOST, ERR_BUSY, "The database does not answer; try again in a moment."},
    {"25006", PG_ELSEWHERE, ERR_BUSY, "The database only reads at the moment; try again in a moment.", "store.read_only"},
    /* A standby has no serializable transactions; a plan of before a migration is dropped with its connection. */
    {"0A000", PG_ELSEWHERE, ERR_BUSY, "The database only reads at the moment; try again in a moment.", "store.read_only"},
    {"25P03", PG_LOST, ERR_BUSY, "The transaction took too long; try again."},
    {"53300", PG_LOST, ERR_BUSY, "The database has no connection left; try again in a moment."},
    {"57014", PG_FINAL, ERR_BUSY, "The database took too long; try again in a moment."},
    {"55P03", PG_FINAL, ERR_BUSY, "The database is busy; try again in a moment."},
    {"23505", PG_FINAL, ERR_CONFLICT, ""},
    {"23503", PG_FINAL, ERR_CONFLICT, ""},
    {"22021", PG_FINAL, ERR_INVALID,
     "The text holds what cannot be stored: a zero byte, or no valid UTF-8."},
    {"53100", PG_FINAL, ERR_NO_SPACE,
     "The disk that holds the database is full; free some space and try again.", "store.no_space"},
    {"53200", PG_FINAL, ERR_NO_MEMORY, "The database server has not enough memory."},
    {"54", PG_FINAL, ERR_TOO_LARGE, "The value is too large to be stored."},
    {"28", PG_REFUSED, ERR_PERMISSION,
     "The database refused us; check the user and the password of store-url."},
    {"3D000", PG_REFUSED, ERR_NOT_FOUND, "There is no such database; make it with: createdb NAME"},
    {"42501", PG_REFUSED, ERR_PERMISSION,
     "The database's user may not do this; make it the owner of the database."},
    {"XX001", PG_FINAL, ERR_CORRUPT, "The database is damaged; restore a backup."},
    {"XX002", PG_FINAL, ERR_CORRUPT, "The database is damaged; restore a backup."},
    {"58030", PG_FINAL, ERR_IO, "The database server's disk reported an error."},
};

/* The message's first line only: details quote values, which are people's. */
int pg_error(struct link *l, const PGresult *r, enum pg_fate *ret_fate, struct err *reterr) {
    const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;
    const char *text = r ? PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    for (size_t i = 0; state && i < ARRAY_LEN(meanings); i++)
        if (strncmp(state, meanings[i].state, strlen(meanings[i].state)) == 0) {
            *ret_fate = meanings[i].fate;
            l->broken |= meanings[i].fate == PG_LOST || meanings[i].fate == PG_ELSEWHERE;
            return err_refuse(reterr, meanings[i].code, meanings[i].reason ? meanings[i].reason : "", meanings[i].hint, "%s (%s)",
                              text ? text : "", state);
        }
    if (state && !l->broken) {
        *ret_fate = PG_FINAL;
        return err_set(reterr, ERR_INTERNAL, "%s (%s)", text ? text : "", state);
    }
    *ret_fate = PG_LOST;
    return err_refuse(reterr, ERR_BUSY, "store.unreachable",
                      "The database does not answer; try again in a moment.",
                      "%s", l->why ? l->why : "the connection to the database was lost");
}

static uint16_t be16(const char *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return be16toh(v);
}
static uint32_t be32(const char *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return be32toh(v);
}
static uint64_t be64(const char *p) {
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return be64toh(v);
}

/* numeric_send(): digits of base 10000 after four 16-bit words. Whole numbers that fit are
 * integers. */
static void numeric_read(const char *p, size_t n, struct sql_val *ret) {
    enum { NEGATIVE = 0x4000, SPECIAL = 0xC000, HEAD = 8 };
    uint16_t sign = n >= HEAD ? be16(p + 4) : SPECIAL;
    *ret = (struct sql_val){.type = SQL_F64, .f = NAN};
    if ((sign & SPECIAL) == SPECIAL)
        return;
    int digits = be16(p), weight = (int16_t)be16(p + 2), scale = be16(p + 6);
    int64_t whole = 0;
    bool fits = scale == 0 && weight < 5;
    double f = 0;
    for (int i = 0; i <= MAX(weight, digits - 1); i++) {
        int d = i < digits && (size_t)(HEAD + 2 * i + 2) <= n ? be16(p + HEAD + 2 * i) : 0;
        f += d * pow(10000, weight - i);
        if (i <= weight && fits)
            fits = !__builtin_mul_overflow(whole, (int64_t)10000, &whole) &&
                   !__builtin_sub_overflow(whole, (int64_t)d, &whole); /* negative: one more fits */
    }
    if (fits && sign != NEGATIVE)
        fits = !__builtin_sub_overflow((int64_t)0, whole, &whole);
    if (fits)
        *ret = (struct sql_val){.type = SQL_I64, .i = whole};
    else
        ret->f = sign == NEGATIVE ? -f : f;
}

static double float_of(uint64_t bits) {
    double f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

static float float4_of(uint32_t bits) {
    float f;
    memcpy(&f, &bits, sizeof f);
    return f;
}

/* False: the arena is at its ceiling, or (with *ret_odd) a type that is none of ours. */
static bool val_read(const PGresult *r, int row, int col, struct arena *a, struct sql_val *ret,
                     bool *ret_odd) {
    *ret = (struct sql_val){.type = SQL_NULL};
    if (PQgetisnull(r, row, col))
        return true;
    const char *p = PQgetvalue(r, row, col);
    size_t n = (size_t)PQgetlength(r, row, col);
    switch (PQftype(r, col)) {
    case OID_INT8:
        *ret = A_I64((int64_t)be64(p));
        return true;
    case OID_INT4:
        *ret = A_I64((int32_t)be32(p));
        return true;
    case OID_INT2:
        *ret = A_I64((int16_t)be16(p));
        return true;
    case OID_BOOL:
        *ret = A_I64(p[0] != 0);
        return true;
    case OID_FLOAT8:
        *ret = A_F64(float_of(be64(p)));
        return true;
    case OID_FLOAT4:
        *ret = A_F64((double)float4_of(be32(p)));
        return true;
    case OID_NUMERIC:
        numeric_read(p, n, ret);
        return true;
    case OID_VOID:
        return true;
    case OID_BYTEA:
        ret->type = SQL_BLOB;
        break;
    case OID_TEXT:
    case OID_VARCHAR:
    case OID_NAME:
    case OID_UNKNOWN:
        ret->type = SQL_TEXT;
        break;
    default:
        *ret_odd = true;
        return false;
    }
    char *copy = arena_alloc(a, n + 1); /* zeroed: ends in NUL */
    if (!copy)
        return false;
    if (n)
        memcpy(copy, p, n);
    ret->s = str_make(copy, n);
    return true;
}

int pg_rows(const PGresult *r, struct arena *a, struct rows *ret_rows, struct err *reterr) {
    size_t n = (size_t)PQntuples(r), cols = (size_t)PQnfields(r);
    *ret_rows = (struct rows){0};
    if (n == 0 || cols == 0)
        return 0;
    bool odd = false;
    struct sql_val *v = arena_array(a, n * cols, sizeof *v);
    for (size_t i = 0; v && i < n; i++)
        for (size_t k = 0; k < cols; k++)
            if (!val_read(r, (int)i, (int)k, a, &v[i * cols + k], &odd)) {
                if (odd)
                    return err_set(reterr, ERR_INTERNAL, "column %zu is of a type (%u) that no "
                                   "statement of ours may give", k + 1, PQftype(r, (int)k));
                v = NULL;
                i = n;
                break;
            }
    if (!v)
        return err_set(reterr, ERR_LIMIT, "the result is larger than the memory set aside for it");
    *ret_rows = (struct rows){.n = n, .cols = cols, .v = v};
    return (int)n;
}

int pg_changed(const PGresult *r) {
    int64_t n = 0;
    str_to_i64(str_of(PQcmdTuples((PGresult *)(uintptr_t)r)), &n);
    return (int)n;
}

static void number_write(const struct sql_val *v, char *dst, size_t n) {
    if (v->type == SQL_I64)
        snprintf(dst, n, "%" PRId64, v->i);
    else if (isnan(v->f))
        snprintf(dst, n, "NaN");
    else if (isinf(v->f))
        snprintf(dst, n, v->f < 0 ? "-Infinity" : "Infinity");
    else
        snprintf(dst, n, "%.17g", v->f);
}

bool pg_params_make(struct pg_params *p, struct sql_args args) {
    *p = (struct pg_params){0};
    if (args.n == 0)
        return true;
    p->value = calloc(args.n, sizeof *p->value);
    p->length = calloc(args.n, sizeof *p->length);
    p->format = calloc(args.n, sizeof *p->format);
    p->text = calloc(args.n, sizeof *p->text);
    if (!p->value || !p->length || !p->format || !p->text)
        return false;
    for (size_t i = 0; i < args.n; i++) {
        const struct sql_val *v = &args.v[i];
        if (v->type == SQL_I64 || v->type == SQL_F64) {
            number_write(v, p->text[i], sizeof p->text[i]);
            p->value[i] = p->text[i];
        } else if (v->type != SQL_NULL) {
            p->value[i] = v->s.p ? v->s.p : "";
            p->length[i] = (int)MIN(v->s.n, (size_t)INT32_MAX);
            p->format[i] = 1;
        }
    }
    return true;
}

void pg_params_done(struct pg_params *p) {
    free(p->value);
    free(p->length);
    free(p->format);
    free(p->text);
}
