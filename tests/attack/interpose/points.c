/* Stands between a process and its C library, so that a test can end it, or fill its disk, at a chosen point.

   Preloaded into a command and all that it starts. What happens below one folder is counted across all those processes in
   a shared page, each point a line of the log beside it: every rename, link, removal, truncation, new file or folder,
   fsync, and the begin and end of each process. SQLite's commits, DuckDB's and DuckLake's writes are made of these.

   mode 0: nothing; 1: the process that reaches point `target` is killed before it does that (a new file: just after);
   2: so is every process of its group; 3: from the `target`th write on, the folder's disk is full. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

struct control {
  _Atomic uint64_t count;
  uint64_t target;
  uint64_t mode;
  char root[1000];
  char log[1000];
};
static struct control *control;

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int counting(uint64_t mode) { return control && control->mode == mode; }
static int killing(void) { return counting(1) || counting(2); }

static int named(int folder, const char *path, char *whole) {
  char base[PATH_MAX], link[64];
  if (path && path[0] == '/') {
    snprintf(whole, PATH_MAX, "%s", path);
  } else {
    if (folder == AT_FDCWD) {
      if (!getcwd(base, sizeof base)) return 0;
    } else {
      snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
      ssize_t size = readlink(link, base, sizeof base - 1);
      if (size < 0) return 0;
      base[size] = 0;
    }
    if (path) {
      if (snprintf(whole, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    } else {
      snprintf(whole, PATH_MAX, "%s", base);
    }
  }
  size_t length = strlen(control->root);
  return !strncmp(whole, control->root, length) && (whole[length] == '/' || !whole[length]);
}

static void note(uint64_t number, const char *what, const char *path) {
  char line[PATH_MAX + 64];
  int size = snprintf(line, sizeof line, "%llu\t%d\t%s\t%s\n", (unsigned long long)number, getpid(), what, path);
  int log = (int)syscall(SYS_openat, AT_FDCWD, control->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (log < 0) return;
  syscall(SYS_write, log, line, (size_t)size);
  syscall(SYS_close, log);
}

static void point(const char *what, int folder, const char *path) {
  int before = errno;
  char whole[PATH_MAX];
  if (killing() && named(folder, path, whole)) {
    uint64_t number = atomic_fetch_add(&control->count, 1) + 1;
    note(number, what, whole);
    if (number == control->target) {
      syscall(SYS_kill, counting(2) ? 0 : getpid(), SIGKILL);
      for (;;) pause();
    }
  }
  errno = before;
}

/* Whether there is no space for a write below the folder. */
static int full(const char *what, int folder, const char *path) {
  int before = errno;
  char whole[PATH_MAX];
  if (counting(3) && named(folder, path, whole)) {
    uint64_t number = atomic_fetch_add(&control->count, 1) + 1;
    if (!control->target || number <= control->target) note(number, what, whole);
    if (control->target && number >= control->target) {
      errno = ENOSPC;
      return 1;
    }
  }
  errno = before;
  return 0;
}

static void boundary(const char *what) {
  char path[PATH_MAX];
  if (!killing()) return;
  snprintf(path, sizeof path, "%s/%s", control->root, what);
  point("process", AT_FDCWD, path);
}

__attribute__((constructor)) static void begin(void) {
  const char *page = getenv("CRASH_CONTROL");
  if (!page) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, page, O_RDWR | O_CLOEXEC, 0);
  if (file < 0) return;
  void *found = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (found != MAP_FAILED) control = found;
  boundary("begins");
}

__attribute__((destructor)) static void end(void) { boundary("ends"); }

static int missing(int folder, const char *path) {
  struct stat found;
  int before = errno, gone = fstatat(folder, path, &found, AT_SYMLINK_NOFOLLOW) != 0;
  errno = before;
  return gone;
}

static int opened(int (*real)(int, const char *, int, ...), int folder, const char *path, int flags, mode_t mode) {
  int makes = (flags & O_CREAT) && control && missing(folder, path);
  int empties = (flags & O_TRUNC) && !makes;
  if (makes && full("create", folder, path)) return -1;
  int file = real(folder, path, flags, mode);
  if (file >= 0 && (makes || empties)) point(makes ? "create" : "empty", folder, path);
  return file;
}

static int at(int folder, const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  mode_t mode = va_arg(more, mode_t);
  va_end(more);
  REAL(openat64);
  return real(folder, path, flags, mode);
}

#define OPEN(name, first, folder) \
  int name(first const char *path, int flags, ...) { \
    mode_t mode = 0; \
    if (flags & (O_CREAT | __O_TMPFILE)) { \
      va_list more; \
      va_start(more, flags); \
      mode = va_arg(more, mode_t); \
      va_end(more); \
    } \
    return opened(at, folder, path, flags, mode); \
  }
#define NOTHING
#define FOLDER int folder,
OPEN(open, NOTHING, AT_FDCWD)
OPEN(open64, NOTHING, AT_FDCWD)
OPEN(openat, FOLDER, folder)

int rename(const char *from, const char *to) {
  REAL(rename);
  point("rename", AT_FDCWD, to);
  return real(from, to);
}
int renameat(int one, const char *from, int other, const char *to) {
  REAL(renameat);
  point("rename", other, to);
  return real(one, from, other, to);
}
int link(const char *from, const char *to) {
  REAL(link);
  point("link", AT_FDCWD, to);
  return real(from, to);
}
int linkat(int one, const char *from, int other, const char *to, int flags) {
  REAL(linkat);
  point("link", other, to);
  return real(one, from, other, to, flags);
}
int symlink(const char *from, const char *to) {
  REAL(symlink);
  point("link", AT_FDCWD, to);
  return real(from, to);
}
int symlinkat(const char *from, int other, const char *to) {
  REAL(symlinkat);
  point("link", other, to);
  return real(from, other, to);
}
int unlink(const char *path) {
  REAL(unlink);
  point("unlink", AT_FDCWD, path);
  return real(path);
}
int unlinkat(int folder, const char *path, int flags) {
  REAL(unlinkat);
  point("unlink", folder, path);
  return real(folder, path, flags);
}
int rmdir(const char *path) {
  REAL(rmdir);
  point("unlink", AT_FDCWD, path);
  return real(path);
}
int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  point("mkdir", AT_FDCWD, path);
  if (full("mkdir", AT_FDCWD, path)) return -1;
  return real(path, mode);
}
int fsync(int file) {
  REAL(fsync);
  point("fsync", file, NULL);
  return real(file);
}
int fdatasync(int file) {
  REAL(fdatasync);
  point("fsync", file, NULL);
  return real(file);
}
int ftruncate64(int file, off64_t size) {
  REAL(ftruncate64);
  point("truncate", file, NULL);
  if (size && full("extend", file, NULL)) return -1;
  return real(file, size);
}
int ftruncate(int file, off_t size) { return ftruncate64(file, size); }
int posix_fallocate64(int file, off64_t from, off64_t size) {
  REAL(posix_fallocate64);
  if (full("extend", file, NULL)) return ENOSPC;
  return real(file, from, size);
}
int posix_fallocate(int file, off_t from, off_t size) { return posix_fallocate64(file, from, size); }
ssize_t write(int file, const void *bytes, size_t size) {
  REAL(write);
  if (full("write", file, NULL)) return -1;
  return real(file, bytes, size);
}
ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t from) {
  REAL(pwrite64);
  if (full("write", file, NULL)) return -1;
  return real(file, bytes, size, from);
}
ssize_t pwrite(int file, const void *bytes, size_t size, off_t from) { return pwrite64(file, bytes, size, from); }
ssize_t writev(int file, const struct iovec *pieces, int count) {
  REAL(writev);
  if (full("write", file, NULL)) return -1;
  return real(file, pieces, count);
}
