/*
 * decide.c - who may play what, how. Order matters: the first refusal is the one that is told, so
 * what a person can act on soonest (sign in) stands first, and nothing about a title is told to who
 * may not know it.
 */
#include "service/playback/decide.h"
#include "media/drm/drm.h"

static int check_session(const struct playback_facts *f, struct playback_decision *d,
                         struct err *reterr) {
    if (f->signed_in)
        return 0;
    return err_refuse(reterr, ERR_UNAUTHENTICATED, "playback.signed_out", "Sign in to watch.",
                      "nobody is signed in");
}

static int check_title(const struct playback_facts *f, struct playback_decision *d,
                       struct err *reterr) {
    if (f->title_exists)
        return 0;
    return err_refuse(reterr, ERR_NOT_FOUND, "playback.not_found",
                      "This title does not exist, or not any more.", "no such title");
}

static int check_published(const struct playback_facts *f, struct playback_decision *d,
                           struct err *reterr) {
    if (f->published || f->may_preview)
        return 0;
    return err_refuse(reterr, ERR_FORBIDDEN, "playback.not_published",
                      "This title is not available at the moment.", "the title is not published");
}

static int check_maturity(const struct playback_facts *f, struct playback_decision *d,
                          struct err *reterr) {
    if (!f->too_young)
        return 0;
    return err_refuse(reterr, ERR_FORBIDDEN, "playback.maturity",
                      "This title is not for this profile's age. Choose another profile.",
                      "rated above the profile's age");
}

/* Before what it costs: nobody is asked to pay for what may not be shown here. What was bought may outlive its window,
 * so a right that was granted decides. Codes: service/rights/rights.h. */
static int check_rights(const struct playback_facts *f, struct playback_decision *d, struct err *reterr) {
    return f->rights && !(f->access && f->access->granted) ? rights_refuse(f->rights, reterr) : 0;
}

/* Before the asset: who may not watch need not know what is ready. Codes: service/billing/entitlement.h. */
static int check_access(const struct playback_facts *f, struct playback_decision *d,
                        struct err *reterr) {
    return f->access ? entitlement_refuse(f->access, reterr) : 0;
}

static int check_ready(const struct playback_facts *f, struct playback_decision *d,
                       struct err *reterr) {
    if (f->asset)
        return 0;
    return err_refuse(reterr, ERR_CONFLICT, "playback.not_ready",
                      "This title is still being prepared. Try again in a few minutes.",
                      "the title has no ready asset");
}

static int unsupported(struct err *reterr, const char *hint, const char *why) {
    return err_refuse(reterr, ERR_FORBIDDEN, "playback.device_unsupported", hint, "%s", why);
}

/* "avc1" of "avc1.640028"; avc1 and avc3, hvc1 and hev1 differ in where parameter sets lie, not in
 * what a decoder can do. */
static struct str family(struct str codec) {
    struct str head;
    str_cut(codec, '.', &head);
    if (str_eq(head, STR("avc3")))
        return STR("avc1");
    if (str_eq(head, STR("hev1")))
        return STR("hvc1");
    return head;
}

/* A device that does not say is taken for one that plays what every player has, and no more. */
static bool device_decodes(const struct playback_device *dev, struct str codec) {
    if (dev->n_codecs == 0)
        return str_eq(family(codec), STR("avc1")) || str_eq(family(codec), STR("mp4a"));
    for (size_t i = 0; i < dev->n_codecs; i++)
        if (str_eq_nocase(family(dev->codecs[i]), family(codec)))
            return true;
    return false;
}

/* Where the film is HDR, HEVC and AV1 keep it, and a screen that does not show HDR has H.264. */
static bool device_plays(const struct playback_device *dev, const struct track_desc *t) {
    return (dev->hdr || track_range(t) == RANGE_SDR) && device_decodes(dev, t->codec);
}

/* As view ids spell it: lower case, '_' for '-'. */
static struct str view_family(struct str codec) {
    static const struct {
        const char *codec, *view;
    } odd[] = {{"Opus", "opus"}, {"fLaC", "flac"}, {"ec-3", "ec_3"}, {"ac-3", "ac_3"}};
    struct str head;
    str_cut(codec, '.', &head);
    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        if (str_eq(head, str_of(odd[i].codec)))
            return str_of(odd[i].view);
    return head;
}

static bool listed(const struct str *list, size_t n, struct str s) {
    for (size_t i = 0; i < n; i++)
        if (str_eq(list[i], s))
            return true;
    return false;
}

/* Only when the device lacks a family is the view narrowed: most devices share the view "d" and its
 * caches. */
static int check_codecs(const struct playback_facts *f, struct playback_decision *d,
                        struct err *reterr) {
    static const enum track_kind kinds[] = {TRACK_VIDEO, TRACK_AUDIO};
    struct view v = d->view;
    bool lacking = false;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        size_t tracks = 0, playable = 0;
        struct str head = STR_NULL, name = STR_NULL; /* a ladder's rungs are of one family, mostly */
        enum dynamic_range range = RANGE_SDR;
        bool plays = false;
        for (size_t i = 0; i < f->asset->n_tracks; i++) {
            const struct track_desc *t = &f->asset->tracks[i];
            struct str its;
            if (t->kind != kinds[k])
                continue;
            tracks++;
            str_cut(t->codec, '.', &its);
            if (!head.p || !str_eq(its, head) || track_range(t) != range) {
                head = its, range = track_range(t);
                name = view_family(t->codec);
                plays = device_plays(&f->device, t);
            }
            if (!plays) {
                lacking = true;
                continue;
            }
            playable++;
            if (!listed(v.codecs, v.n_codecs, name) && v.n_codecs < ARRAY_LEN(v.codecs))
                v.codecs[v.n_codecs++] = name;
        }
        if (tracks && !playable)
            return unsupported(
                reterr,
                "This device cannot play the formats of this title. Try another browser or "
                "device.",
                kinds[k] == TRACK_VIDEO ? "no video codec in common" : "no audio codec in common");
    }
    /* IMSC1 only for who asks for it: others would show each language twice. */
    bool imsc = f->device.n_codecs > 0 && device_decodes(&f->device, STR("stpp.ttml.im1t"));
    if (lacking || imsc)
        d->view = v;
    if (imsc && d->view.n_codecs < ARRAY_LEN(d->view.codecs))
        d->view.codecs[d->view.n_codecs++] = STR("stpp");
    return 0;
}

/* The asset's own where nothing speaks against it: its views are cached already. CLEAR: none in common. */
static enum scheme choose_scheme(const struct playback_facts *f) {
    const enum scheme has[] = {f->asset->scheme, f->second};
    bool fairplay = !f->device.clearkey && f->device.systems == 1u << DRM_FAIRPLAY;
    unsigned plays = f->device.schemes ? f->device.schemes : fairplay ? 1u << SCHEME_CBCS : ~0u;
    for (size_t i = 0; i < ARRAY_LEN(has); i++)
        if (has[i] != SCHEME_CLEAR && (plays & 1u << has[i]))
            return has[i];
    return SCHEME_CLEAR;
}

/* What a system on this device may have of the asset's classes. ClearKey keeps nothing and watches no output: only what asks nothing. Of
 * a system that does not say which HDCP there is, its own module decides when it has the licence. */
static bool class_met(const struct playback_facts *f, unsigned system, const struct class_output *o) {
    if (system == GRANT_CLEARKEY)
        return o->robustness == ROBUST_NONE && o->hdcp == HDCP_NONE;
    return f->device.robustness[system - GRANT_DRM] >= o->robustness && (!f->device.hdcp_said || f->device.hdcp >= o->hdcp);
}

struct candidate {
    unsigned has, allowed; /* classes of the asset, and of those what this system may have */
    struct playback_limit limit;
};

static struct candidate candidate_of(const struct playback_facts *f, const struct playback_decision *d, unsigned system) {
    static const struct output_policy nothing;
    const struct output_policy *p = f->output ? f->output : &nothing;
    struct candidate c = {0};
    for (size_t i = 0; i < f->asset->n_tracks; i++)
        if (f->asset->tracks[i].key_class != KEY_NONE && view_has(&d->view, &f->asset->tracks[i]))
            c.has |= 1u << f->asset->tracks[i].key_class;
    for (enum key_class k = KEY_CLASSES - 1; k > KEY_NONE; k--) {
        if (!(c.has & 1u << k) || class_met(f, system, &p->of[k])) {
            c.allowed |= c.has & 1u << k;
            continue;
        }
        bool weak = system == GRANT_CLEARKEY ? p->of[k].robustness != ROBUST_NONE : f->device.robustness[system - GRANT_DRM] < p->of[k].robustness;
        c.limit = (struct playback_limit){.class = k, .by_hdcp = !weak, .needs = p->of[k]};
    }
    return c;
}

/* Sound, and some of the picture: what else there is to it is left out. */
static bool candidate_plays(const struct candidate *c) {
    unsigned sound = 1u << KEY_AUDIO;
    return (c->has & sound) == (c->allowed & sound) && (!(c->has & ~sound) || (c->allowed & ~sound));
}

static bool device_has(const struct playback_facts *f, const struct playback_decision *d, unsigned system) {
    if (system == GRANT_CLEARKEY)
        return f->device.clearkey;
    enum drm_system s = system - GRANT_DRM;
    struct asset_desc in_scheme = *f->asset;
    in_scheme.scheme = d->scheme;
    return (f->device.systems & f->proxied & 1u << s) && drm_signalled(&in_scheme, s);
}

/* The system that gives the most, and of equals one that keeps keys: ClearKey comes last. */
static int check_protection(const struct playback_facts *f, struct playback_decision *d,
                            struct err *reterr) {
    bool any = false, plays = false;
    d->protected = f->asset->scheme != SCHEME_CLEAR;
    d->allowed = ~0u;
    d->scheme = choose_scheme(f);
    if (d->protected && d->scheme == SCHEME_CLEAR)
        return unsupported(reterr, "This device cannot play this title's protection. Try another browser or device.",
                           "no encryption scheme in common");
    if (d->scheme != f->asset->scheme)
        d->view.scheme = d->scheme;
    for (unsigned n = 1; d->protected && n <= GRANT_SYSTEMS; n++) {
        unsigned system = n % GRANT_SYSTEMS;
        if (!device_has(f, d, system))
            continue;
        struct candidate c = candidate_of(f, d, system);
        any = true;
        if (!candidate_plays(&c) || (plays && c.allowed <= d->allowed))
            continue;
        plays = true;
        d->system = system;
        d->allowed = c.allowed;
        d->limit = c.limit;
    }
    if (!d->protected || plays)
        return 0;
    if (any)
        return err_refuse(reterr, ERR_FORBIDDEN, "playback.output_policy",
                          "This title asks for better copy protection than this device has. Try another device, or another screen or cable.",
                          "no class of the title whose output policy the device meets");
    return unsupported(
        reterr,
        "This browser cannot play protected video. Open the page over https or localhost in "
        "a current browser.",
        "no content protection system in common");
}

/* The lowest rung that the device may not have; 0: it may have all. */
static int withheld_height(const struct playback_facts *f, const struct playback_decision *d) {
    int height = 0;
    for (size_t i = 0; d->protected && i < f->asset->n_tracks; i++) {
        const struct track_desc *t = &f->asset->tracks[i];
        int lines = picture_lines(t->width, t->height);
        if (t->kind == TRACK_VIDEO && t->key_class != KEY_NONE && !(d->allowed & 1u << t->key_class) && view_has(&d->view, t))
            height = height ? MIN(height, lines) : lines;
    }
    return height;
}

/* The ceiling is a rung of the asset, so that there are as many views as rungs and not as many as
 * screens. The lowest rung always stays. */
static int choose_height(const struct playback_facts *f, struct playback_decision *d,
                         struct err *reterr) {
    int best = 0, lowest = 0, highest = 0, ceiling = f->device.max_height;
    int plan = f->access ? (int)f->access->limits.max_height : 0;
    if (plan > 0 && (ceiling <= 0 || plan < ceiling))
        ceiling = plan; /* the quality that was paid for */
    int withheld = withheld_height(f, d);
    if (withheld > 0 && (ceiling <= 0 || ceiling >= withheld))
        ceiling = withheld - 1;
    if (ceiling <= 0)
        return 0;
    for (size_t i = 0; i < f->asset->n_tracks; i++) {
        const struct track_desc *t = &f->asset->tracks[i];
        int lines = picture_lines(t->width, t->height);
        if (t->kind != TRACK_VIDEO || !view_has(&d->view, t))
            continue;
        highest = MAX(highest, lines);
        if (withheld > 0 && lines >= withheld)
            continue;
        lowest = lowest ? MIN(lowest, lines) : lines;
        if (lines <= ceiling)
            best = MAX(best, lines);
    }
    best = best ? best : lowest;
    if (best < highest)
        d->view.max_height = best;
    return 0;
}

/* Keys for what the view lists and no more: a device held to SD gets no HD key. */
static int choose_classes(const struct playback_facts *f, struct playback_decision *d,
                          struct err *reterr) {
    for (size_t i = 0; d->protected && i < f->asset->n_tracks; i++) {
        const struct track_desc *t = &f->asset->tracks[i];
        if (t->key_class != KEY_NONE && view_has(&d->view, t))
            d->classes |= d->allowed & 1u << t->key_class;
    }
    return 0;
}

const struct playback_check playback_checks[] = {
    {"session", check_session}, {"title", check_title}, {"published", check_published},
    {"maturity", check_maturity}, {"rights", check_rights}, {"access", check_access}, {"ready", check_ready},
    {"codecs", check_codecs}, {"protection", check_protection}, {"height", choose_height},
    {"keys", choose_classes}, {NULL, NULL}};

int playback_decide(const struct playback_facts *f, struct playback_decision *ret_d,
                    struct err *reterr) {
    struct playback_decision d = {0};
    for (const struct playback_check *c = playback_checks; c->name; c++) {
        int rc = c->fn(f, &d, reterr);
        if (rc)
            return rc;
    }
    *ret_d = d;
    return 0;
}
