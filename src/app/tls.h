/* tls.h - certificates for --host NAME: given ones are checked, else a local authority (EC P-256,
 * its private key 0600 in <data>/tls) makes one for NAME that browsers accept once they trust the
 * authority. */
#pragma once
#include "base/err.h"

struct tls_files {
    char *cert, *key; /* PEM paths, ours to free with tls_done */
    char *authority; /* the authority's certificate to be trusted; NULL when the files were given */
};

/* cert and key may be empty (both or none). host: a DNS name or an IP address. A certificate that
 * ends within 30 days, or is for another name, is made anew. ERR_INVALID: the pair does not match,
 * cannot be read, has expired ("tls.mismatch", "tls.unreadable", "tls.expired", "tls.early",
 * "tls.name", "tls.pair"). */
int tls_prepare(const char *data_dir, const char *host, const char *cert, const char *key,
                int64_t now_ms, struct tls_files *ret_files, struct err *reterr);
/* As tls_prepare, of files that it has prepared: one of the local authority's that ends within 30 days is made
 * anew under its name (*ret_renewed). A given one is its giver's. */
int tls_renew(const char *data_dir, const char *host, const struct tls_files *f, int64_t now_ms,
              bool *ret_renewed, struct err *reterr);
void tls_done(struct tls_files *f);
