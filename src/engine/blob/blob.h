/*
 * blob.h - immutable media objects under names like "asset/01J.../v1.cmaf". A directory now, S3 by
 * the same calls later.
 *
 * An object appears whole or not at all: it is written to a temporary name, fsynced, renamed, and
 * its folder fsynced. Names are relative, of [A-Za-z0-9._-] parts joined by '/', no part starting
 * with a dot, the first not "tmp" (temporaries are there), at most 512 bytes; anything else is
 * ERR_INVALID. A prefix is whole parts ("asset/01J..."), with or without a '/' at its end. Any
 * thread, any process; a writer belongs to one thread at a time.
 */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

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
