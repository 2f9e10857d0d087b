/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/io/state.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

enum { PATH_CAP = 512 };

static bool path_of(char path[PATH_CAP], const char *dir, const char *name, const char *suffix)
{
    int n = snprintf(path, PATH_CAP, "%s/%s%s", dir, name, suffix);
    return n > 0 && n < PATH_CAP;
}

static bool write_all(int fd, struct str s)
{
    while (s.len) {
        ssize_t n = write(fd, s.p, s.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s = (struct str){s.p + n, s.len - (size_t)n};
    }
    return true;
}

static enum err sync_dir(const char *dir)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    enum err rc = fsync(fd) == 0 ? ERR_OK : ERR_IO;
    close(fd);
    return rc;
}

enum err state_save(const char *dir, const char *name, struct str bytes)
{
    char tmp[PATH_CAP], path[PATH_CAP];
    if (!path_of(tmp, dir, name, ".new") || !path_of(path, dir, name, ""))
        return ERR_RANGE;
    int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_IO;
    bool ok = write_all(fd, bytes) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (!ok || rename(tmp, path) != 0) {
        unlink(tmp);
        return ERR_IO;
    }
    return sync_dir(dir);
}

enum err state_load(const char *dir, const char *name, size_t max, char **out, size_t *len)
{
    char path[PATH_CAP];
    struct stat st;
    enum err rc = ERR_IO;
    char *p = NULL;
    *out = NULL;
    *len = 0;
    if (!path_of(path, dir, name, ""))
        return ERR_RANGE;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? ERR_MISSING : ERR_IO;
    if (fstat(fd, &st) != 0)
        goto out;
    if (st.st_size < 0 || (uintmax_t)st.st_size > max) {
        rc = ERR_FULL;
        goto out;
    }
    size_t size = (size_t)st.st_size, got = 0;
    p = malloc(size + 1);
    if (!p)
        abort();
    while (got < size) {
        ssize_t n = read(fd, p + got, size - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            goto out;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    p[got] = '\0';
    *out = p;
    *len = got;
    p = NULL;
    rc = ERR_OK;
out:
    free(p);
    close(fd);
    return rc;
}

enum err state_append(const char *dir, const char *name, struct str line)
{
    char path[PATH_CAP];
    assert(!line.len || !memchr(line.p, '\n', line.len));
    if (!path_of(path, dir, name, ""))
        return ERR_RANGE;
    bool fresh = access(path, F_OK) != 0;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        return ERR_IO;
    /* Lines end with \n: a line without one was cut by a power loss and its reader drops it. */
    bool ok = write_all(fd, line) && write_all(fd, str_of("\n")) && fdatasync(fd) == 0;
    ok = close(fd) == 0 && ok;
    if (ok && fresh)
        return sync_dir(dir);
    return ok ? ERR_OK : ERR_IO;
}
