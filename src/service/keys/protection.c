/*
 * protection.c - which protection systems a new asset tells of besides ClearKey. It is written into the asset when it is packaged
 * and stays: manifests are cached for ever, so a setting that changes later is of the next asset.
 */
#include "media/drm/drm.h"
#include "media/drm/output.h"
#include "service/keys/keys_int.h"

const struct config_key keys_config[] = {
    {"drm-systems", CONFIG_STR, "",
     .doc = "Protection systems that the manifests of new assets tell of besides ClearKey, by commas: widevine, playready, fairplay (cbcs alone)"},
    {"drm-widevine-provider", CONFIG_STR, "", .doc = "Provider's name in Widevine's data; empty: none"},
    {"drm-playready-url", CONFIG_URL, "", .doc = "LA_URL in PlayReady's data, for players that are not told where licences are; empty: none"},
    {"output-hdcp", CONFIG_STR, "", .doc = "HDCP that tracks ask of outputs, by class: hd=1.4,uhd=2.2 (audio, sd, hd, uhd; none, 1.0 to 2.3)"},
    {"output-robustness", CONFIG_STR, "",
     .doc = "How well a device has to keep keys and pictures, by class: sd=SW_SECURE_CRYPTO,uhd=HW_SECURE_ALL; ClearKey keeps nothing"},
    {"key-service-url", CONFIG_URL, "", .doc = "A key service (SPEKE v2) that the keys of new assets are asked of; empty: keys are made here"},
    {"key-service-header", CONFIG_STR, "", .secret = true, .doc = "A header that the service knows us by: Authorization: Basic ..."},
    {"key-service-contract", CONFIG_STR, "PRESET-VIDEO-3/PRESET-AUDIO-1",
     .doc = "Which keys are asked for: PRESET-VIDEO-1, -2 or -3 with PRESET-AUDIO-1, or SHARED"},
    {"key-service-certificate", CONFIG_PATH, "", .doc = "A certificate (PEM, RSA) that the service seals keys to; empty: keys come in clear over TLS"},
    {"key-service-private-key", CONFIG_STR, "", .secret = true, .doc = "The certificate's private key (PEM)"},
    {"key-service-private", CONFIG_BOOL, "false", .doc = "The key service may lie in our own networks and be asked over plain http"},
    {"key-service-timeout", CONFIG_DURATION, "10s", 100, 60000, .doc = "How long one request to the key service may take; three are made"},
    {.name = NULL}};

static int refused(struct err *reterr, const char *hint) {
    return err_refuse(reterr, ERR_INVALID, "config.drm", hint, "the settings of protection systems");
}

static int systems_read(struct str list, unsigned *ret, struct err *reterr) {
    struct str one;
    *ret = 0;
    while (list.n) {
        list = str_cut(list, ',', &one);
        int s = drm_by_name(str_trim(one));
        if (s < 0)
            return refused(reterr, "drm-systems is a list of widevine, playready and fairplay.");
        *ret |= 1u << s;
    }
    return 0;
}

static int class_by_name(struct str name) {
    for (int c = KEY_AUDIO; c < KEY_CLASSES; c++)
        if (str_eq(name, str_of(key_class_names[c])))
            return c;
    return -1;
}

/* "hd=1.4,uhd=2.2": each part's class and its level by by_name. */
static bool levels_read(struct str list, int (*by_name)(struct str), int ret[KEY_CLASSES]) {
    for (int c = 0; c < KEY_CLASSES; c++)
        ret[c] = 0;
    while (list.n) {
        struct str one, name;
        list = str_cut(list, ',', &one);
        struct str level = str_cut(one, '=', &name);
        int c = class_by_name(str_trim(name)), v = by_name(str_trim(level));
        if (c < 0 || v < 0)
            return false;
        ret[c] = v;
    }
    return true;
}

static int output_read(const struct engine *e, struct output_policy *ret, struct err *reterr) {
    int hdcp[KEY_CLASSES], robustness[KEY_CLASSES];
    if (!levels_read(str_of(config_str(e->config, "output-hdcp")), hdcp_by_name, hdcp))
        return refused(reterr, "output-hdcp is a list as hd=1.4,uhd=2.2 of audio, sd, hd and uhd.");
    if (!levels_read(str_of(config_str(e->config, "output-robustness")), robustness_by_name, robustness))
        return refused(reterr, "output-robustness is a list as sd=SW_SECURE_CRYPTO,uhd=HW_SECURE_ALL of audio, sd, hd and uhd.");
    for (int c = 0; c < KEY_CLASSES; c++)
        ret->of[c] = (struct class_output){(enum hdcp)hdcp[c], (enum robustness)robustness[c]};
    return 0;
}

int protection_settings(const struct engine *e, struct asset_drm *ret, struct err *reterr) {
    *ret = (struct asset_drm){.systems = 0};
    if (!e->config)
        return 0;
    ret->provider = str_of(config_str(e->config, "drm-widevine-provider"));
    ret->la_url = str_of(config_str(e->config, "drm-playready-url"));
    if (ret->provider.n > 200 || !str_is_utf8(ret->provider))
        return refused(reterr, "drm-widevine-provider is a name of at most 200 bytes.");
    if (ret->la_url.n && !drm_uri_ok(ret->la_url))
        return refused(reterr, "drm-playready-url is an address of printable ASCII.");
    int rc = output_read(e, &ret->output, reterr);
    return rc ? rc : systems_read(str_of(config_str(e->config, "drm-systems")), &ret->systems, reterr);
}

int keys_protection(const struct engine *e, struct asset_id asset, json_t **ret, struct err *reterr) {
    scoped(arena_done) struct arena a = ARENA(1 << 20);
    struct asset_drm d;
    *ret = NULL;
    int rc = protection_settings(e, &d, reterr);
    if (rc == 0)
        rc = order_told(e, asset, &a, &d, reterr);
    if (rc == 0 && asset_drm_is(&d) && !(*ret = asset_drm_to_json(&d)))
        rc = err_set(reterr, ERR_NO_MEMORY, "no memory for an asset's protection");
    return rc;
}
