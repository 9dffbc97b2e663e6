/*
 * ingest.h - a film's way in: imports and their journey as jobs (store, the steps of pipeline.h,
 * publish). Tables import, import_input (STORE_JOBS) and import_title (STORE_MAIN, so that a title
 * and the import it belongs to are made in one transaction).
 *
 * The title is unpublished until the last job has recorded the asset, the artwork and the
 * publication in one transaction: nobody ever sees a half-made one. An import that fails for good
 * takes its title with it. Any thread.
 */
#pragma once
#include "service/ingest/pipeline.h"
#include "service/service.h"

#define IMPORT_STATES(X)                                                                           \
    X(QUEUED, "queued")                                                                            \
    X(RUNNING, "running") X(DONE, "done") X(FAILED, "failed") X(CANCELLED, "cancelled")
enum import_state {
#define X(name, text) IMPORT_##name,
    IMPORT_STATES(X)
#undef X
};

struct import_input {
    enum input_kind kind;
    struct str lang; /* canonical BCP 47; empty: what the file says */
    struct str name; /* the file's name without folders */
    struct str path; /* absolute, on this machine; empty once it is a blob */
    struct str blob; /* "source/<sha256>"; empty until stored */
    int64_t size_bytes;
};

struct import_new {
    struct str title;  /* empty: made from the file's name */
    struct str lang;   /* of title and of sound that says no language; empty: "en" for the title */
    struct str policy; /* JSON (ladder.h); empty: "{}" */
    enum scheme scheme;
    bool publish;
    struct title_id into;    /* the title whose film it becomes; unset: a new title is made. One that has a film
                              * keeps it until this one is whole, then moves over in one transaction */
    struct upload_id upload; /* whose bytes it takes; ERR_CONFLICT "upload.imported": they are taken */
    bool unique;             /* ERR_CONFLICT "import.duplicate" where a title is of the same bytes as inputs[0].blob */
    bool alone;              /* ERR_CONFLICT "import.under_way" where another into the same title is */
    const struct import_input *inputs; /* [0] is the film */
    size_t n_inputs;
};
/* Checks inputs that are paths (there, readable, not empty) and languages, then queues the journey.
 * ERR_INVALID, ERR_NOT_FOUND, ERR_PERMISSION: reason and hint name the file and the remedy. */
int import_create(const struct engine *e, const struct import_new *n, struct arena *a,
                  struct import_id *ret_id, struct err *reterr);
/* Language and file of one input, as import_create checks them; sets its size and canonical
 * language. */
int import_input_check(struct import_input *in, struct arena *a, struct err *reterr);

struct import_view {
    struct import_id id;
    struct title_id title; /* unset: none yet, or taken away again */
    struct title_id into;  /* the title it was meant for; unset: one of its own */
    struct asset_id asset;
    struct str slug, file_name, title_name, lang, policy;
    enum scheme scheme;
    bool publish;
    bool resumable; /* failed of something that a person can remedy; its finished work is kept */
    enum import_state state;
    struct str stage;     /* "store", a step's name, "publish"; empty before and after */
    struct str stage_doc; /* "encoding" */
    double progress;      /* 0..1 */
    double speed;         /* media seconds a second; 0: not known */
    int64_t eta_ms;       /* -1: not known */
    struct str error_code, error_detail, warnings; /* warnings: JSON array of sentences */
    int64_t created_ms, started_ms, ended_ms;
    struct import_input *inputs;
    size_t n_inputs;
};
int import_get(const struct engine *e, struct import_id id, struct arena *a,
               struct import_view *ret_v, struct err *reterr);
/* Newest first. cursor STR_NULL: from the start. */
int import_list(const struct engine *e, struct str cursor, int limit, struct arena *a,
                struct import_view **ret_v, size_t *ret_n, struct str *ret_next,
                struct err *reterr);
/* Those whose film is that file (absolute path), newest first, 20 at most. */
int import_list_path(const struct engine *e, struct str path, struct arena *a,
                     struct import_view **ret_v, size_t *ret_n, struct err *reterr);
/* ERR_CONFLICT: it has ended. */
int import_cancel(const struct engine *e, struct import_id id, struct err *reterr);
/* Of a failed import: goes on where it stopped. ERR_CONFLICT otherwise. */
int import_retry(const struct engine *e, struct import_id id, struct err *reterr);
json_t *import_json(const struct import_view *v);
/* What it took so far (schema ImportCost); NULL: an error. */
json_t *import_cost_json(const struct engine *e, struct import_id id, struct arena *a, struct err *reterr);

/* Ends imports that nobody works on any more, and removes what ended ones no longer need. Runs by
 * the clock, at the end of a journey, and when a command's own worker has nothing left to do. */
int ingest_sweep(const struct engine *e, struct err *reterr);
/* Orphans: work folders, source blobs, assets and artwork that nothing refers to, temporaries,
 * titles of imports that never began. fn (may be NULL) is told of each; dry: nothing is removed.
 * Sources and temporaries younger than min_age_ms may be of an upload that is under way, and stay.
 * Returns the count. */
int ingest_gc(const struct engine *e, bool dry, int64_t min_age_ms,
              void (*fn)(void *arg, const char *what, const char *name), void *arg,
              struct err *reterr);

/* An asset that was replaced and that nobody watches any more: rows, keys, files. ERR_CONFLICT: a title has it. */
int ingest_asset_remove(const struct engine *e, struct asset_id asset, struct err *reterr);

/* The last of the room is the database's: an import that fills the disk could not even be recorded
 * as failed. */
enum { IMPORT_SPACE_FLOOR = 16 << 20 };
/* ERR_NO_SPACE with what to do about it, unless need + IMPORT_SPACE_FLOOR bytes are free on the disks of
 * the data and of the blobs. */
int import_space_check(const struct engine *e, int64_t need, struct err *reterr);

int folder_remove(const char *path, struct err *reterr); /* with all in it; absent is fine */

/* Canonical form of a BCP 47 tag whose language is known: "eng-us" gives "en-US". false: not a
 * language. */
bool language_parse(struct str tag, struct arena *a, struct str *ret);
/* The language in itself, for menus: "Français". Static. */
const char *language_autonym(struct str tag);

/* "Film.de.forced.srt" says more than a name. lang is empty where it does not. */
struct file_hint {
    struct str lang;
    bool sdh, forced;
};
struct file_hint subtitle_file_hint(struct str name, struct arena *a);

/* Kinds of jobs that need nothing but store and blob. */
extern const struct job_kind ingest_media_jobs[];
extern const struct service ingest_service, upload_service, job_service, quality_service, ladder_service, cost_service, again_service,
    protect_service;
