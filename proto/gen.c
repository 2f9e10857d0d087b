/* SPDX-License-Identifier: Apache-2.0
 * proto-gen DIR: writes DIR/proto/schema/<MESSAGE>.json and DIR/docs/mqtt.md. */
#include "proto/schema.h"

static int write_file(const char *dir, const char *rel, const struct buf *b)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", dir, rel);
    FILE *f = fopen(path, "we");
    if (!f || b->cut || fwrite(b->p, 1, b->len, f) != b->len || fclose(f) != 0) {
        perror(path);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    static char space[DOCUMENT_MAX];
    int bad = 0;
    if (argc != 2) {
        fputs("usage: proto-gen DIR\n", stderr);
        return 2;
    }
    for (int i = 0; i < MSG_COUNT; i++) {
        char rel[96];
        struct buf b = buf_of(space, sizeof space);
        const struct message *m = message_of((enum message_id)i);
        snprintf(rel, sizeof rel, "proto/schema/%s.json", m->name);
        schema_write(m, &b);
        bad |= write_file(argv[1], rel, &b);
    }
    struct buf b = buf_of(space, sizeof space);
    mqtt_doc_write(&b);
    return bad | write_file(argv[1], "docs/mqtt.md", &b);
}
