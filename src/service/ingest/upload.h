/*
 * upload.h - files that come in pieces (table upload, STORE_JOBS), below any protocol. A row says what is durable
 * (offset and running hash, after the disk said so); the bytes lie in a part (blob.h). One writer at a time: a
 * newer one ends the older, whose sender has mostly gone without a word.
 *
 * open -> closing (all is there, and its name is known) -> whole, or refused with words. A kill at any moment
 * leaves a row from which the next request, or the sweep, goes on.
 */
#pragma once
#include "service/ingest/ingest_int.h"
#include "service/ingest/upload_head.h"

enum upload_state { UPLOAD_OPEN, UPLOAD_CLOSING, UPLOAD_WHOLE, UPLOAD_REFUSED };
#define UPLOAD_KEPT_MS (7LL * 24 * 3600 * 1000) /* after the last piece */
#define UPLOAD_SIZE_MAX ((int64_t)512 << 30)
enum { UPLOADS_OPEN_MAX = 200 };

/* What is to become of it. */
struct upload_wish {
    bool import;             /* by itself, as soon as it is whole */
    struct str title, lang;  /* of a new title; empty: as import_create has it */
    struct title_id into;    /* the title that takes it; unset: a new one */
    struct str policy;       /* JSON (ladder.h); empty: none. Of a wish that is told when the bytes are there, never kept */
    bool publish, duplicate; /* duplicate: also when some title is made of the same file */
};
struct upload {
    struct upload_id id;
    struct account_id account;
    enum upload_state state;
    struct str name, metadata; /* metadata: as the sender wrote it */
    struct upload_wish wish;
    int64_t size_bytes; /* -1: not known yet */
    struct blob_mark mark;
    struct str expected_sha256, sha256, blob; /* empty: none */
    int64_t turn;
    struct import_id import;
    struct str error_code, error_detail;
    int64_t created_ms, touched_ms;
};

/* ERR_INVALID, ERR_TOO_LARGE, ERR_NO_SPACE, ERR_LIMIT "upload.too_many", all in words. account, name, metadata,
 * wish, size_bytes, expected_sha256 are read; the rest is set. */
int upload_create(const struct engine *e, struct upload *u, struct arena *a, struct err *reterr);
/* ERR_NOT_FOUND also where it is somebody else's. One that a kill left half closed is closed first. */
int upload_get(const struct engine *e, struct upload_id id, struct account_id account, struct arena *a,
               struct upload *ret, struct err *reterr);
int upload_list(const struct engine *e, struct account_id account, struct str cursor, int limit, struct arena *a,
                struct upload **ret, size_t *ret_n, struct str *ret_next, struct err *reterr);
int upload_delete(const struct engine *e, const struct upload *u, struct arena *a, struct err *reterr);

/* Writing: begin, take, then end in any case. */
struct upload_turn { /* upload_turn.c: who writes, in this process */
    struct upload_turn *next;
    struct upload_id id;
    struct request *rq;
};
struct upload_writer {
    const struct engine *e;
    struct arena *arena;
    struct upload *u;
    struct blob_part *part;
    struct upload_turn turn;
    bool has_turn;
};
/* Waits for an older writer to end, reads the row anew, opens the part. ERR_LOCKED: the older one does not end. */
int upload_begin(struct upload_writer *w, struct request *rq, struct err *reterr);
/* Takes the body, at most max bytes of it (ERR_TOO_LARGE). What had come before an error is kept and durable,
 * but with a checksum all or nothing: ERR_CHECKSUM. */
int upload_take(struct upload_writer *w, struct request *rq, int64_t max, const struct upload_checksum *sum,
                struct err *reterr);
/* The size is known now. ERR_INVALID "upload.length": it was said otherwise before. */
int upload_size_set(struct upload_writer *w, int64_t size_bytes, struct err *reterr);
/* All is there. ERR_BAD_MEDIA "upload.hash_wrong": it is not what was announced, and is gone. */
int upload_close(struct upload_writer *w, struct err *reterr);
void upload_end(struct upload_writer *w);

int upload_turn_take(struct upload_turn *t, struct err *reterr);
void upload_turn_leave(struct upload_turn *t);
/* Ends who writes to it in this process, and waits for that: what HEAD answers then stands. */
int upload_turn_break(struct upload_id id, struct err *reterr);

/* Imports one that is whole, once. ERR_CONFLICT "import.duplicate" (the titles are told with
 * import_duplicates), "upload.imported", "upload.not_whole". */
int upload_import(const struct engine *e, struct upload *u, const struct upload_wish *wish, struct arena *a,
                  struct err *reterr);
/* The same by its own wish; a refusal is written down beside it. */
int upload_import_wished(const struct engine *e, struct upload *u, struct arena *a, struct err *reterr);

json_t *upload_json(const struct engine *e, const struct upload *u, struct arena *a);
/* Titles that are made, or being made, of the same bytes: [{import_id, title_id, title_slug, title_name}]. */
int import_duplicates(const struct engine *e, struct str blob, struct arena *a, json_t **ret, struct err *reterr);
/* A plain name without folders: no part of it ever becomes a path. ERR_INVALID. */
int filename_check(struct str name, struct err *reterr);

/* Closes what a kill left, imports what waits, forgets what is old. Part of ingest_sweep. */
int upload_sweep(const struct engine *e, struct err *reterr);
int upload_export(const struct engine *e, struct account_id account, json_t **ret, struct err *reterr);
int upload_erase(const struct engine *e, struct account_id account, struct err *reterr);

extern const struct route upload_routes[];
/* One whose state is CLOSING becomes WHOLE (or refused: what was there is lost); u is read anew. */
int upload_settle(const struct engine *e, struct upload *u, struct arena *a, struct err *reterr);
