/*
 * output.h - what a class of tracks asks of the device that shows it: the content protection of its outputs (HDCP) and how well the
 * device keeps keys and pictures (robustness). Levels are those of EME and Widevine; other systems' are translated. Pure; any thread.
 */
#pragma once
#include "media/presentation.h"

extern const char *const hdcp_names[HDCP_LEVELS];       /* "none", "1.0" ... "2.3" */
extern const char *const robustness_names[ROBUSTNESSES]; /* "none", "SW_SECURE_CRYPTO" ... "HW_SECURE_ALL" */

/* -1: none of them. Robustness in any case of letters. */
int hdcp_by_name(struct str name);
int robustness_by_name(struct str name);

/* What a device's system says it is ("HW_SECURE_ALL"; PlayReady "3000"), as a level of ours; empty or unknown: the least that the system
 * has. FairPlay says nothing and is taken for the best: its key server decides by what the device proves. */
enum robustness drm_robustness(enum drm_system s, struct str said);
/* As the system's players take it: Widevine's name, PlayReady "150", "2000" or "3000"; "" where nothing is asked. */
const char *drm_robustness_text(enum drm_system s, enum robustness r);

/* The strictest of what the classes ask. */
struct class_output output_of(const struct output_policy *p, unsigned classes);
bool output_asks(const struct output_policy *p); /* anything at all */

/* "output" of asset.json's drm: {"hd": {"hdcp": "1.4", "robustness": "SW_SECURE_DECODE"}}; a new reference. */
json_t *output_to_json(const struct output_policy *p);
bool output_from_json(const json_t *j, struct output_policy *ret);
