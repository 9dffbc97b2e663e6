/*
 * blob.h - immutable media objects under names like "asset/01J.../v1.cmaf". A directory now, S3 by
 * the same calls later.
 *
 * An object appears whole or not at all: it is written to a temporary name, fsynced, renamed, and
 * its folder fsynced. Names are relative, of [A-Za-z0-9._-] parts joined by '/', no part starting
 * with a dot, the first not "tmp" (temporaries are there) and not "part" (what is still on its way), at most 512 bytes; anything else is
 * ERR_INVALID. A prefix is whole parts ("asset/01J..."), with or without a '/' at its end. Any
 * thread, any process; a writer belongs to one thread at a time.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/id.h"
#include "base/str.h"
#include "engine/blob/hash_state.h"

struct blob;
struct blob_writer;

int blob_open(const char *url /* a folder */, struct blob **ret_b, struct err *reterr);
void blob_close(struct blob *b);

struct blob_info {
    int64_t size_bytes, mtime_ms;
    char sha256[65]; /* hex; "" where it was not asked for or not known */
};

/* Writing. An object of the same name is replaced in one step. ERR_NO_SPACE: the temporary is
 * removed at once and the writer takes nothing more; it still has to be aborted. With name NULL the
 * object is named "<prefix>/<sha256 of the content>" at commit, and an object of that name that
 * exists already is kept. */
int blob_create(struct blob *b, const char *name, struct blob_writer **ret_w, struct err *reterr);
int blob_create_hashed(struct blob *b, const char *prefix, struct blob_writer **ret_w,
                       struct err *reterr);
int blob_write(struct blob_writer *w, const void *p, size_t n, struct err *reterr);
/* The temporary's descriptor, for a child to write to; then commit hashes what is there. */
int blob_writer_fd(struct blob_writer *w);
/* Frees w. ret_name may be NULL; the name lives in the arena. */
int blob_commit(struct blob_writer **w, struct arena *a, struct str *ret_name,
                struct blob_info *ret_info, struct err *reterr);
void blob_abort(struct blob_writer **w); /* NULL-safe, removes the temporary; serves scoped() */
int blob_put(struct blob *b, const char *name, struct str content, struct err *reterr);
/* Copies a file in (a reflink where the file system has them); progress may be NULL. ERR_INVALID:
 * not a regular file, empty, or changed while it was read. */
int blob_import(struct blob *b, const char *prefix, const char *path,
                void (*progress)(void *arg, int64_t done, int64_t total), void *arg,
                struct arena *a, struct str *ret_name, struct blob_info *ret_info,
                struct err *reterr);

/* A part: what comes in pieces, over days and through kills, under a key of the caller's (an id). It lies in
 * "part/" until it is whole. The caller keeps the mark; whatever lies behind it is cut off at the next opening. */
struct blob_mark {
    int64_t size_bytes;      /* durable */
    struct hash_state state; /* of them */
};
struct blob_part;
void blob_mark_init(struct blob_mark *m);
/* Opens for writing behind the mark, and makes what is missing where the mark is at 0. One at a time:
 * ERR_BUSY "blob.part_busy" while another, of any process, has it open. ERR_CORRUPT: less is there than the
 * mark says. */
int blob_part_open(struct blob *b, struct id key, const struct blob_mark *at, struct blob_part **ret_p,
                   struct err *reterr);
int blob_part_write(struct blob_part *p, const void *bytes, size_t n, struct err *reterr);
int64_t blob_part_size(const struct blob_part *p); /* durable or not */
/* What was written is durable: *ret says so. */
int blob_part_sync(struct blob_part *p, struct blob_mark *ret, struct err *reterr);
/* Forgets what was written behind a mark of this part's. */
int blob_part_cut(struct blob_part *p, const struct blob_mark *to, struct err *reterr);
/* Makes it the object name, durably; one of that name and size is kept instead. Frees p also on an error. */
int blob_part_commit(struct blob_part **p, const char *name, struct err *reterr);
void blob_part_close(struct blob_part **p); /* NULL-safe; what is there stays */
int blob_part_remove(struct blob *b, struct id key, struct err *reterr); /* absent is fine */
bool blob_part_exists(struct blob *b, struct id key);
/* Calls fn with the key of every part; negative stops. */
int blob_part_list(struct blob *b, int (*fn)(void *arg, struct id key), void *arg, struct err *reterr);

/* Reading. */
int blob_stat(struct blob *b, const char *name, struct blob_info *ret_info, struct err *reterr);
int blob_open_fd(struct blob *b, const char *name, struct err *reterr); /* caller closes */
/* Exactly length bytes from offset; ERR_RANGE when the object is shorter. */
int blob_read(struct blob *b, const char *name, int64_t offset, size_t length, void *dst,
              struct err *reterr);
int blob_get(struct blob *b, const char *name, size_t max, struct arena *a, struct str *ret,
             struct err *reterr);
int blob_verify(struct blob *b, const char *name, const char *sha256, struct err *reterr);
int blob_delete(struct blob *b, const char *name, struct err *reterr);          /* absent is fine */
int blob_delete_prefix(struct blob *b, const char *prefix, struct err *reterr); /* count removed */
/* Calls fn for every object below prefix, in no order; fn returns negative to stop. */
int blob_list(struct blob *b, const char *prefix,
              int (*fn)(void *arg, const char *name, const struct blob_info *info), void *arg,
              struct err *reterr);
/* What a kill leaves: temporaries older than age_ms whose writer is gone, and folders that a deletion
 * emptied and did not come to remove. Returns how many temporaries were removed. */
int blob_tidy(struct blob *b, int64_t age_ms, struct err *reterr);
const char *blob_path(struct blob *b); /* the folder, for the front to serve from */
