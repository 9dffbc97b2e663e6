/*
 * speke.h - an external key service: SPEKE v2 (CPIX 2.3 over HTTP), asked for the keys of a new asset by the contract of the settings.
 * Between the files of keys. Any thread; blocks.
 */
#pragma once
#include "media/cpix/cpix.h"
#include "service/service.h"

enum { CONTRACT_KEYS_MAX = KEY_CLASSES };

struct contract_key {
    struct cpix_rule rule;
    unsigned classes; /* 1u << enum key_class */
};
struct contract {
    struct contract_key keys[CONTRACT_KEYS_MAX];
    size_t n;
};
/* "PRESET-VIDEO-3/PRESET-AUDIO-1" or "SHARED". ERR_INVALID "config.key_service": not one, or one that has more kinds of tracks than we
 * have classes of keys. */
int contract_read(struct str name, struct contract *ret, struct err *reterr);

bool speke_on(const struct engine *e); /* a key service is set */
/* At the start: settings that cannot work. ERR_INVALID "config.key_service", "config.drm". */
int speke_settings_check(const struct engine *e, struct err *reterr);

/* What is asked for: content id, scheme, kids and rules, systems without data. */
struct speke_ask {
    struct cpix *want;
    bool (*stop)(void *arg); /* may be NULL; true breaks off with ERR_CANCELLED */
    void *stop_arg;
};
/* The answer, checked: all keys that were asked for and no others, each with what each system is told. Strings into the arena; the
 * caller wipes. ERR_IO "keys.service_unreachable": after some tries; ERR_INVALID "keys.service_refused", "keys.service_answer". */
int speke_keys(const struct engine *e, const struct speke_ask *ask, struct arena *a, struct cpix *ret, struct err *reterr);
/* The check alone. */
int speke_answer_read(const struct cpix *want, struct str xml, struct str private_key, struct arena *a, struct cpix *ret, struct err *reterr);
