/* licence_int.h - between the files of licence, its tests and its fuzz target. */
#pragma once
#include "service/licence/licence.h"

struct kids {
    uint8_t v[KIDS_MAX][16];
    size_t n;
};
/* Appends to kids (start with n 0). ERR_INVALID "licence.request_malformed". */
int licence_kids_read(struct str request, struct kids *kids, struct err *reterr);
/* licence.c: a player on another origin may ask: the grant in the path is the whole right, no cookie is looked at. */
void licence_open(struct request *rq);
/* licence.c: ERR_FORBIDDEN "licence.other_system". */
int licence_system_refuse(const struct grant *g, struct err *reterr);

/* proxy.c. proxy_start: ERR_INVALID "config.licence_proxy". */
extern const struct config_key proxy_config[];
int proxy_start(const struct engine *e, struct err *reterr);
void proxy_stop(void);
int proxy_widevine(struct request *rq, struct err *reterr);
int proxy_playready(struct request *rq, struct err *reterr);
int proxy_certificate(struct request *rq, struct err *reterr);
int proxy_fairplay(struct request *rq, struct err *reterr);
