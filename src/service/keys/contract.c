/*
 * contract.c - SPEKE v2's presets: which key is for which tracks, in the words and pixels that the specification has. Presets that part
 * HD or UHD again, or sound by its channels, are refused: a track of ours would stand under a rule that is not its own.
 */
#include "service/keys/speke.h"

#define OF(c) (1u << KEY_##c)
enum { SD_PIXELS = 1024 * 576, HD_PIXELS = 1920 * 1080 };

struct preset {
    const char *name;
    struct contract_key keys[3];
};
static const struct preset videos[] = {
    {"PRESET-VIDEO-1", {{{"VIDEO", 0, 0}, OF(SD) | OF(HD) | OF(UHD)}}},
    {"PRESET-VIDEO-2", {{{"SD", 0, SD_PIXELS}, OF(SD)}, {{"HD", SD_PIXELS + 1, 0}, OF(HD) | OF(UHD)}}},
    {"PRESET-VIDEO-3",
     {{{"SD", 0, SD_PIXELS}, OF(SD)}, {{"HD", SD_PIXELS + 1, HD_PIXELS}, OF(HD)}, {{"UHD", HD_PIXELS + 1, 0}, OF(UHD)}}},
    {.name = NULL}};
static const struct preset sounds[] = {{"PRESET-AUDIO-1", {{{"AUDIO", 0, 0}, OF(AUDIO)}}}, {.name = NULL}};
static const struct contract_key shared = {{"ALL", 0, 0}, OF(AUDIO) | OF(SD) | OF(HD) | OF(UHD)};

static bool preset_add(const struct preset *table, struct str name, struct contract *c) {
    for (; table->name; table++) {
        if (!str_eq(name, str_of(table->name)))
            continue;
        for (size_t i = 0; i < ARRAY_LEN(table->keys) && table->keys[i].classes; i++)
            c->keys[c->n++] = table->keys[i];
        return true;
    }
    return false;
}

int contract_read(struct str name, struct contract *ret, struct err *reterr) {
    struct contract c = {.n = 0};
    struct str video, audio = str_cut(name, '/', &video);
    if (str_eq(name, STR("SHARED")))
        c.keys[c.n++] = shared;
    else if (!preset_add(videos, str_trim(video), &c) || !preset_add(sounds, str_trim(audio), &c))
        return err_refuse(reterr, ERR_INVALID, "config.key_service",
                          "key-service-contract is PRESET-VIDEO-1, -2 or -3, a slash, and PRESET-AUDIO-1; or SHARED. Presets with more kinds of tracks "
                          "are not done.",
                          "the contract with the key service");
    *ret = c;
    return 0;
}
