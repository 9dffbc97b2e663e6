/*
 * upload_write.c - pieces that arrive. What is told to the sender as its offset is what the disk has said is
 * there, recorded after that; a kill costs at most what came since the last mark.
 */
#include "base/log.h"
#include "service/ingest/upload.h"
#include <string.h>
#include <unistd.h>

enum { MARK_BYTES = 32 << 20, MARK_MS = 2000, SPACE_EVERY = 16 << 20, PIECE = 64 << 10, PART_WAIT_MS = 5000 };

/* Another process has the part open: it notices soon that its turn is over, or that its sender is. */
static int part_open(struct upload_writer *w, struct err *reterr) {
    const struct timespec pause = {.tv_nsec = 50 * 1000000};
    for (int64_t waited = 0;; waited += 50) {
        int r = blob_part_open(w->e->blob, w->u->id.v, &w->u->mark, &w->part, reterr);
        if (r != ERR_BUSY)
            return r;
        if (waited >= PART_WAIT_MS)
            return err_refuse(reterr, ERR_LOCKED, "upload.locked",
                              "An earlier request of this upload is still being ended. Try again in a moment.",
                              "another process has the part open");
        nanosleep(&pause, NULL);
        err_clear(reterr);
    }
}

static int refuse(struct upload_writer *w, int code, const char *reason, const char *words, struct err *reterr) {
    struct err e = {0};
    int r = store_exec(w->e->store, &ingest_sql[UPLOAD_REFUSE],
                       ARGS(A_ID(w->u->id), A_CSTR(reason), A_CSTR(words), A_I64(store_now_ms(w->e->store))), &e);
    if (r >= 0)
        r = blob_part_remove(w->e->blob, w->u->id.v, &e);
    if (r < 0)
        log_event(LOG_ERROR, "upload.refuse", LS("upload", w->u->id.v.s), LS("error", e.msg));
    return err_refuse(reterr, code, reason, words, "upload " ID_FMT ": %s", ID_ARG(w->u->id.v), reason);
}

/* ERR_GONE in the words that were written down. */
static int ended(const struct upload *u, struct err *reterr) {
    char hint[400];
    snprintf(hint, sizeof hint, STR_FMT, STR_ARG(u->error_detail));
    if (u->state == UPLOAD_REFUSED)
        return err_refuse(reterr, ERR_GONE, "upload.refused", hint, "upload " ID_FMT " was refused", ID_ARG(u->id.v));
    return err_refuse(reterr, ERR_INVALID, "upload.complete", "All of this file has arrived: nothing can be added.",
                      "upload " ID_FMT " is complete", ID_ARG(u->id.v));
}

int upload_begin(struct upload_writer *w, struct request *rq, struct err *reterr) {
    struct rows rows;
    w->turn = (struct upload_turn){.id = w->u->id, .rq = rq};
    int r = upload_turn_take(&w->turn, reterr);
    if (r < 0)
        return r;
    w->has_turn = true;
    r = upload_get(w->e, w->u->id, w->u->account, w->arena, w->u, reterr);
    if (r < 0 || w->u->state != UPLOAD_OPEN)
        return r < 0 ? r : ended(w->u, reterr);
    r = store_query(w->e->store, &ingest_sql[UPLOAD_TURN],
                    ARGS(A_ID(w->u->id), A_I64(store_now_ms(w->e->store))), w->arena, &rows, reterr);
    if (r == 0)
        return err_set(reterr, ERR_CONFLICT, "upload " ID_FMT " ended just now", ID_ARG(w->u->id.v));
    if (r < 0)
        return r;
    w->u->turn = row_i64(&rows, 0, 0);
    r = part_open(w, reterr);
    if (r == ERR_NOT_FOUND || r == ERR_CORRUPT)
        return refuse(w, ERR_GONE, "upload.lost", "What had arrived is not on the disk any more. Send the file again.",
                      reterr);
    return r;
}

/* Another turn's reading of the row would differ from ours: then ours is over. */
static int displaced(struct upload_writer *w, struct err *reterr) {
    return err_refuse(reterr, ERR_LOCKED, "upload.locked", "This upload goes on in another request.",
                      "upload " ID_FMT ": the turn is another's", ID_ARG(w->u->id.v));
}

static int mark_set(struct upload_writer *w, struct err *reterr) {
    struct blob_mark m;
    char state[HASH_STATE_TEXT];
    int64_t now = store_now_ms(w->e->store);
    int r = blob_part_sync(w->part, &m, reterr);
    if (r < 0 || m.size_bytes == w->u->mark.size_bytes)
        return r;
    hash_state_write(&m.state, state);
    STORE_RETRY(r, reterr,
                store_exec(w->e->store, &ingest_sql[UPLOAD_MARK],
                           ARGS(A_ID(w->u->id), A_I64(w->u->turn), A_I64(m.size_bytes), A_CSTR(state), A_I64(now)),
                           reterr));
    if (r == 0)
        return displaced(w, reterr);
    if (r < 0)
        return r;
    w->u->mark = m;
    w->u->touched_ms = now;
    return 0;
}

static int piece_take(struct upload_writer *w, const char *piece, size_t n, int64_t got, int64_t max,
                      struct err *reterr) {
    if (got > max)
        return err_refuse(reterr, ERR_TOO_LARGE, "upload.too_long", "More was sent than the file is long.",
                          "upload " ID_FMT " gets more than its length", ID_ARG(w->u->id.v));
    int r = got / SPACE_EVERY != (got - (int64_t)n) / SPACE_EVERY ? import_space_check(w->e, 0, reterr) : 0;
    return r < 0 ? r : blob_part_write(w->part, piece, n, reterr);
}

static int body_take(struct upload_writer *w, struct request *rq, int64_t max, EVP_MD_CTX *md, struct err *reterr) {
    char piece[PIECE];
    int64_t got = 0, marked_ns = clock_mono_ns();
    for (;;) {
        ssize_t n = request_read(rq, piece, sizeof piece, reterr);
        if (n <= 0)
            return (int)n;
        got += n;
        int r = piece_take(w, piece, (size_t)n, got, max, reterr);
        if (r < 0)
            return r;
        if (md) { /* nothing is promised before all of it is right */
            EVP_DigestUpdate(md, piece, (size_t)n);
            continue;
        }
        if (blob_part_size(w->part) - w->u->mark.size_bytes < MARK_BYTES &&
            clock_mono_ns() - marked_ns < MARK_MS * INT64_C(1000000))
            continue;
        if ((r = mark_set(w, reterr)) < 0)
            return r;
        marked_ns = clock_mono_ns();
    }
}

static int checksum_verify(struct upload_writer *w, EVP_MD_CTX *md, const struct upload_checksum *sum,
                           struct err *reterr) {
    uint8_t is[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    if (EVP_DigestFinal_ex(md, is, &n) && n == sum->n && memcmp(is, sum->digest, n) == 0)
        return 0;
    return err_refuse(reterr, ERR_CHECKSUM, "upload.checksum", "This piece arrived damaged. Send it again.",
                      "upload " ID_FMT ": a piece has another checksum", ID_ARG(w->u->id.v));
}

int upload_take(struct upload_writer *w, struct request *rq, int64_t max, const struct upload_checksum *sum,
                struct err *reterr) {
    EVP_MD_CTX *md = sum && sum->algorithm ? EVP_MD_CTX_new() : NULL;
    if (sum && sum->algorithm && !(md && EVP_DigestInit_ex(md, sum->algorithm, NULL))) {
        EVP_MD_CTX_free(md);
        return err_set(reterr, ERR_NO_MEMORY, "no memory for a checksum");
    }
    int r = body_take(w, rq, max, md, reterr);
    if (r >= 0 && md)
        r = checksum_verify(w, md, sum, reterr);
    if (r < 0 && md)
        blob_part_cut(w->part, &w->u->mark, NULL);
    EVP_MD_CTX_free(md);
    struct err later = {0};
    int marked = mark_set(w, &later);
    if (r >= 0 && marked < 0 && reterr)
        *reterr = later;
    return r < 0 ? r : marked;
}

int upload_size_set(struct upload_writer *w, int64_t size_bytes, struct err *reterr) {
    if (size_bytes > UPLOAD_SIZE_MAX)
        return err_refuse(reterr, ERR_TOO_LARGE, "upload.too_large", "At most 512 GiB can be sent as one file.",
                          "an upload of %lld bytes", (long long)size_bytes);
    if (size_bytes == w->u->size_bytes)
        return 0;
    if (w->u->size_bytes >= 0 || size_bytes < w->u->mark.size_bytes)
        return err_refuse(reterr, ERR_INVALID, "upload.length",
                          "The file's length is not what it was said to be before. Begin the upload anew.",
                          "upload " ID_FMT ": %lld bytes, then %lld", ID_ARG(w->u->id.v),
                          (long long)w->u->size_bytes, (long long)size_bytes);
    int r = store_exec(w->e->store, &ingest_sql[UPLOAD_SIZE],
                       ARGS(A_ID(w->u->id), A_I64(w->u->turn), A_I64(size_bytes)), reterr);
    if (r > 0)
        w->u->size_bytes = size_bytes;
    return r > 0 ? 0 : r < 0 ? r : displaced(w, reterr);
}

/* From here a kill loses nothing: the row names what the part becomes. */
static int close_record(struct upload_writer *w, struct err *reterr) {
    scoped(tx_rollback) struct tx *tx = NULL;
    int r = tx_begin(w->e->store, STORE_JOBS, TX_WRITE, &tx, reterr);
    if (r >= 0)
        r = source_hold(tx, w->u->blob, reterr);
    if (r >= 0)
        r = tx_exec(tx, &ingest_sql[UPLOAD_CLOSE],
                    ARGS(A_ID(w->u->id), A_I64(w->u->turn), A_STR(w->u->sha256), A_STR(w->u->blob),
                         A_I64(store_now_ms(w->e->store))),
                    reterr);
    if (r == 0)
        return displaced(w, reterr);
    return r < 0 ? r : tx_commit(&tx, reterr);
}

int upload_close(struct upload_writer *w, struct err *reterr) {
    char hex[65];
    hash_state_hex(&w->u->mark.state, hex);
    if (w->u->mark.size_bytes == 0)
        return refuse(w, ERR_BAD_MEDIA, "import.file_empty", "The file has no content: choose another.", reterr);
    if (w->u->expected_sha256.n && !str_eq(w->u->expected_sha256, str_of(hex)))
        return refuse(w, ERR_BAD_MEDIA, "upload.hash_wrong",
                      "What arrived is not the file that was announced: its SHA-256 is another. Send it again.", reterr);
    w->u->sha256 = str_dup(w->arena, str_of(hex));
    w->u->blob = str_printf(w->arena, "source/%s", hex);
    const char *name = str_cstr(w->arena, w->u->blob);
    int r;
    if (!name)
        return err_set(reterr, ERR_LIMIT, "no room for a name");
    STORE_RETRY(r, reterr, close_record(w, reterr));
    if (r < 0)
        return r;
    w->u->state = UPLOAD_CLOSING;
    if ((r = blob_part_commit(&w->part, name, reterr)) < 0)
        return r;
    STORE_RETRY(r, reterr,
                store_exec(w->e->store, &ingest_sql[UPLOAD_MAKE_WHOLE],
                           ARGS(A_ID(w->u->id), A_I64(store_now_ms(w->e->store))), reterr));
    if (r < 0)
        return r;
    w->u->state = UPLOAD_WHOLE;
    w->u->size_bytes = w->u->mark.size_bytes;
    return upload_import_wished(w->e, w->u, w->arena, reterr);
}

void upload_end(struct upload_writer *w) {
    blob_part_close(&w->part);
    if (w->has_turn)
        upload_turn_leave(&w->turn);
    w->has_turn = false;
}
