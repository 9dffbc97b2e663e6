/*
 * pipeline.h - from a film's bytes to a packaged asset, step by step, with no SQL and no HTTP in
 * it: the ingest jobs and `matinee package` drive the same one.
 *
 * Everything that a step learns or makes is a file of the work folder (probe.json, plan.json,
 * v1.es, ...), written whole (temporary, fsync, rename) or with a checkpoint beside it. A step that
 * was done is not done again; one that was killed goes on where its last checkpoint stands. Equal
 * input, policy and keys give equal output, however often it was interrupted.
 *
 * Foreign bytes are touched in sandboxed children only. A pipeline belongs to one thread, which
 * must live as long as the call (the child dies with it).
 */
#pragma once
#include "engine/blob/blob.h"
#include "engine/child/child.h"
#include "media/presentation.h"
#include "media/seal/seal.h"

#define PIPELINE_STEPS(X)                                                                          \
    /* name, weight in the progress bar, what is shown to people */                                \
    X(PROBE, "probe", 2, "looking at the file")                                                    \
    X(PLAN, "plan", 8, "planning")                                                                 \
    X(ENCODE, "encode", 100, "encoding")                                                           \
    X(AUDIO, "audio", 10, "encoding sound")                                                        \
    X(TEXT, "text", 1, "converting subtitles")                                                     \
    X(IMAGES, "images", 4, "making pictures")                                                      \
    X(PACKAGE, "package", 5, "packaging")                                                          \
    X(VERIFY, "verify", 12, "checking")
enum pipeline_step {
#define X(name, text, weight, doc) PIPELINE_##name,
    PIPELINE_STEPS(X)
#undef X
        PIPELINE_STEP_COUNT
};
const char *pipeline_step_name(enum pipeline_step s);
const char *pipeline_step_doc(enum pipeline_step s);
bool pipeline_step_parse(struct str name, enum pipeline_step *ret);

enum input_kind { INPUT_FILM, INPUT_AUDIO, INPUT_TEXT };
struct pipeline_input {
    enum input_kind kind;
    struct str lang; /* BCP 47; empty: what the file says, else "und" */
    struct str
        name; /* the file's name, for messages; never a path into this machine for an editor */
};

struct pipeline_key {
    uint8_t kid[16], key[16];
};
/* Whose key it is: of a class, or of one track of it; in which key period. */
struct pipeline_key_of {
    enum key_class class;
    struct str track; /* "v3"; empty: all of the class */
    int period;
};

/* The key of an input that lies sealed (media/seal). */
struct pipeline_unseal {
    bool on;
    uint8_t key[SEAL_KEY];
};

/* Into the request of a child whose first descriptor it is; u is wiped. */
int unseal_add(json_t *request, struct pipeline_unseal *u, struct err *reterr);

struct pipeline_spec {
    const char *work_dir;                /* exists; borrowed, as everything here */
    /* Names what lies in the blob while the film is not finished: work/<work_id>/... Empty: nothing does, and the film is not
     * encoded in parts. */
    struct str work_id;
    /* Other machines work at the same film: notes and elementary files lie there, too, instead of in work_dir. */
    bool shared;
    const char *lane; /* of what runs beside the journey (a part, the sound): a folder of its own in work_dir; NULL: the journey */
    const struct pipeline_input *inputs; /* [0] is the film */
    size_t n_inputs;
    json_t *policy; /* ladder.h; may be NULL */
    enum scheme scheme;
    struct str asset_id;
    struct blob *blob; /* receives asset/<id>/... and art/... */
    int64_t revision;
    /* An open descriptor of an input, which the pipeline closes; ret_unseal comes cleared. */
    int (*open_input)(void *arg, size_t i, struct pipeline_unseal *ret_unseal, struct err *reterr);
    bool keys_of_tracks;   /* a key a track, not a class */
    int64_t key_period_ms; /* keys change so often; 0: never */
    /* A content key; the same at each call. Not called when scheme is SCHEME_CLEAR. */
    int (*key_get)(void *arg, const struct pipeline_key_of *of, struct pipeline_key *ret, struct err *reterr);
    /* "drm" of asset.json (a new reference; NULL: none), asked for after the keys. May be NULL. */
    int (*protection_get)(void *arg, json_t **ret, struct err *reterr);
    /* permille is of the step. A negative answer stops the step, which returns it. May be NULL. */
    int (*progress)(void *arg, enum pipeline_step s, int permille, double speed, int64_t eta_ms);
    void *arg;
};

struct pipeline;
int pipeline_open(const struct pipeline_spec *spec, struct pipeline **ret_p, struct err *reterr);
void pipeline_close(struct pipeline *p);

/* ERR_BAD_MEDIA, ERR_INVALID: will not get better by trying again. */
int pipeline_run(struct pipeline *p, enum pipeline_step s, struct err *reterr);

/* How many parts the picture is encoded in (after PLAN); 1: the film is whole. */
size_t pipeline_parts(struct pipeline *p);
/* One of them, in a lane. What was made of it anywhere is not made again. ENCODE joins them, and makes those that are missing. */
int pipeline_part_run(struct pipeline *p, size_t part, struct err *reterr);
/* The sound, in a lane, before it is known where the picture ends: AUDIO takes it over if that was where the plan says. */
int pipeline_sound_run(struct pipeline *p, struct err *reterr);
/* What its children have taken so far. */
struct child_cost pipeline_cost(const struct pipeline *p);

/* What is known so far; borrowed until close; NULL when that step was not done yet. */
json_t *pipeline_plan(struct pipeline *p); /* after PLAN: ladder.h */
/* After IMAGES: {art:[{kind, name, width, height}], color}. */
json_t *pipeline_images(struct pipeline *p);
/* After PACKAGE: the text of asset.json and what it says. */
int pipeline_asset(struct pipeline *p, struct arena *a, struct asset_desc *ret_d,
                   struct str *ret_json, struct err *reterr);
/* Sentences worth telling an editor, of all steps so far; a new reference. */
json_t *pipeline_warnings(struct pipeline *p);

/* 0..1 over all steps, from which step runs and how far it is. */
double pipeline_fraction(enum pipeline_step s, int permille);
