/* fault_vfs.h - a disk for SQLite that fails on purpose, or forgets what was never flushed. It sits
 * before the system's VFS, for every store that is opened after fault_vfs_install(). */
#pragma once

void fault_vfs_install(void);
void fault_vfs_remove(void);

/* Among writes, flushes and truncations the nth from now on (1: the next) fails with that code of
 * SQLite's, and for_ever those after it too. 0: none. */
void fault_vfs_fail(int nth, int code, int for_ever);
/* Such operations since the last fault_vfs_fail(). */
int fault_vfs_count(void);

/* After the stores are closed: every file of the folder is again what it was when it was last
 * flushed; those that never were are gone. */
void fault_vfs_power_cut(const char *dir);
