/*
 * licence.h - the ClearKey licence server (W3C Encrypted Media Extensions, section 9.1.4 and 9.1.3:
 * licence request and licence format). It answers to a valid grant only, and only with keys of the
 * grant's asset and classes, while its playback lives: signing out, a new password and an erased
 * account end it at once. No tables, no cookies: the grant is the right. Any thread.
 */
#pragma once
#include "service/playback/grant.h"

/* request: {"kids":[base64url...],"type":"temporary"}. Keys that are asked for and granted; those
 * that are not are left out. ERR_INVALID "licence.request_malformed"; ERR_FORBIDDEN
 * "licence.grant_forged", "licence.grant_expired", "playback.ended", "licence.key_not_granted" (none
 * of them is). */
int licence_make(const struct engine *e, struct str grant, struct str request, json_t **ret,
                 struct err *reterr);

extern const struct service licence_service;
