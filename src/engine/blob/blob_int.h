/* blob_int.h - between the folder's files. */
#pragma once
#include "engine/blob/blob.h"
#include <openssl/evp.h>
#include <sys/stat.h>

struct blob {
    char *dir;
    int dir_fd, tmp_fd, part_fd;
};

/* ERR_INVALID with the name when it is not one. */
int blob_name_check(const char *name, struct err *reterr);
/* The prefix without its last '/'; "" stands for everything. dst holds BLOB_NAME_MAX + 1. */
int blob_prefix_check(const char *prefix, char *dst, struct err *reterr);
enum { BLOB_NAME_MAX = 512 };

void blob_info_fill(const struct stat *st, struct blob_info *ret);
void sha256_hex(EVP_MD_CTX *md, char *dst); /* ends md's computation; dst holds 65 */
/* Hashes what is in the file from its start; progress may be NULL. Returns 0. */
int fd_hash(int fd, int64_t total, void (*progress)(void *arg, int64_t done, int64_t total),
            void *arg, char *dst, struct err *reterr);
/* err_errno with the free space, where that is the matter. */
int blob_errno(struct blob *b, int errnum, const char *what, struct err *reterr);
/* Renames from.file to the object name, making its folders, and makes it durable. 0, or -1 with errno. */
int object_publish(struct blob *b, int from, const char *file, const char *name);
/* All of it, at the descriptor's place. 0, or -1 with errno. */
int fd_write_all(int fd, const void *p, size_t n);
/* Removes the folders that hold no object. */
int blob_folders_prune(struct blob *b, struct err *reterr);
