/*
 * playback.h - a tap on Play: the decision, and everything that a player needs in one answer. Table
 * playback (STORE_VIEWING): account -> profile -> device -> playback. Any thread.
 */
#pragma once
#include "service/delivery/delivery.h"
#include "service/playback/decide.h"
#include "service/playback/grant.h"

struct playback_ask {
    struct principal who; /* roles 0: nobody */
    struct title_id title;
    struct id version;       /* of the title; unset: the main one */
    struct device_id device; /* may be unset */
    struct str device_kind, device_name;
    struct playback_device can; /* what the device can do */
    struct str country;         /* where it is asked from; empty: not known */
    struct str langs;           /* Accept-Language, for the title's card */
    int64_t since_ns;           /* on the monotonic clock, before who was let in; 0: not known */
    json_t **ret_way; /* of a refusal for want of a right: the API's Access (a new reference); may be
                       * NULL */
};
/* Decides, makes the playback and its rights, and adds the API's Playback to the answer. Refusals: decide.c.
 */
int playback_start(const struct engine *e, const struct playback_ask *ask, struct arena *a,
                   struct buf *answer, struct err *reterr);
/* The account's own playback only, else ERR_NOT_FOUND "playback.not_found". state: playing, paused,
 * buffering, ended. client_at_ms: the player's clock. The position is kept also when the player is then
 * told to stop: ERR_CONFLICT "playback.stopped" (from another device), "playback.replaced" (by a later
 * playback on this one), TOO_MANY_STREAMS (it was silent for long, and others watch now). */
struct playback_beat {
    struct playback_id playback;
    int64_t position_ms;
    struct str state;
    int64_t at_ms, sent_ms; /* the player's clock, then and now; 0: not said */
    int64_t seq;            /* counts the reports of this playback; 0: not said */
    struct str country;     /* where it comes from; may be empty */
};
/* One that is told late, by a player that was offline, is taken also after the playback has ended, and is
 * only about the position. */
int playback_report(const struct engine *e, struct account_id account, const struct playback_beat *b,
                    struct err *reterr);
/* The same, of now. */
int playback_heartbeat(const struct engine *e, struct account_id account,
                       struct playback_id playback, int64_t position_ms, struct str state,
                       int64_t client_at_ms, struct err *reterr);

/* What runs in the account of who asks now; a title that is not for his age has no name; as the API's Stream array; langs for the titles' names. Best effort:
 * without the cache it is empty. */
int playback_streams(const struct engine *e, const struct principal *who, struct str langs,
                     struct arena *a, json_t **ret, struct err *reterr);
/* Ends a playback for its player, wherever that runs: its slot is free at once, its next heartbeat is
 * refused with "playback.stopped". The account's own only, else ERR_NOT_FOUND. */
int playback_stop(const struct engine *e, struct account_id account, struct playback_id playback,
                  struct err *reterr);
/* 0: it has not ended, and the session that it was started in is signed in still. ERR_FORBIDDEN
 * "playback.ended". What was given to a playback (a licence's grant) asks this. */
int playback_check_live(const struct engine *e, struct playback_id playback, struct err *reterr);
/* Where licences of a system are to be had (setting licence-proxy-...); "": nowhere. */
#define PLAYBACK_CERTIFICATE "/api/v1/licence/fairplay-certificate"
unsigned playback_proxied(void); /* 1u << enum drm_system; after start */
const char *playback_proxy_url(const struct engine *e, enum drm_system s);
/* Whether somebody may still be watching it: a playback of the last two days that has neither expired nor ended. */
int playback_asset_watched(const struct engine *e, struct asset_id asset, bool *ret, struct err *reterr);

extern const struct service playback_service;
