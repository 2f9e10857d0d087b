/* SPDX-License-Identifier: Apache-2.0 */
#include "services/wattbus/cli.h"
#include "services/wattbus/step.h"

/* Ends when its input ends. What is wrong with a line is answered in its place. */
int cmd_step(struct cli *c)
{
    static char text[STEP_ANSWER_MAX];
    struct step_session *s = step_new();
    char *line = NULL;
    size_t cap = 0;
    UNUSED(c);
    for (ssize_t n; (n = getline(&line, &cap, stdin)) > 0;) {
        struct buf out = buf_of(text, sizeof text);
        step_line(s, (struct str){line, (size_t)n - (line[n - 1] == '\n')}, &out);
        assert(!out.cut); /* 64 chargers with the longest reasons fit */
        buf_addz(&out, "\n");
        fputs(text, stdout);
        fflush(stdout);
    }
    free(line);
    step_free(s);
    return 0;
}
