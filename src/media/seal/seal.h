/*
 * seal.h - a file at rest that only the holder of its key reads, from any place in it.
 *
 * File: a head of 32 bytes {"MTSEAL1\0", chunk u32, 0 u32, size of what is inside u64, salt 8 bytes} (big-endian), then
 * chunks of `chunk` clear bytes (the last is what is left), each sealed by AES-256-GCM and followed by its tag of 16
 * bytes. The nonce is salt and chunk number, the head is bound to every chunk: chunks can't change places, and a file
 * that was cut off is noticed. A key is of one content alone, and the salt is new each time.
 *
 * In a media child the source may be such a file. fd_unseal() says so once, at its start; whoever reads a source reads
 * it by fd_pread() and fd_size(), and sees what is inside. One file a process, because a child has one source.
 */
#pragma once
#include "base/err.h"
#include <sys/types.h>

enum { SEAL_KEY = 32, SEAL_HEAD = 32, SEAL_TAG = 16, SEAL_CHUNK = 64 << 10 };

/* Seals all of `from` into `to`, both at their starts. progress may be NULL; a negative answer stops. */
int seal_write(int from, int to, const uint8_t key[SEAL_KEY], int (*progress)(void *arg, int permille), void *arg,
               struct err *reterr);

struct sealed;
/* fd is borrowed. ERR_CORRUPT "seal.unreadable": not sealed, cut off, or by another key. */
int sealed_open(int fd, const uint8_t key[SEAL_KEY], struct sealed **ret, struct err *reterr);
void sealed_free(struct sealed *s);
void sealed_freep(struct sealed **s);
int64_t sealed_size(const struct sealed *s); /* of what is inside */
/* As pread(); -1 with EBADMSG where a chunk does not open. Any thread. */
ssize_t sealed_pread(struct sealed *s, void *dst, size_t n, int64_t at);

/* The descriptor is a sealed file from now on. key: 64 hex digits. Before any thread. */
int fd_unseal(int fd, const char *key, struct err *reterr);
/* As pread(), and st_size of a regular file (-1: it is none), of what the descriptor holds in clear. */
ssize_t fd_pread(int fd, void *dst, size_t n, int64_t at);
int64_t fd_size(int fd);
