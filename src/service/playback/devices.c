/*
 * devices.c - on how many devices an account plays. Identity counts them and may not ask billing;
 * playback knows both. Where billing cannot answer the Play fails: a limit that is not known must
 * not be invented, and the same store is asked again for the rest of the decision anyway.
 */
#include "service/identity/identity.h"
#include "service/playback/playback_int.h"

enum { DEVICES_MAX = 10 };

const struct config_key playback_config[] = {
    {"devices-max", CONFIG_INT, "10", 0, 1000,
     .doc = "Devices that an account without a plan may play on within 90 days; 0: no limit"},
    {"playback-batch", CONFIG_DURATION, "20ms", 0, 1000,
     .doc = "How long rows of new playbacks are gathered before they are written together; 0: each at once"},
    {"licence-proxy-widevine", CONFIG_URL, "", .doc = "Where Widevine licences are to be had; players ask here, and are let through with a right"},
    {"licence-proxy-playready", CONFIG_URL, "", .doc = "The same for PlayReady"},
    {"licence-proxy-fairplay", CONFIG_URL, "", .doc = "The same for FairPlay"},
    {"licence-fairplay-certificate", CONFIG_PATH, "", .doc = "FairPlay's application certificate (DER), which players fetch here before they ask for a licence"},
    {.name = NULL},
};

int playback_device_limit(const struct engine *e, struct account_id account, int *ret, struct err *reterr) {
    *ret = e->config ? (int)config_int(e->config, "devices-max") : DEVICES_MAX;
    return billing_device_limit(e, account, ret, reterr);
}

device_limit_fn *playback_device_rule(const struct principal *who) {
    /* Editors look at what they publish on whatever they have at hand. */
    return who->roles & (ROLE_EDITOR | ROLE_OPERATOR) ? NULL : playback_device_limit;
}
