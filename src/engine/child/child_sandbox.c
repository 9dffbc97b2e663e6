/*
 * child_sandbox.c - what a child that reads foreign media may ask of the kernel: to use the
 * descriptors it holds, memory, threads and clocks. The list says what is allowed; everything else
 * answers EPERM, and opening a file EACCES, so that a library which only probes (a locale, the
 * number of CPUs) carries on.
 *
 * Installed before any thread starts, so all of them inherit it. clone3 passes its flags in memory,
 * where a filter cannot look: it answers ENOSYS and glibc falls back to clone, whose flags we
 * check.
 */
#include "engine/child/child_int.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <iconv.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define CLONE_NAMESPACES                                                                           \
    (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |     \
     CLONE_NEWCGROUP)

/* Data in and out of what is open already; none of these takes a path. */
#define ALLOW_FILES(X)                                                                             \
    X(read)                                                                                        \
    X(write)                                                                                       \
    X(readv) X(writev) X(pread64) X(pwrite64) X(preadv) X(pwritev) X(lseek) X(fstat) X(ftruncate)  \
        X(fallocate) X(fsync) X(fdatasync) X(sync_file_range) X(fadvise64) X(close) X(close_range) \
            X(dup) X(poll) X(ppoll) X(copy_file_range)
#define ALLOW_MEMORY(X)                                                                            \
    X(mmap)                                                                                        \
    X(munmap)                                                                                      \
    X(mprotect) X(mremap) X(madvise) X(brk) X(mincore) X(membarrier) X(get_mempolicy)              \
        X(set_mempolicy) X(mbind)
#define ALLOW_THREADS(X)                                                                           \
    X(futex)                                                                                       \
    X(set_robust_list)                                                                             \
    X(rseq) X(set_tid_address) X(gettid) X(getpid) X(getppid) X(exit) X(exit_group) X(sched_yield) \
        X(sched_getaffinity) X(sched_getparam) X(sched_getscheduler) X(sched_get_priority_max)     \
            X(sched_get_priority_min) X(getpriority) X(getcpu) X(arch_prctl) X(restart_syscall)
#define ALLOW_SIGNALS(X)                                                                           \
    X(rt_sigaction) X(rt_sigprocmask) X(rt_sigreturn) X(rt_sigtimedwait) X(sigaltstack)
#define ALLOW_REST(X)                                                                              \
    X(clock_gettime)                                                                               \
    X(clock_getres)                                                                                \
    X(clock_nanosleep) X(nanosleep) X(gettimeofday) X(times) X(time) X(getrandom) X(uname)         \
        X(sysinfo) X(getrusage) X(getrlimit) X(getuid) X(geteuid) X(getgid) X(getegid)

static const int allowed[] = {
#define X(name) SCMP_SYS(name),
    ALLOW_FILES(X) ALLOW_MEMORY(X) ALLOW_THREADS(X) ALLOW_SIGNALS(X) ALLOW_REST(X)
#undef X
};

/* A refusal that a library meets on a path it can do without. */
static const struct {
    int call, error;
} refused[] = {
    {SCMP_SYS(open), EACCES},       {SCMP_SYS(openat), EACCES},     {SCMP_SYS(openat2), EACCES},
    {SCMP_SYS(creat), EACCES},      {SCMP_SYS(access), EACCES},     {SCMP_SYS(faccessat), EACCES},
    {SCMP_SYS(faccessat2), EACCES}, {SCMP_SYS(stat), EACCES},       {SCMP_SYS(lstat), EACCES},
    {SCMP_SYS(readlink), EACCES},   {SCMP_SYS(readlinkat), EACCES}, {SCMP_SYS(statx), ENOSYS},
    {SCMP_SYS(clone3), ENOSYS},     {SCMP_SYS(ioctl), ENOTTY},
};

static int rules_simple(scmp_filter_ctx c) {
    int r = 0;
    for (size_t i = 0; i < ARRAY_LEN(allowed) && r == 0; i++)
        r = seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < ARRAY_LEN(refused) && r == 0; i++)
        r = seccomp_rule_add(c, SCMP_ACT_ERRNO((uint32_t)refused[i].error), refused[i].call, 0);
    return r;
}

/* Without F_SETOWN and F_SETSIG: with those a pipe that becomes ready makes the kernel send any
 * signal, SIGKILL too, to any process of this user. */
static const int fcntl_allowed[] = {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL};

/* Calls that are harmless with some arguments only. */
static int rules_by_argument(scmp_filter_ctx c) {
    int r = 0;
    for (size_t i = 0; i < ARRAY_LEN(fcntl_allowed) && r == 0; i++)
        r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
                             SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntl_allowed[i]));
    if (r == 0)
        r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
                             SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_VM | CLONE_NAMESPACES,
                                     CLONE_THREAD | CLONE_VM));
    if (r == 0) /* glibc's fstat() is newfstatat(fd, "", .., AT_EMPTY_PATH) */
        r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                             SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
    if (r == 0)
        r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A2(SCMP_CMP_EQ, 0));
    if (r == 0)
        r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                             SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    if (r ==
        0) /* the kernel names our anonymous mappings, where glibc or a sanitizer asks for it */
        r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                             SCMP_A0(SCMP_CMP_EQ, 0x53564d41));
    if (r == 0) /* abort() */
        r = seccomp_rule_add(c, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                             SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    return r;
}

/* Whatever a library reads from disk once, it reads now. */
static void libraries_warm(void) {
    uint8_t byte;
    OPENSSL_init_crypto(OPENSSL_INIT_ADD_ALL_CIPHERS | OPENSSL_INIT_ADD_ALL_DIGESTS |
                            OPENSSL_INIT_NO_LOAD_CONFIG,
                        NULL);
    RAND_bytes(&byte, 1);
    /* glibc keeps a conversion's module loaded while a descriptor is open. */
    static const char *const charsets[] = {"WINDOWS-1252", "ISO-8859-1", "UTF-16", "UTF-16LE",
                                           "UTF-16BE"};
    for (size_t i = 0; i < ARRAY_LEN(charsets); i++)
        iconv_open("UTF-8", charsets[i]);
    sysconf(_SC_NPROCESSORS_CONF);
}

/* A child of root's becomes nobody: what it may touch is open already. A container whose root may not
 * change its user goes on with the filter alone. */
static void root_leave(void) {
    enum { NOBODY = 65534 };
    pid_t parent = getppid();
    if (geteuid() != 0 || setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) < 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* was lost with the user */
    if (getppid() != parent)
        _exit(126);
}

int child_enter_sandbox(struct err *reterr) {
    child_reply_fd(CHILD_FD_REPLY);
    libraries_warm();
    root_leave();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return err_errno(reterr, errno, "no_new_privs");
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); /* its memory holds keys */
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!c)
        return err_set(reterr, ERR_NO_MEMORY, "seccomp_init");
    int r = rules_simple(c);
    if (r == 0)
        r = rules_by_argument(c);
    if (r == 0)
        r = seccomp_load(c);
    seccomp_release(c);
    if (r < 0)
        return err_refuse(
            reterr, ERR_PERMISSION, "child.no_sandbox",
            "This system allows no seccomp filter, and foreign media is not read without one. Use "
            "a kernel with CONFIG_SECCOMP_FILTER, or a container profile that permits seccomp.",
            "seccomp: %s", strerror(-r));
    return 0;
}
