/* A slow disk for `writes`: what is preloaded into the server, so that each sync takes SLOW_SYNC_MICROS longer. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int after_a_while(const char *name, int fd) {
    long micros = atol(getenv("SLOW_SYNC_MICROS"));
    struct timespec wait = {micros / 1000000, micros % 1000000 * 1000};
    nanosleep(&wait, 0);
    int (*sync)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    return sync(fd);
}
int fdatasync(int fd) { return after_a_while("fdatasync", fd); }
int fsync(int fd) { return after_a_while("fsync", fd); }
