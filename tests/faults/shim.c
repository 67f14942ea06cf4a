/* Loaded before the C library (LD_PRELOAD), between a server and its database's files.
 *
 * FAULTS_PATH     path of the database; every path that begins with it is watched, and its folder
 * FAULTS_CONTROL  a file that makes calls fail while it exists. Its text: "<calls> <errno> <every>", where calls are
 *                 letters (w write, s sync, t truncate) and every n-th of them fails
 * FAULTS_KILL     the process is killed after so many changes and syncs (kill -9)
 * FAULTS_LOG      a file that gets a record of every change and every sync, with the data; see power.py, which reads it
 *
 * A change is recorded after it was made, and the start of a sync before it begins: so a record never claims that
 * something was on disk earlier than it was. The lock makes the order of the records one that the threads have seen.
 */

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct record {
    uint64_t at, inode, offset;
    uint32_t path, data;
    int32_t thread;
    char what;
    char is_done;
    char unused[2];
};

static const char *watched, *control;
static char folder[PATH_MAX];
static int journal = -1;
static unsigned long calls, noted, last;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(result, name, ...) \
    static result (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = (result (*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
    watched = getenv("FAULTS_PATH");
    control = getenv("FAULTS_CONTROL");
    const char *number = getenv("FAULTS_KILL");
    if (number) last = strtoul(number, NULL, 10);
    if (watched && strrchr(watched, '/'))
        snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(watched, '/') - watched), watched);
    const char *path = getenv("FAULTS_LOG");
    if (path) journal = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int is_watched(const char *path) {
    return watched && (!strcmp(path, folder) || !strncmp(path, watched, strlen(watched)));
}

/* The path behind a descriptor, if it is watched. */
static int path_of(int fd, char *path) {
    char link[64];
    if (!watched || fd < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_watched(path);
}

/* The whole path of a name in the watched folder: a relative one is relative to the working folder. */
static int whole(int at, const char *name, char *path) {
    char resolved[PATH_MAX], parent[PATH_MAX];
    if (!watched || !name || (at != AT_FDCWD && name[0] != '/')) return 0;
    const char *last = strrchr(name, '/');
    if (last) snprintf(parent, sizeof parent, "%.*s", last == name ? 1 : (int)(last - name), name);
    else snprintf(parent, sizeof parent, ".");
    if (!realpath(parent, resolved)) return 0;
    if ((size_t)snprintf(path, PATH_MAX, "%s/%s", resolved, last ? last + 1 : name) >= PATH_MAX) return 0;
    return is_watched(path);
}

static uint64_t inode_of(const char *path) {
    struct stat about;
    return lstat(path, &about) ? 0 : about.st_ino;
}

static uint64_t inode_behind(int fd) {
    struct stat about;
    return fstat(fd, &about) ? 0 : about.st_ino;
}

static void note(char what, int is_done, uint64_t inode, const char *path, uint64_t offset, const void *data,
                 size_t length) {
    if (last && __atomic_add_fetch(&noted, 1, __ATOMIC_RELAXED) == last) kill(getpid(), SIGKILL);
    if (journal < 0) return;
    int kept = errno;
    struct timespec now;
    struct record record = {.inode = inode, .offset = offset, .path = strlen(path), .data = length,
                            .thread = syscall(SYS_gettid), .what = what, .is_done = is_done};
    struct iovec parts[] = {{&record, sizeof record}, {(void *)path, record.path}, {(void *)data, length}};
    pthread_mutex_lock(&lock);
    clock_gettime(CLOCK_MONOTONIC, &now);
    record.at = now.tv_sec * 1000000000ull + now.tv_nsec;
    if (syscall(SYS_writev, journal, parts, 3) != (long)(sizeof record + record.path + length)) abort();
    pthread_mutex_unlock(&lock);
    errno = kept;
}

/* Whether this call is to fail; sets errno. */
static int fails(char what) {
    char text[64] = "", which[16];
    int error;
    unsigned long every;
    if (!control) return 0;
    int kept = errno, fd = syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        errno = kept;
        return 0;
    }
    syscall(SYS_read, fd, text, sizeof text - 1);
    syscall(SYS_close, fd);
    errno = kept;
    if (sscanf(text, "%15s %d %lu", which, &error, &every) != 3 || !strchr(which, what)) return 0;
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) % every) return 0;
    errno = error;
    return 1;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off64_t);
    char path[PATH_MAX];
    if (!path_of(fd, path)) return real_pwrite64(fd, data, length, offset);
    if (fails('w')) return -1;
    ssize_t done = real_pwrite64(fd, data, length, offset);
    if (done > 0) note('w', 1, inode_behind(fd), path, offset, data, done);
    return done;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length) {
    REAL(ssize_t, write, int, const void *, size_t);
    char path[PATH_MAX];
    if (!path_of(fd, path)) return real_write(fd, data, length);
    if (fails('w')) return -1;
    ssize_t done = real_write(fd, data, length);
    if (done > 0) note('w', 1, inode_behind(fd), path, lseek64(fd, 0, SEEK_CUR) - done, data, done);
    return done;
}

int ftruncate64(int fd, off64_t length) {
    REAL(int, ftruncate64, int, off64_t);
    char path[PATH_MAX];
    if (!path_of(fd, path)) return real_ftruncate64(fd, length);
    if (fails('t')) return -1;
    int result = real_ftruncate64(fd, length);
    if (!result) note('t', 1, inode_behind(fd), path, length, NULL, 0);
    return result;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

/* The folder's inodes and names, a line each: some libraries rename by a bare system call, which nobody sees. */
static size_t list(char *text, size_t size) {
    size_t used = 0;
    DIR *open = opendir(folder);
    for (struct dirent *entry; open && (entry = readdir(open));)
        used += snprintf(text + used, used < size ? size - used : 0, "%llu %s\n", (unsigned long long)entry->d_ino,
                         entry->d_name);
    if (open) closedir(open);
    if (used >= size) abort();
    return used;
}

static int synced(int fd, int (*real)(int)) {
    char path[PATH_MAX], names[1 << 14];
    if (!path_of(fd, path)) return real(fd);
    note('s', 0, inode_behind(fd), path, 0, names, strcmp(path, folder) ? 0 : list(names, sizeof names));
    int result = fails('s') ? -1 : real(fd);
    note(result ? 'e' : 's', 1, inode_behind(fd), path, 0, NULL, 0);
    return result;
}

int fsync(int fd) {
    REAL(int, fsync, int);
    return synced(fd, real_fsync);
}

int fdatasync(int fd) {
    REAL(int, fdatasync, int);
    return synced(fd, real_fdatasync);
}

static int opened(int at, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    int is_new = flags & O_CREAT && whole(at, name, path) && !inode_of(path);
    int fd = syscall(SYS_openat, at, name, flags, mode);
    if (fd >= 0 && is_new) note('c', 1, inode_behind(fd), path, 0, NULL, 0);
    else if (fd >= 0 && flags & O_TRUNC && path_of(fd, path)) note('t', 1, inode_behind(fd), path, 0, NULL, 0);
    return fd;
}

#define MODE(after) \
    mode_t mode = 0; \
    if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) { \
        va_list rest; \
        va_start(rest, after); \
        mode = va_arg(rest, int); \
        va_end(rest); \
    }

int open64(const char *name, int flags, ...) {
    MODE(flags)
    return opened(AT_FDCWD, name, flags, mode);
}

int open(const char *name, int flags, ...) {
    MODE(flags)
    return opened(AT_FDCWD, name, flags, mode);
}

int openat64(int at, const char *name, int flags, ...) {
    MODE(flags)
    return opened(at, name, flags, mode);
}

int openat(int at, const char *name, int flags, ...) {
    MODE(flags)
    return opened(at, name, flags, mode);
}

static int unlinked(int at, const char *name, int flags) {
    char path[PATH_MAX];
    uint64_t inode = whole(at, name, path) ? inode_of(path) : 0;
    int result = syscall(SYS_unlinkat, at, name, flags);
    if (!result && inode) note('u', 1, inode, path, 0, NULL, 0);
    return result;
}

int unlink(const char *name) { return unlinked(AT_FDCWD, name, 0); }
int unlinkat(int at, const char *name, int flags) { return unlinked(at, name, flags); }

/* The new name is the record's path, the old one its data. */
int rename(const char *from, const char *to) {
    char old[PATH_MAX] = "", new[PATH_MAX] = "";
    int is_ours = whole(AT_FDCWD, from, old) | whole(AT_FDCWD, to, new);
    int result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (!result && is_ours) note('r', 1, inode_of(new), new, 0, old, strlen(old));
    return result;
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    char path[PATH_MAX];
    int result = syscall(SYS_linkat, from_at, from, to_at, to, flags);
    if (!result && whole(to_at, to, path)) note('l', 1, inode_of(path), path, 0, NULL, 0);
    return result;
}
