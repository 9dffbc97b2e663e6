/* mail_int.h - what the files of mail share. */
#pragma once
#include "engine/mail/mail.h"

/* send.c. By the settings of e: a file or SMTP. Network and file errors only; takes up to 20 s. */
int mail_transmit(const struct engine *e, struct str to, struct str id, struct str message,
                  struct err *reterr);
/* The address alone, of "Name <address>" or of itself. */
struct str mail_address(struct str from);
