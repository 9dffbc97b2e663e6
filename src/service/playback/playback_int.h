/* playback_int.h - what the files of playback share, and its tests. */
#pragma once
#include "service/catalog/catalog.h"
#include "service/identity/identity.h"
#include "service/playback/decide.h"
#include "service/playback/playback.h"

/* By the index playback_shelf (decision 32). Of "account_id = $1" SQLite would put $1 into the substr, and compare it with itself. */
#define OF_ACCOUNT "substr(account_id, 26) = substr($1, 26) AND account_id BETWEEN $1 AND $1"
#define PLAYBACK_SQL(Q)                                                                            \
    Q(PLAYBACK_INSERT, VIEWING,                                                                    \
      "INSERT INTO playback (id, account_id, profile_id, device_id, title_id, asset_id, view,"     \
      " duration_ms, position_ms, state, started_at, updated_at, expires_at, session_id)"          \
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'started', $10, $10, $11, $12)"                \
      " ON CONFLICT (id) DO NOTHING")                                                              \
    /* ROWS_A_STATEMENT of them */                                                                 \
    Q(PLAYBACK_INSERT_MANY, VIEWING,                                                               \
      "INSERT INTO playback (id, account_id, profile_id, device_id, title_id, asset_id, view,"     \
      " duration_ms, position_ms, state, started_at, updated_at, expires_at, session_id)"          \
      " VALUES "                                                                                   \
      "($1,$2,$3,$4,$5,$6,$7,$8,$9,'started',$10,$10,$11,$12),"                                                                              \
      " ($13,$14,$15,$16,$17,$18,$19,$20,$21,'started',$22,$22,$23,$24),"                                                                              \
      " ($25,$26,$27,$28,$29,$30,$31,$32,$33,'started',$34,$34,$35,$36),"                                                                              \
      " ($37,$38,$39,$40,$41,$42,$43,$44,$45,'started',$46,$46,$47,$48),"                                                                              \
      " ($49,$50,$51,$52,$53,$54,$55,$56,$57,'started',$58,$58,$59,$60),"                                                                              \
      " ($61,$62,$63,$64,$65,$66,$67,$68,$69,'started',$70,$70,$71,$72),"                                                                              \
      " ($73,$74,$75,$76,$77,$78,$79,$80,$81,'started',$82,$82,$83,$84),"                                                                              \
      " ($85,$86,$87,$88,$89,$90,$91,$92,$93,'started',$94,$94,$95,$96),"                                                                              \
      " ($97,$98,$99,$100,$101,$102,$103,$104,$105,'started',$106,$106,$107,$108),"                                                                              \
      " ($109,$110,$111,$112,$113,$114,$115,$116,$117,'started',$118,$118,$119,$120),"                                                                              \
      " ($121,$122,$123,$124,$125,$126,$127,$128,$129,'started',$130,$130,$131,$132),"                                                                              \
      " ($133,$134,$135,$136,$137,$138,$139,$140,$141,'started',$142,$142,$143,$144),"                                                                              \
      " ($145,$146,$147,$148,$149,$150,$151,$152,$153,'started',$154,$154,$155,$156),"                                                                              \
      " ($157,$158,$159,$160,$161,$162,$163,$164,$165,'started',$166,$166,$167,$168),"                                                                              \
      " ($169,$170,$171,$172,$173,$174,$175,$176,$177,'started',$178,$178,$179,$180),"                                                                              \
      " ($181,$182,$183,$184,$185,$186,$187,$188,$189,'started',$190,$190,$191,$192)"                                                                               \
      " ON CONFLICT (id) DO NOTHING")                                                              \
    Q(PLAYBACK_DROP, VIEWING, "DELETE FROM playback WHERE id = $1")                                \
    Q(PLAYBACK_SESSION, VIEWING, "SELECT session_id FROM playback WHERE id = $1 AND expires_at > $2"  \
      " AND state <> 'stopped'")                                                                   \
    Q(PLAYBACK_OF_SESSION, VIEWING,                                                                \
      "SELECT id, expires_at FROM playback WHERE session_id = $1 AND expires_at > $2")             \
    Q(PLAYBACK_OF_ACCOUNT_SESSION, VIEWING,                                                        \
      "SELECT id, expires_at FROM playback WHERE " OF_ACCOUNT " AND session_id = $2"               \
      " AND expires_at > $3 AND started_at > $4")                                                  \
    Q(PLAYBACK_OF_ACCOUNT, VIEWING,                                                                \
      "SELECT id, expires_at FROM playback WHERE " OF_ACCOUNT " AND expires_at > $2 AND started_at > $3") \
    Q(PLAYBACK_GET, VIEWING,                                                                       \
      "SELECT id, account_id, profile_id, title_id, duration_ms, expires_at, asset_id, device_id," \
      " state, started_at, position_ms"                                                                 \
      " FROM playback WHERE id = $1 AND account_id = $2")                                          \
    Q(PLAYBACK_BEAT, VIEWING,                                                                      \
      "UPDATE playback SET position_ms = $2, state = $3, updated_at = $4"                          \
      " WHERE id = $1 AND state <> 'stopped'")                                                     \
    Q(PLAYBACK_STOP, VIEWING,                                                                      \
      "UPDATE playback SET state = 'stopped', updated_at = $3 WHERE id = $1 AND account_id = $2"   \
      " AND expires_at > $3")                                                                      \
    Q(PLAYBACK_BY_ACCOUNT, VIEWING,                                                                \
      "SELECT id, profile_id, device_id, title_id, asset_id, state, position_ms, started_at,"      \
      " updated_at FROM playback WHERE " OF_ACCOUNT " ORDER BY started_at")                       \
    Q(PLAYBACK_OF_ASSET, VIEWING, /* ids grow with the time: no index of its own, which every Play would pay for */ \
      "SELECT 1 FROM playback WHERE id > $1 AND asset_id = $2 AND expires_at > $3"                 \
      " AND state <> 'stopped' LIMIT 1")                                                           \
    Q(PLAYBACK_ERASE, VIEWING, "DELETE FROM playback WHERE " OF_ACCOUNT)                           \
    Q(PLAYBACK_PURGE, VIEWING, "DELETE FROM playback WHERE expires_at < $1")

enum { PLAYBACK_SQL(SQL_ENUM) };
/* streams.c. The refusal of a stream_state that is not STREAM_MINE, which names who watches. */
int stream_refuse(const struct engine *e, struct account_id account, int state, struct err *reterr);
#define TOO_MANY_STREAMS "playback.too_many_streams"
/* systems.c */
void playback_systems_start(const struct engine *e);
/* Whether a module of this system (enum grant_system) gets its service's certificate of us. */
bool playback_certificate(unsigned system);
/* What the API's PlaybackDevice says of its protection systems and outputs. */
void playback_device_systems(const json_t *device, struct playback_device *d);
/* devices.c. How many devices the account may play on; 0: any number. */
int playback_device_limit(const struct engine *e, struct account_id account, int *ret, struct err *reterr);
/* The limit that holds for who asks; NULL: none. */
device_limit_fn *playback_device_rule(const struct principal *who);
/*
 * record.c - a playback's own row, written in batches a moment after Play was answered (the setting
 * "playback-batch"): it is no money, and a commit for each would cost more than the decision. Who reads rows
 * reads them through here, so that nobody sees a Play that is not there yet.
 */
struct playback_row {
    struct playback_id id;
    struct account_id account;
    struct profile_id profile;
    struct device_id device;
    struct title_id title;
    struct asset_id asset;
    struct session_id session;
    struct str view; /* copied */
    int64_t duration_ms, position_ms, started_ms, expires_ms;
    int64_t since_ns; /* of the question (struct playback_ask) */
};
enum { RECORD_BATCH = 512, ROWS_A_STATEMENT = 16, ROW_COLUMNS = 12 };
/* ERR_BUSY: the store has taken nothing for so long that no more can be kept. */
int record_add(const struct engine *e, const struct playback_row *row, struct err *reterr);
/* What is kept here is in the store afterwards. */
int record_flush(const struct engine *e, struct err *reterr);
/* PLAYBACK_GET and PLAYBACK_SESSION, also of one that was just begun, here or by another process. */
int record_get(const struct engine *e, struct playback_id id, struct account_id account,
               struct arena *a, struct rows *ret, struct err *reterr);
int record_session(const struct engine *e, struct playback_id id, struct arena *a, struct rows *ret,
                   struct err *reterr);
void record_stop(void);
extern const struct config_key playback_config[];
/* revoke.c */
int playback_revoke_account(const struct engine *e, struct account_id account, struct err *reterr);
extern const struct event_handler playback_events[];

extern const struct sql playback_sql[];
extern const struct route playback_routes[];
extern const struct schema playback_schemas[];

#define PLAYBACK_MARGIN_MS (60LL * 60 * 1000) /* beside the film, for pauses */
#define PLAYBACK_LONGEST_MS (2 * 24 * 3600 * INT64_C(1000)) /* what began before has ended */
#define PLAYBACK_KEPT_MS (400LL * 24 * 3600 * 1000)
enum { HEARTBEAT_EVERY_S = 10 };
