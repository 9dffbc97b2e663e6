/* service.c - ingest as a service, and its settings. */
#include "service/ingest/upload.h"

static const struct cron_row cron[] = {
    {"ingest.sweep", 60000, ingest_sweep, "Removes what ended imports no longer need"},
    {"ingest.drop", 2000, drop_look, "Looks into the drop folder"},
    {.name = NULL},
};

const struct config_key ingest_config[] = {
    {"drop-folder", CONFIG_PATH, "",
     .doc = "Folder whose films are imported by themselves, each once its size has rested; empty: none"},
    {"drop-folder-rest", CONFIG_INT, "30", 1, 86400,
     .doc = "Seconds that a file of the drop folder must not have changed before it is taken"},
    {"drop-folder-then", CONFIG_STR, "keep",
     .doc = "What becomes of a file that was imported: keep, or move (into the folder \"taken\" in the drop folder)"},
    {"drop-folder-publish", CONFIG_BOOL, "false", .doc = "Films of the drop folder are shown as soon as they are ready"},
    {"sound-loudness", CONFIG_STR, "-23",
     .doc = "LUFS that soundtracks of imported films are brought to (EBU R 128), or none; an import may say otherwise"},
    {"sound-true-peak", CONFIG_INT, "-1", -12, 0, .doc = "dBTP that their peaks stay under, the limiter's work where they would not"},
    {"sound-opus", CONFIG_BOOL, "false", .doc = "Soundtracks are made in Opus, too, beside AAC"},
    {"sound-eac3", CONFIG_BOOL, "false", .doc = "Soundtracks of 5.1 and more are made in E-AC-3, too, beside AAC"},
    {.name = NULL},
};

static void default_set(json_t *policy, const char *name, json_t *v) {
    if (json_object_get(policy, name))
        json_decref(v);
    else
        json_object_set_new(policy, name, v);
}

void sound_policy_default(const struct engine *e, json_t *policy) {
    double lufs;
    if (!e->config || !policy)
        return;
    struct str loudness = str_of(config_str(e->config, "sound-loudness"));
    default_set(policy, "loudness",
                str_to_f64(loudness, &lufs) ? json_real(lufs) : json_stringn(loudness.p, loudness.n));
    default_set(policy, "true_peak", json_integer(config_int(e->config, "sound-true-peak")));
    default_set(policy, "opus", json_boolean(config_bool(e->config, "sound-opus")));
    default_set(policy, "eac3", json_boolean(config_bool(e->config, "sound-eac3")));
}

const struct service ingest_service = {
    .name = "ingest",
    .routes = ingest_routes,
    .schemas = ingest_schemas,
    .sql = ingest_sql,
    .jobs = ingest_jobs,
    .cron = cron,
    .config = ingest_config,
    .stop = ingest_events_stop,
};

const struct service upload_service = {
    .name = "upload",
    .routes = upload_routes,
    .export = upload_export,
    .erase = upload_erase,
};
