/*
 * decide.h - the one decision of a tap on Play (DESIGN section 3): a list of checks run in order,
 * each a pure function of facts gathered before. Ad breaks join as a row; nothing else decides.
 */
#pragma once
#include "media/drm/output.h"
#include "service/billing/billing.h"
#include "service/playback/grant.h"
#include "service/service.h"

enum { DEVICE_CODECS_MAX = 32 };

struct playback_device {
    const struct str
        *codecs; /* "avc1", "avc1.640028", "mp4a.40.2"...; n 0: not said, what every player has */
    size_t n_codecs;
    int max_height; /* lines; 0: not said */
    bool clearkey;  /* org.w3.clearkey is among its systems */
    unsigned systems;                        /* 1u << enum drm_system: the others */
    enum robustness robustness[DRM_SYSTEMS]; /* of those */
    bool hdcp_said;
    enum hdcp hdcp; /* what its outputs have now, where it was said */
    bool hdr;       /* its screen shows PQ and HLG */
    unsigned schemes; /* 1u << enum scheme that it says it plays; 0: not said */
};
struct playback_facts {
    bool signed_in;
    bool title_exists;
    bool published;
    bool too_young;                 /* the profile, for the title */
    bool may_preview;               /* an editor watches what is not published yet */
    const struct rights_verdict *rights; /* what the licensor allows; NULL: not asked (an editor's preview) */
    const struct entitlement *access; /* NULL: not asked, granted without a limit (an editor's preview) */
    const struct asset_desc *asset; /* NULL: nothing ready */
    const struct output_policy *output; /* what classes ask of devices; NULL: nothing */
    unsigned proxied;               /* 1u << enum drm_system that we have licences of */
    enum scheme second;             /* that the asset is there in, too; CLEAR: no other */
    struct playback_device device;
};
/* Why a device gets less than there is, for its classes' policy. */
struct playback_limit {
    enum key_class class;  /* the lowest that it does not get; KEY_NONE: it gets all */
    bool by_hdcp;          /* else by robustness */
    struct class_output needs;
};
struct playback_decision {
    struct view view; /* for view_id() */
    unsigned classes; /* 1u << enum key_class: the keys of what the view shows */
    bool protected;
    unsigned system;  /* enum grant_system: what plays it */
    unsigned allowed; /* classes that the device may have by their policy */
    struct playback_limit limit;
    enum scheme scheme; /* of what is played */
};

struct playback_check {
    const char *name;
    /* 0 or the refusal. */
    int (*fn)(const struct playback_facts *f, struct playback_decision *d, struct err *reterr);
};
extern const struct playback_check playback_checks[]; /* ends with a row without a name */

int playback_decide(const struct playback_facts *f, struct playback_decision *ret_d,
                    struct err *reterr);
