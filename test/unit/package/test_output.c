/* test_output.c - what classes ask of devices, in our words and in those of the systems. */
#include "media/drm/drm.h"
#include "media/drm/output.h"
#include <criterion/criterion.h>
#include <string.h>

Test(output, levels_are_read_by_name_and_translated) {
    static const struct {
        enum drm_system system;
        const char *said;
        enum robustness level;
        const char *told;
    } cases[] = {{DRM_WIDEVINE, "HW_SECURE_ALL", ROBUST_HW_ALL, "HW_SECURE_ALL"},
                 {DRM_WIDEVINE, "sw_secure_decode", ROBUST_SW_DECODE, "SW_SECURE_DECODE"},
                 {DRM_WIDEVINE, "", ROBUST_SW_CRYPTO, "SW_SECURE_CRYPTO"},
                 {DRM_WIDEVINE, "none", ROBUST_SW_CRYPTO, "SW_SECURE_CRYPTO"},
                 {DRM_WIDEVINE, "3000", ROBUST_SW_CRYPTO, "SW_SECURE_CRYPTO"},
                 {DRM_PLAYREADY, "3000", ROBUST_HW_ALL, "3000"},
                 {DRM_PLAYREADY, "2000", ROBUST_SW_DECODE, "2000"},
                 {DRM_PLAYREADY, "", ROBUST_SW_DECODE, "2000"},
                 {DRM_PLAYREADY, "150", ROBUST_NONE, ""},
                 {DRM_FAIRPLAY, "", ROBUST_HW_ALL, ""}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        cr_expect_eq(drm_robustness(cases[i].system, str_of(cases[i].said)), cases[i].level, "%zu", i);
        cr_expect_str_eq(drm_robustness_text(cases[i].system, cases[i].level), cases[i].told, "%zu", i);
    }
    cr_expect_eq(hdcp_by_name(STR("2.2")), HDCP_2_2);
    cr_expect_eq(hdcp_by_name(STR("2.4")), -1);
    cr_expect_eq(robustness_by_name(STR("hw")), -1);
}

Test(output, several_classes_ask_for_the_strictest) {
    struct output_policy p = {.of = {[KEY_SD] = {HDCP_NONE, ROBUST_SW_CRYPTO}, [KEY_HD] = {HDCP_1_4, ROBUST_SW_DECODE}, [KEY_UHD] = {HDCP_2_2, ROBUST_HW_ALL}}};
    struct class_output o = output_of(&p, 1u << KEY_SD | 1u << KEY_HD);
    cr_expect_eq(o.hdcp, HDCP_1_4);
    cr_expect_eq(o.robustness, ROBUST_SW_DECODE);
    o = output_of(&p, 1u << KEY_AUDIO);
    cr_expect(o.hdcp == HDCP_NONE && o.robustness == ROBUST_NONE);
    cr_expect(output_asks(&p) && !output_asks(&(struct output_policy){.of = {{HDCP_NONE, ROBUST_NONE}}}));
}

Test(output, stays_with_an_asset) {
    struct asset_drm d = {.output = {.of = {[KEY_UHD] = {HDCP_2_2, ROBUST_HW_ALL}}}}, back;
    scoped(arena_done) struct arena a = ARENA(64 << 10);
    json_t *j = asset_drm_to_json(&d), *bad;
    cr_assert(asset_drm_is(&d) && j && asset_drm_from_json(j, &a, &back));
    cr_expect_eq(memcmp(&back.output, &d.output, sizeof d.output), 0);
    json_decref(j);
    static const char *const wrong[] = {"{}", "{\"systems\":[],\"data\":[]}", "{\"output\":[]}", "{\"output\":{\"hd\":{\"hdcp\":\"9\",\"robustness\":\"none\"}}}",
                                        "{\"output\":{\"hd\":{\"hdcp\":\"1.4\"}}}"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        bad = json_loads(wrong[i], 0, NULL);
        cr_expect(!asset_drm_from_json(bad, &a, &back), "%s", wrong[i]);
        json_decref(bad);
    }
}
