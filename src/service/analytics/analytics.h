/*
 * analytics.h - what players and pages report, in one versioned envelope from the first day. Table
 * client_event (STORE_VIEWING). Nobody includes this but the program's list of services.
 *
 * Event times are the client's, moved by how far its clock is off (sent_at against ours). A batch
 * that is sent twice counts once: (account, id) is the key.
 */
#pragma once
#include "service/service.h"

enum { CLIENT_EVENTS_MAX = 200, CLIENT_EVENT_DATA_MAX = 2048 };

/* envelope is checked against the schema ClientEvents. All of it is stored or nothing. ERR_INVALID
 * "analytics.version_unknown", "analytics.data_too_large". */
int client_events_store(const struct engine *e, const struct principal *who, const json_t *envelope,
                        struct err *reterr);

extern const struct service analytics_service;
