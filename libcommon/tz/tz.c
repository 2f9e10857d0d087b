/* SPDX-License-Identifier: Apache-2.0 */
#include "libcommon/tz/tz.h"
#include <errno.h>

/* Area/Location: what may be part of a path below the folder, and nothing that leaves it. */
static bool name_ok(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_+-/";
    return name[0] && name[0] != '/' && strlen(name) < 64 && name[strspn(name, allowed)] == '\0';
}

enum err tz_load(const char *name, struct zone *out, struct err_text *why)
{
    char path[256], bytes[ZONE_FILE_MAX];
    const char *dir = getenv("TZDIR");
    if (!name_ok(name))
        return err_set(why, ERR_SYNTAX, "time zone \"%.40s\": a name like Europe/Berlin expected",
                       name);
    int n = snprintf(path, sizeof path, "%s/%s", dir && dir[0] ? dir : "/usr/share/zoneinfo", name);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(why, ERR_RANGE, "TZDIR is too long");
    FILE *f = fopen(path, "rbe");
    if (!f)
        return err_set(why, ERR_UNKNOWN,
                       "time zone \"%s\": %s: %s (a name like Europe/Berlin expected)", name, path,
                       strerror(errno));
    size_t len = fread(bytes, 1, sizeof bytes, f);
    bool bad = ferror(f) || len == sizeof bytes;
    if (fclose(f) != 0 || bad)
        return err_set(why, ERR_IO, "time zone \"%s\": %s cannot be read", name, path);
    enum err e = zone_parse(bytes, len, out, why);
    if (e != ERR_OK)
        err_prefix(why, "time zone \"%s\": %s", name, path);
    return e;
}
