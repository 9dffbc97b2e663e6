/* output.c - see output.h. */
#include "media/drm/output.h"

const char *const hdcp_names[HDCP_LEVELS] = {"none", "1.0", "1.1", "1.2", "1.3", "1.4", "2.0", "2.1", "2.2", "2.3"};
const char *const robustness_names[ROBUSTNESSES] = {"none",           "SW_SECURE_CRYPTO", "SW_SECURE_DECODE",
                                                    "HW_SECURE_CRYPTO", "HW_SECURE_DECODE", "HW_SECURE_ALL"};

int hdcp_by_name(struct str name) {
    for (int i = 0; i < HDCP_LEVELS; i++)
        if (str_eq(name, str_of(hdcp_names[i])))
            return i;
    return -1;
}

int robustness_by_name(struct str name) {
    for (int i = 0; i < ROBUSTNESSES; i++)
        if (str_eq_nocase(name, str_of(robustness_names[i])))
            return i;
    return -1;
}

/* PlayReady's levels: 150 is of tests, 2000 of software, 3000 of hardware. */
enum robustness drm_robustness(enum drm_system s, struct str said) {
    int named = robustness_by_name(said);
    if (s == DRM_FAIRPLAY)
        return ROBUST_HW_ALL;
    if (s == DRM_PLAYREADY)
        return str_eq(said, STR("3000")) ? ROBUST_HW_ALL : str_eq(said, STR("150")) ? ROBUST_NONE : ROBUST_SW_DECODE;
    return named > ROBUST_NONE ? (enum robustness)named : ROBUST_SW_CRYPTO;
}

const char *drm_robustness_text(enum drm_system s, enum robustness r) {
    if (r == ROBUST_NONE || s == DRM_FAIRPLAY)
        return "";
    if (s == DRM_PLAYREADY)
        return r >= ROBUST_HW_CRYPTO ? "3000" : "2000";
    return robustness_names[r];
}

struct class_output output_of(const struct output_policy *p, unsigned classes) {
    struct class_output all = {HDCP_NONE, ROBUST_NONE};
    for (int c = KEY_AUDIO; c < KEY_CLASSES; c++) {
        if (!(classes & 1u << c))
            continue;
        all.hdcp = MAX(all.hdcp, p->of[c].hdcp);
        all.robustness = MAX(all.robustness, p->of[c].robustness);
    }
    return all;
}

bool output_asks(const struct output_policy *p) {
    struct class_output all = output_of(p, ~0u);
    return all.hdcp != HDCP_NONE || all.robustness != ROBUST_NONE;
}

json_t *output_to_json(const struct output_policy *p) {
    json_t *o = json_object();
    int bad = 0;
    for (int c = KEY_AUDIO; c < KEY_CLASSES; c++)
        bad |= json_object_set_new(o, key_class_names[c],
                                   json_pack("{s:s, s:s}", "hdcp", hdcp_names[p->of[c].hdcp], "robustness", robustness_names[p->of[c].robustness]));
    if (!bad)
        return o;
    json_decref(o);
    return NULL;
}

static struct str text_of(const json_t *o, const char *key) {
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? str_make(json_string_value(v), json_string_length(v)) : STR("");
}

bool output_from_json(const json_t *j, struct output_policy *ret) {
    struct output_policy p = {0};
    for (int c = KEY_AUDIO; c < KEY_CLASSES; c++) {
        const json_t *o = json_object_get(j, key_class_names[c]);
        if (!o)
            continue;
        int hdcp = hdcp_by_name(text_of(o, "hdcp")), robustness = robustness_by_name(text_of(o, "robustness"));
        if (hdcp < 0 || robustness < 0)
            return false;
        p.of[c] = (struct class_output){(enum hdcp)hdcp, (enum robustness)robustness};
    }
    *ret = p;
    return json_is_object(j);
}
