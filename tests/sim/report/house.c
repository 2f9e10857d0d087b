/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim/report/report.h"

#include <arpa/inet.h>
#include <json-c/json.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* The answer line, to be freed; NULL: none. */
static char *ask(int fd, const char *line)
{
    size_t size = 1 << 20, used = 0;
    if (write(fd, line, strlen(line)) != (ssize_t)strlen(line))
        return NULL;
    char *text = calloc(1, size);
    while (text && used + 1 < size) {
        ssize_t n = read(fd, text + used, size - used - 1);
        if (n <= 0)
            break;
        used += (size_t)n;
        if (memchr(text, '\n', used))
            return text;
    }
    free(text);
    return NULL;
}

static int64_t number(json_object *o, const char *key)
{
    json_object *v = NULL;
    json_object_object_get_ex(o, key, &v);
    return json_object_get_int64(v);
}

static json_object *member(json_object *o, const char *key)
{
    json_object *v = NULL;
    json_object_object_get_ex(o, key, &v);
    return v;
}

static void read_truth(json_object *state, struct house_truth *out)
{
    json_object *grid = member(state, "grid"), *fuse = member(grid, "fuse");
    json_object *chargers = member(state, "chargers");
    *out = (struct house_truth){.import_wh = number(grid, "import_wh"),
                                .fuse_ma = number(grid, "fuse_ma"),
                                .sun_w = number(member(state, "inverter"), "sun_w")};
    for (size_t i = 0; fuse && i < json_object_array_length(fuse); i++) {
        int64_t peak = number(json_object_array_get_idx(fuse, i), "peak_ma");
        out->fuse_peak_ma = peak > out->fuse_peak_ma ? peak : out->fuse_peak_ma;
    }
    for (size_t i = 0; chargers && i < json_object_array_length(chargers); i++)
        out->charged_wh += number(json_object_array_get_idx(chargers, i), "energy_wh");
}

bool house_ask(int port, struct house_truth *out)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval patience = {.tv_sec = 3};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    char *text = NULL;
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0)
        text = ask(fd, "{\"cmd\":\"state\"}\n");
    close(fd);
    json_object *state = text ? json_tokener_parse(text) : NULL;
    free(text);
    bool ok = member(state, "grid") != NULL;
    if (ok)
        read_truth(state, out);
    json_object_put(state);
    return ok;
}
