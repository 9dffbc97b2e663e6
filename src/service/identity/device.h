/* device.h - what identity's files share about devices (device.c has the rules). */
#pragma once
#include "service/identity/pairing_int.h"

/* Trimmed, at most DEVICE_NAME_MAX bytes; empty for what is no UTF-8. Borrows. */
struct str device_name_tidy(struct str name);
/* The name so, and one of our kinds. Borrows. */
struct device_info device_tidy(const struct device_info *d);

struct device_want {
    struct device_info d;       /* tidy */
    struct device_id else_id;   /* where d.id is somebody else's; may be unset */
    bool named;                 /* by its owner */
    bool plays;                 /* counts from now on */
    int limit;                  /* on those that count; 0: none */
};
/* In tx (MAIN): makes or finds the account's device. ERR_CONFLICT TOO_MANY_DEVICES. */
int device_write(struct tx *tx, struct account_id account, const struct device_want *w, struct device_id *ret_id,
                 struct err *reterr);
