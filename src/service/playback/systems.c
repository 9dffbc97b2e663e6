/*
 * systems.c - protection systems at Play: those that a licence service stands behind, and what a device says of its own. A device may
 * say what it likes: what keys and outputs have to be like is told to the licence service, too, and there its module has to prove it.
 */
#include "media/drm/drm.h"
#include "service/json.h"
#include "service/playback/playback_int.h"

static bool certificate; /* is set; as proxied */
static unsigned proxied; /* written by playback_systems_start, before there are other threads */

unsigned playback_proxied(void) { return proxied; }

const char *playback_proxy_url(const struct engine *e, enum drm_system s) {
    static const char *const names[DRM_SYSTEMS] = {
        [DRM_WIDEVINE] = "licence-proxy-widevine", [DRM_PLAYREADY] = "licence-proxy-playready", [DRM_FAIRPLAY] = "licence-proxy-fairplay"};
    return e->config ? config_str(e->config, names[s]) : "";
}

bool playback_certificate(unsigned system) { return certificate && system == (unsigned)(GRANT_DRM + DRM_FAIRPLAY); }

void playback_systems_start(const struct engine *e) {
    proxied = 0;
    certificate = e->config && *config_str(e->config, "licence-fairplay-certificate");
    for (enum drm_system s = 0; s < DRM_SYSTEMS; s++)
        if (*playback_proxy_url(e, s))
            proxied |= 1u << s;
}

static struct str text_of(const json_t *v) { return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR(""); }

static void system_say(struct playback_device *d, int s, struct str level) {
    if (s < 0)
        return;
    enum robustness r = drm_robustness((enum drm_system)s, level);
    d->robustness[s] = d->systems & 1u << s ? MAX(d->robustness[s], r) : r;
    d->systems |= 1u << s;
}

void playback_device_systems(const json_t *device, struct playback_device *d) {
    const json_t *drm = json_object_get(device, "drm"), *said = json_object_get(device, "robustness");
    for (size_t i = 0; i < json_array_size(said); i++) {
        const json_t *o = json_array_get(said, i);
        system_say(d, drm_by_key_system(json_get_str(o, "system")), json_get_str(o, "level"));
    }
    for (size_t i = 0; i < json_array_size(drm); i++) {
        struct str name = text_of(json_array_get(drm, i));
        int s = drm_by_key_system(name);
        d->clearkey |= str_eq(name, STR("org.w3.clearkey"));
        if (s >= 0 && (!(d->systems & 1u << s) || str_ends(name, STR(".3000"))))
            system_say(d, s, str_ends(name, STR(".3000")) ? STR("3000") : STR(""));
    }
    int hdcp = hdcp_by_name(json_get_str(device, "hdcp"));
    d->hdcp_said = hdcp >= 0;
    d->hdcp = hdcp >= 0 ? (enum hdcp)hdcp : HDCP_NONE;
}
