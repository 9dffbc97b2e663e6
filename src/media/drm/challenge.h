/*
 * challenge.h - what a licence request says of itself where that can be read: Widevine's (protocol buffers) and PlayReady's (SOAP).
 * FairPlay's is sealed for its key server. The bytes are a player's, which may be anybody's. Pure; any thread.
 */
#pragma once
#include "media/presentation.h"

enum { CHALLENGE_MAX = 64 << 10, CHALLENGE_KIDS_MAX = 32 };

struct challenge {
    bool certificate; /* asks for the service's certificate alone: no licence comes of it */
    bool persistent;  /* wants to keep the licence */
    uint8_t kids[CHALLENGE_KIDS_MAX][16]; /* what it wants keys of; none: it does not say */
    size_t n_kids;
};
/* false: not a request of this system. */
bool challenge_read(enum drm_system s, struct str body, struct challenge *ret);
