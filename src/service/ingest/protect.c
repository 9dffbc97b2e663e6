/* protect.c - see protect.h. */
#include "service/ingest/protect.h"
#include <string.h>

enum { KEY_PERIOD_LEAST_S = 10, KEY_PERIOD_MOST_S = 24 * 3600 };

const struct config_key protect_config[] = {
    {"mezzanine", CONFIG_STR, "keep",
     .doc = "What becomes of a film's source once it is packaged: keep (as it came), sealed (encrypted under the master key), or "
            "delete; an import may say otherwise"},
    {"protection", CONFIG_STR, "cbcs",
     .doc = "Encryption of imported films: cbcs, cenc, or both (a second set of segments, made in memory from the first); an import "
            "may say otherwise"},
    {"protection-keys", CONFIG_STR, "class",
     .doc = "What has a key of its own: each class of tracks (class: sound, SD, HD, UHD) or each track (track)"},
    {"protection-key-period", CONFIG_INT, "0", 0, KEY_PERIOD_MOST_S,
     .doc = "Seconds of a film after which its keys change, at the next segment; 0: never. At most 64 times a film: a long one keeps "
            "them longer"},
    {.name = NULL}};

static void default_set(const struct engine *e, json_t *policy, const char *member, const char *setting) {
    if (!json_object_get(policy, member))
        json_object_set_new(policy, member, json_string(config_str(e->config, setting)));
}

void protect_policy_default(const struct engine *e, json_t *policy) {
    if (!e->config || !policy)
        return;
    default_set(e, policy, "mezzanine", "mezzanine");
    default_set(e, policy, "protection", "protection");
    default_set(e, policy, "keys", "protection-keys");
    if (!json_object_get(policy, "key_period"))
        json_object_set_new(policy, "key_period", json_integer(config_int(e->config, "protection-key-period")));
}

static int refused(struct err *reterr, const char *hint) {
    return err_refuse(reterr, ERR_INVALID, "policy.invalid", hint, "policy: how the film is protected");
}

static const char *text_of(json_t *policy, const char *member, const char *absent) {
    const char *s = json_string_value(json_object_get(policy, member));
    return s && *s ? s : absent;
}

int protect_policy_read(json_t *policy, enum scheme said, struct protect_policy *ret, struct err *reterr) {
    static const char *const schemes[] = {"both", "cenc", "cbcs"}, *const owners[] = {"class", "track"};
    json_t *period = json_object_get(policy, "key_period");
    double seconds = json_number_value(period);
    int owner = name_index(owners, 2, text_of(policy, "keys", "class"));
    int scheme = name_index(schemes, 3, text_of(policy, "protection", said == SCHEME_CENC ? "cenc" : "cbcs"));
    *ret = (struct protect_policy){.scheme = said};
    int r = mezzanine_parse(json_string_value(json_object_get(policy, "mezzanine")), &ret->mezzanine, reterr);
    if (r < 0)
        return r;
    if (scheme < 0)
        return refused(reterr, "protection is cbcs, cenc or both.");
    if (owner < 0)
        return refused(reterr, "keys is class or track.");
    if (period && seconds != 0 && !(seconds >= KEY_PERIOD_LEAST_S && seconds <= KEY_PERIOD_MOST_S))
        return refused(reterr, "key_period is 10 seconds to a day, or 0 for keys that never change.");
    if (said == SCHEME_CLEAR)
        return 0;
    ret->scheme = scheme > 0 ? (enum scheme)scheme : SCHEME_CBCS;
    ret->second = scheme > 0 ? SCHEME_CLEAR : SCHEME_CENC;
    ret->keys_of_tracks = owner == 1;
    ret->key_period_ms = (int64_t)(seconds * 1000);
    return 0;
}
