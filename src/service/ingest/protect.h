/* protect.h - how a film is protected: what an import's policy says, and the settings where it is silent. */
#pragma once
#include "service/ingest/ingest.h"

enum mezzanine { MEZZANINE_KEEP, MEZZANINE_SEALED, MEZZANINE_DELETE };
/* NULL and "": kept. ERR_INVALID "policy.invalid". */
int mezzanine_parse(const char *name, enum mezzanine *ret, struct err *reterr);

struct protect_policy {
    enum scheme scheme;    /* that it is packaged in */
    enum scheme second;    /* CLEAR: no other; else made of the first afterwards (second.c) */
    bool keys_of_tracks;   /* not of classes */
    int64_t key_period_ms; /* 0: keys never change */
    enum mezzanine mezzanine;
};
/* said: the scheme that the import came with; a clear film has no protection whatever the house has. ERR_INVALID "policy.invalid". */
int protect_policy_read(json_t *policy, enum scheme said, struct protect_policy *ret, struct err *reterr);
/* Of the policy what the house wants where the import says nothing. */
extern const struct config_key protect_config[];
void protect_policy_default(const struct engine *e, json_t *policy);
