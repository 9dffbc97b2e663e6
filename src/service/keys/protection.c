/*
 * protection.c - which protection systems a new asset tells of besides ClearKey. It is written into the asset when it is packaged
 * and stays: manifests are cached for ever, so a setting that changes later is of the next asset.
 */
#include "media/drm/drm.h"
#include "service/keys/keys_int.h"

const struct config_key keys_config[] = {
    {"drm-systems", CONFIG_STR, "",
     .doc = "Protection systems that the manifests of new assets tell of besides ClearKey, by commas: widevine, playready, fairplay (cbcs alone)"},
    {"drm-widevine-provider", CONFIG_STR, "", .doc = "Provider's name in Widevine's data; empty: none"},
    {"drm-playready-url", CONFIG_URL, "", .doc = "LA_URL in PlayReady's data, for players that are not told where licences are; empty: none"},
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
    return systems_read(str_of(config_str(e->config, "drm-systems")), &ret->systems, reterr);
}

int keys_protection(const struct engine *e, struct asset_id asset, json_t **ret, struct err *reterr) {
    struct asset_drm d;
    *ret = NULL;
    int rc = protection_settings(e, &d, reterr);
    if (rc == 0 && d.systems && !(*ret = asset_drm_to_json(&d)))
        rc = err_set(reterr, ERR_NO_MEMORY, "no memory for an asset's protection");
    return rc;
}
