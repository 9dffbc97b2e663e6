/*
 * mail.h - letters to people. A letter is put into an outbox within the caller's transaction, so that it
 * is sent when the change it speaks of happened, and only then; the worker sends it, at least once, and
 * tries again for three days. It leaves by SMTP (RFC 5321) through libcurl, or, where no server is
 * set, as a file in the data directory's outbox/.
 *
 * A letter may hold a link with a secret in it: its row goes as soon as it is sent, and neither it nor an
 * address stands in a log. Any thread.
 */
#pragma once
#include "base/buf.h"
#include "base/config.h"
#include "base/metrics.h"
#include "engine/store/store.h"

struct engine;
struct mail {
    struct account_id account; /* whose it is: erased with the account; may be unset */
    struct str to;             /* one address, without a name */
    struct str lang;           /* BCP 47, of what follows; may be empty */
    struct str subject;
    struct str lead;           /* paragraphs before the button, parted by an empty line */
    struct str button, link;   /* what it says and where it leads; both or neither */
    struct str tail;           /* paragraphs after it; may be empty */
};

/* Within the caller's STORE_MAIN transaction. ERR_INVALID: a control character in the address or the
 * subject (nobody gets to write headers), or an unfinished button. */
int mail_enqueue(struct tx *tx, const struct mail *m, struct err *reterr);
/* What waits for the account, gone. */
int mail_forget(struct tx *tx, struct account_id account, struct err *reterr);
/* What was written to it into the outbox folder of this machine, gone. */
int mail_forget_files(const struct engine *e, struct account_id account, struct err *reterr);
/* Sends what is due, at most MAIL_BATCH letters; the worker's clock calls it. Returns how many were
 * sent. One that fails waits for its next turn and is no error of the call. */
enum { MAIL_BATCH = 10 };
int mail_send_due(const struct engine *e, struct err *reterr);

/* The message as it goes over the wire (RFC 5322, MIME: text and HTML), lines ended by CR LF. `from` may
 * be "Name <address>"; id makes the Message-ID. */
void mail_render(const struct mail *m, struct str from, struct str id, int64_t at_ms, struct buf *out);

extern const struct sql mail_sql[];
extern const struct config_key mail_config[];
extern struct metric mail_metrics[];
